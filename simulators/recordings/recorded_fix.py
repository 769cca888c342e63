"""One position of a recording, whatever the file was: checked, SI units, WGS-84."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulators.radio.fixes import Source

#: 1990 to 2100: outside of it a time is a mistake of the file.
EARLIEST_S, LATEST_S = 631_152_000.0, 4_102_444_800.0
#: Ranges of docs/wire.md.
ACCURACY_MOST_M = 100_000.0
SPEED_MOST_MPS = 150.0
ALTITUDE_LEAST_M, ALTITUDE_MOST_M = -500.0, 9_000.0


class RecordingError(ValueError):
    """A line of a recording cannot be used; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFix:
    """One position; what the file does not say is None."""

    #: Unix seconds.
    at_s: float
    latitude: float
    longitude: float
    accuracy_m: float | None = None
    source: Source = Source.GNSS
    altitude_m: float | None = None
    speed_mps: float | None = None
    heading_deg: float | None = None
    battery_pct: float | None = None

    def fields(self) -> dict[str, object]:
        """As fields of a `location` message."""
        return {
            "latitude": self.latitude,
            "longitude": self.longitude,
            "accuracy_m": self.accuracy_m,
            "source": self.source.value,
            "altitude_m": self.altitude_m,
            "speed_mps": self.speed_mps,
            "heading_deg": self.heading_deg,
            "battery_pct": self.battery_pct,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line that was skipped."""

    #: Counted from 1, as editors do.
    line: int
    reason: str


def fix(
    *,
    at_s: float,
    latitude: float,
    longitude: float,
    accuracy_m: float | None = None,
    source: Source = Source.GNSS,
    altitude_m: float | None = None,
    speed_mps: float | None = None,
    heading_deg: float | None = None,
    battery_pct: float | None = None,
) -> RecordedFix:
    """A checked fix. A place or time that cannot be refuses it; a side value that cannot be is left out.

    Raises:
        RecordingError: the time or the place cannot be.
    """
    if not EARLIEST_S <= at_s <= LATEST_S:
        raise RecordingError(f"time {at_s!r} is not between 1990 and 2100")
    if not -90 <= latitude <= 90:  # noqa: PLR2004 - the poles
        raise RecordingError(f"latitude {latitude!r} is not between -90 and 90")
    if not -180 <= longitude <= 180:  # noqa: PLR2004 - the date line
        raise RecordingError(f"longitude {longitude!r} is not between -180 and 180")
    return RecordedFix(
        at_s=at_s,
        latitude=latitude,
        longitude=longitude,
        accuracy_m=_within(accuracy_m, math.ulp(0.0), ACCURACY_MOST_M),
        source=source,
        altitude_m=_within(altitude_m, ALTITUDE_LEAST_M, ALTITUDE_MOST_M),
        speed_mps=_within(speed_mps, 0.0, SPEED_MOST_MPS),
        heading_deg=_within(heading_deg, 0.0, 360.0),
        battery_pct=_within(battery_pct, 0.0, 100.0),
    )


def number(text: str, name: str) -> float:
    """A finite number from a file.

    Raises:
        RecordingError: it is none.
    """
    try:
        value = float(text)
    except ValueError:
        raise RecordingError(f"{name} is {text[:40]!r}, not a number") from None
    if not math.isfinite(value):
        raise RecordingError(f"{name} is {text[:40]!r}, not a finite number")
    return value


def _within(value: float | None, low: float, high: float) -> float | None:
    return value if value is not None and low <= value <= high else None
