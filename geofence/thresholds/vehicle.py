"""Thresholds of riding: `geofence.detectors.in_vehicle`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from geofence.threshold import Bounds


@dataclass(frozen=True, kw_only=True)
class VehicleThresholds:
    """When somebody rides, and when no more."""

    #: Nobody who wanders is that fast on foot. Metres a second. Twice brisk walking; provisional.
    vehicle_speed_mps: Annotated[
        float,
        Bounds(
            3, 15, "metres a second", below="a hurried walk would be a ride", above="a ride in a town would be no ride"
        ),
    ] = 4.0
    #: ... kept over at least this way from where it began, radii taken off. Metres. Above errors of fixes; provisional.
    vehicle_least_m: Annotated[
        float,
        Bounds(
            200, 5000, "metres", below="bad fixes would be a ride", above="a ride would be noticed only when it is over"
        ),
    ] = 500.0
    #: ... and at least this long. Provisional.
    vehicle_least: Annotated[
        timedelta,
        Bounds(
            30,
            900,
            "seconds",
            below="a few bad fixes would be a ride",
            above="a ride would be noticed only when it is over",
        ),
    ] = timedelta(seconds=90)
    #: A ride is over when the person was slower than half of that speed for so long. Above a red light; provisional.
    vehicle_over_after: Annotated[
        timedelta,
        Bounds(
            60, 1800, "seconds", below="each stop of a bus would be its end", above="a walk after it would be a ride"
        ),
    ] = timedelta(minutes=4)
