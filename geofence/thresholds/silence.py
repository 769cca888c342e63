"""Thresholds of a device that falls silent: `geofence.detectors.silence`, `geofence.contact`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Annotated

from geofence.threshold import Bounds, TimeOfDay

_TOO_SOON = "a message that is a little late would be an alarm"
_TOO_LATE = "whoever is lost would be missed too long"


@dataclass(frozen=True, kw_only=True)
class SilenceThresholds:
    """How long a device may be silent."""

    #: Silence is never shorter. Reference practice; provisional.
    silence_least: Annotated[timedelta, Bounds(300, 3600, "seconds", below=_TOO_SOON, above=_TOO_LATE)] = timedelta(
        minutes=15
    )
    #: ... nor than this many times the device's own interval. Ratio. Reference practice; provisional.
    silence_intervals: Annotated[float, Bounds(2, 6, "ratio", below=_TOO_SOON, above=_TOO_LATE)] = 3.0
    #: ... and never longer, however rarely a device speaks. Provisional.
    silence_most: Annotated[timedelta, Bounds(1800, 21600, "seconds", below=_TOO_SOON, above=_TOO_LATE)] = timedelta(
        hours=3
    )
    #: While the device's own interval is not known. Provisional.
    silence_unknown: Annotated[timedelta, Bounds(900, 10800, "seconds", below=_TOO_SOON, above=_TOO_LATE)] = timedelta(
        hours=1
    )
    #: While the person is outside, or may be. Reference practice; provisional.
    silence_outside: Annotated[timedelta, Bounds(120, 900, "seconds", below=_TOO_SOON, above=_TOO_LATE)] = timedelta(
        minutes=5
    )
    #: ... and at most this, for a device that speaks rarely even then. Provisional.
    silence_outside_most: Annotated[timedelta, Bounds(300, 3600, "seconds", below=_TOO_SOON, above=_TOO_LATE)] = (
        timedelta(minutes=30)
    )
    #: On the charger at home at night: until the night is over, and at most this. Provisional.
    silence_charging: Annotated[timedelta, Bounds(900, 43200, "seconds", below=_TOO_SOON, above=_TOO_LATE)] = timedelta(
        hours=10
    )
    #: A device that is known to sleep between these local times is not missed at home; equal: it does not. Provisional.
    power_saving_from: Annotated[time, TimeOfDay()] = time(0, 0)
    power_saving_until: Annotated[time, TimeOfDay()] = time(0, 0)
    #: In contact, no believed fix for so long, and nothing says that the person is at home. Provisional.
    no_fix_after: Annotated[timedelta, Bounds(1800, 21600, "seconds", below=_TOO_SOON, above=_TOO_LATE)] = timedelta(
        hours=2
    )
    #: ... while the person is outside. Provisional.
    no_fix_outside_after: Annotated[timedelta, Bounds(180, 3600, "seconds", below=_TOO_SOON, above=_TOO_LATE)] = (
        timedelta(minutes=15)
    )
    #: The same satellite fix to the last digit, so many times, ... Count. Provisional.
    frozen_fixes: Annotated[
        int,
        Bounds(
            3,
            20,
            "count",
            below="somebody who stands still would have a frozen fix",
            above="whoever walks away would be far before it is noticed",
        ),
    ] = 5
    #: ... over so many steps. Count. Some 150 m; provisional.
    frozen_steps: Annotated[
        int,
        Bounds(
            100,
            2000,
            "count",
            below="pottering about would show a frozen fix",
            above="whoever walks away would be far before it is noticed",
        ),
    ] = 300
