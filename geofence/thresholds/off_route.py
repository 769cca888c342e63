"""Thresholds of usual routes: `geofence.detectors.off_route`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from geofence.threshold import Bounds


@dataclass(frozen=True, kw_only=True)
class OffRouteThresholds:
    """When somebody is off their usual routes."""

    #: Days from the first walk before anything is told. Days. Source: PMC8118112 (four weeks of history); settled.
    off_route_learning_days: Annotated[
        int, Bounds(7, 90, "days", below="hardly any route would be known", above="it would begin only next season")
    ] = 28
    #: ... and days with a walk among them. Days. Provisional.
    off_route_walked_days: Annotated[
        int, Bounds(3, 60, "days", below="hardly any route would be known", above="who walks seldom would have none")
    ] = 10
    #: Walked on unusual ground, twice what was walked on usual ground since taken off. Metres. Measured; provisional.
    off_route_least_m: Annotated[
        float,
        Bounds(
            150, 2000, "metres", below="another side of the street would be told", above="it would be told too late"
        ),
    ] = 500.0
    #: The same at night. Metres. Measured; provisional.
    off_route_night_m: Annotated[
        float,
        Bounds(
            100, 2000, "metres", below="another side of the street would be told", above="it would be told too late"
        ),
    ] = 400.0
    #: ... and so far from all usual ground. Metres. Measured; provisional.
    off_route_away_m: Annotated[
        float, Bounds(60, 2000, "metres", below="a parallel street would be told", above="it would be told too late")
    ] = 200.0
    #: Faster than this from fix to fix is no walk. Metres a second. Hurried walking; settled.
    off_route_fastest_mps: Annotated[
        float, Bounds(1.5, 4, "metres a second", below="a brisk walk would not count", above="bicycles would count")
    ] = 2.2
    #: After a longer pause between fixes nobody knows how the person came here. Provisional.
    off_route_pause: Annotated[
        timedelta, Bounds(120, 1800, "seconds", below="one lost fix would end a walk", above="a ride would go unseen")
    ] = timedelta(minutes=10)
