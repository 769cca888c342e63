"""Thresholds of water, rails and fast roads: `geofence.detectors.danger`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from geofence.threshold import Bounds


@dataclass(frozen=True, kw_only=True)
class DangerThresholds:
    """When somebody is near a danger of the area, or comes near one."""

    #: Water within so much is a danger ahead. Metres. Source: 8 of 11 dementia walkers found dead lay less than 500 m
    #: from home, drowning first (Kochi autopsies 2015); provisional.
    danger_water_m: Annotated[
        float,
        Bounds(
            100,
            2000,
            "metres",
            below="two minutes on foot would be no warning",
            above="every place in town is that near to some water",
        ),
    ] = 500.0
    #: A railway within so much. Metres. A few minutes on foot; provisional.
    danger_rail_m: Annotated[
        float,
        Bounds(
            100,
            2000,
            "metres",
            below="two minutes on foot would be no warning",
            above="every place in town is that near to some railway",
        ),
    ] = 300.0
    #: A fast road within so much. Metres. A few minutes on foot; provisional.
    danger_highway_m: Annotated[
        float,
        Bounds(
            50,
            2000,
            "metres",
            below="one minute on foot would be no warning",
            above="every place in town is that near to some road",
        ),
    ] = 300.0
    #: Told when it would be reached within this. Minutes. A neighbour's way there; provisional.
    danger_minutes: Annotated[
        timedelta,
        Bounds(
            120,
            3600,
            "seconds",
            below="nobody could be there in time",
            above="whoever walks along the street would be told of",
        ),
    ] = timedelta(minutes=10)
    #: Nearer at least so fast is approaching. Metres a second. A third of slow walking; provisional.
    danger_closing_mps: Annotated[
        float,
        Bounds(
            0.05,
            2,
            "metres a second",
            below="drift would be an approach",
            above="an old man's walk would be none",
        ),
    ] = 0.3
    #: Faster is riding, which no danger is told of. Metres a second. Above hurrying on foot, as wandering has it;
    #: provisional.
    danger_riding_mps: Annotated[
        float,
        Bounds(2, 10, "metres a second", below="hurrying would be riding", above="a bus would be on foot"),
    ] = 3.5
    #: Fixes with a larger radius tell of no danger. Metres. As for wandering; provisional.
    danger_accuracy_m: Annotated[
        float,
        Bounds(
            10,
            100,
            "metres",
            below="hardly any fix is that good",
            above="a fix on the other bank would be in the water",
        ),
    ] = 50.0
    #: A fix within a danger tells that somebody is in it only with at most this radius. Metres. A canal with its banks;
    #: provisional.
    danger_enter_accuracy_m: Annotated[
        float,
        Bounds(
            5,
            50,
            "metres",
            below="hardly any fix is that good",
            above="a fix in the house beside it would be in the water",
        ),
    ] = 20.0
    #: Earlier fixes up to this age say whether somebody comes nearer, and where they went through. Minutes. Map
    #: matching breaks above 90 s (Newson and Krumm 2009), a straight way a little later; provisional.
    danger_window: Annotated[
        timedelta,
        Bounds(
            60,
            1800,
            "seconds",
            below="two fixes would hardly ever be that close together",
            above="where somebody was half an hour ago says nothing of the way",
        ),
    ] = timedelta(minutes=5)
    #: Told again only after having been so many times the reach away. Ratio. Our judgement; provisional.
    danger_rearm_ratio: Annotated[
        float,
        Bounds(
            1,
            5,
            "ratio",
            below="walking along a river would be told again and again",
            above="the next walk to the river would not be told",
        ),
    ] = 1.5
    #: Inside the safe area dangers are silent, but for water this near, at night, on foot. Metres; 0: silent as well.
    #: Our judgement; provisional.
    danger_inside_m: Annotated[
        float,
        Bounds(
            0,
            300,
            "metres",
            below="no water is nearer than at it",
            above="a walk in one's own street would be an alarm",
        ),
    ] = 60.0
