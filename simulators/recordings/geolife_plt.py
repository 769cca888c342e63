"""GeoLife .plt: six header lines, then latitude, longitude, 0, altitude (feet), days, date, time (GMT)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from simulators.recordings.recorded_fix import BadLine, RecordedFix, RecordingError, fix, number

HEADER_LINES = 6
COLUMNS = 7
FEET_M = 0.3048
#: What the format writes for an unknown altitude.
NO_ALTITUDE_FT = -777.0


def read(lines: Iterable[str]) -> Iterator[RecordedFix | BadLine]:
    """Fixes and bad lines, in the file's order."""
    for count, line in enumerate(lines, start=1):
        if count > HEADER_LINES and line.strip():
            try:
                yield _fix(line.strip().split(","))
            except RecordingError as error:
                yield BadLine(line=count, reason=str(error))


def _fix(cells: list[str]) -> RecordedFix:
    if len(cells) < COLUMNS:
        raise RecordingError(f"{len(cells)} columns instead of {COLUMNS}")
    try:
        at = datetime.strptime(f"{cells[5]} {cells[6]}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise RecordingError(f"date and time are {cells[5][:20]!r} {cells[6][:20]!r}") from None
    altitude_ft = number(cells[3], "altitude")
    return fix(
        at_s=at.timestamp(),
        latitude=number(cells[0], "latitude"),
        longitude=number(cells[1], "longitude"),
        altitude_m=None if altitude_ft == NO_ALTITUDE_FT else altitude_ft * FEET_M,
    )
