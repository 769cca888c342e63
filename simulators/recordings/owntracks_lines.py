"""OwnTracks JSON lines: one published object a line, or the recorder's .rec lines (time, `*`, object, tab between).

Objects of another type than `location` are not positions and are passed over in silence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from simulators.recordings.recorded_fix import BadLine, RecordedFix, RecordingError, fix, number

KMH_PER_MPS = 3.6


def read(lines: Iterable[str]) -> Iterator[RecordedFix | BadLine]:
    """Fixes and bad lines, in the file's order."""
    for count, line in enumerate(lines, start=1):
        if line.strip():
            try:
                if (found := _fix(line)) is not None:
                    yield found
            except RecordingError as error:
                yield BadLine(line=count, reason=str(error))


def _fix(line: str) -> RecordedFix | None:
    try:
        body = json.loads(line.rsplit("\t", 1)[-1])
    except (ValueError, RecursionError):
        raise RecordingError("not JSON") from None
    if not isinstance(body, dict):
        raise RecordingError("not an object")
    if body.get("_type", "location") != "location":
        return None
    for name in ("tst", "lat", "lon"):
        if name not in body:
            raise RecordingError(f"{name} is missing")
    speed_kmh = _optional(body, "vel")
    return fix(
        at_s=_number(body, "tst"),
        latitude=_number(body, "lat"),
        longitude=_number(body, "lon"),
        accuracy_m=_optional(body, "acc"),
        altitude_m=_optional(body, "alt"),
        speed_mps=None if speed_kmh is None else speed_kmh / KMH_PER_MPS,
        heading_deg=_optional(body, "cog"),
        battery_pct=_optional(body, "batt"),
    )


def _number(body: Mapping[str, object], name: str) -> float:
    value = body[name]
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise RecordingError(f"{name} is {value!r:.40}, not a number")
    return number(str(value), name)


def _optional(body: Mapping[str, object], name: str) -> float | None:
    return _number(body, name) if body.get(name) is not None else None
