"""Thresholds of which readings are believed: `geofence.ordering` and `geofence.track`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from geofence.threshold import Bounds


@dataclass(frozen=True, kw_only=True)
class OrderThresholds:
    """Which readings are live, and which fixes are believed."""

    #: No faster movement is believed between two fixes. Metres a second. Above any car in town; settled.
    impossible_speed_mps: Annotated[
        float,
        Bounds(
            30,
            150,
            "metres a second",
            below="a ride in a car would not be believed, nor followed",
            above="jumps of bad GPS would be believed",
        ),
    ] = 60.0
    #: Telemetry older than this on arrival is history. Provisional.
    live_max_age: Annotated[
        timedelta,
        Bounds(
            60,
            3600,
            "seconds",
            below="a minute without coverage would leave an exit unjudged",
            above="old positions would be taken for where somebody is",
        ),
    ] = timedelta(minutes=10)
