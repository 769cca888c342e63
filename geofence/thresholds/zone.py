"""Thresholds of leaving and coming back: `geofence.detectors.zone`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from geofence.threshold import Bounds


@dataclass(frozen=True, kw_only=True)
class ZoneThresholds:
    """When somebody has left the safe area, and when they are back."""

    #: Fixes with a larger radius never move a zone state. Metres. Source: measured (studentlife); settled.
    zone_accuracy_ceiling_m: Annotated[
        float,
        Bounds(
            50,
            1000,
            "metres",
            below="indoors hardly any fix is that good, and exits would be missed",
            above="fixes as coarse as a cell tower's would move the zone state",
        ),
    ] = 200.0
    #: The most of a fix's radius that counts against an exit, so that bad GPS cannot delay it for ever. Metres.
    #: Source: Ikolvi/Tracelet #276, value measured; settled.
    zone_accuracy_cap_m: Annotated[
        float,
        Bounds(
            10,
            200,
            "metres",
            below="GPS that drifts around an armchair would count as leaving",
            above="bad GPS could delay an exit for ever",
        ),
    ] = 80.0
    #: Extra distance before an exit is suspected, for zones under `zone_small_radius_m`. Metres. Measured; provisional.
    zone_small_margin_m: Annotated[
        float,
        Bounds(
            0,
            100,
            "metres",
            below="exits would be suspected while inside",
            above="somebody could stand two houses away and not be suspected",
        ),
    ] = 15.0
    #: Zones with a smaller radius get the margin above. Metres. Measured; provisional.
    zone_small_radius_m: Annotated[
        float,
        Bounds(
            0,
            1000,
            "metres",
            below="no zone has a negative radius",
            above="zones that large need no margin, which only delays",
        ),
    ] = 150.0
    #: Consecutive outside fixes that confirm an exit. Count. Source: Ikolvi/Tracelet #294; settled.
    zone_confirming_fixes: Annotated[
        int,
        Bounds(
            1,
            5,
            "count",
            below="an exit would be told without any fix outside",
            above="an exit would be told minutes too late",
        ),
    ] = 2
    #: One fix confirms when it moves and its radius is at most this. Metres. Measured; provisional.
    zone_strong_accuracy_m: Annotated[
        float,
        Bounds(
            5,
            100,
            "metres",
            below="no fix is that good, and one that is clear would have to wait for another",
            above="one bad fix would be an alarm",
        ),
    ] = 40.0
    #: ... and its distance is more than this many times its radius. Ratio. Measured; provisional.
    zone_strong_ratio: Annotated[
        float,
        Bounds(
            1,
            10,
            "ratio",
            below="a fix that reaches back into the zone would be an alarm by itself",
            above="one clear fix would hardly ever do",
        ),
    ] = 2.0
    #: ... and it moves at least this fast. Metres a second. Half of slow walking with a frame; provisional.
    zone_strong_speed_mps: Annotated[
        float,
        Bounds(0.1, 5, "metres a second", below="GPS at rest would count as walking", above="nobody walks that fast"),
    ] = 0.5
    #: ... or walked at least so many steps since the last message. Count. Ten strides; provisional.
    zone_strong_steps: Annotated[
        int,
        Bounds(
            5,
            1000,
            "count",
            below="turning over in bed would count as walking",
            above="nobody takes that many between two messages",
        ),
    ] = 20
    #: Back inside only this far within the edge, as a share of the zone's radius. Ratio. Measured; settled.
    zone_return_share: Annotated[
        float,
        Bounds(
            0,
            0.5,
            "share of the radius",
            below="somebody still outside would count as back",
            above="somebody at home would not count as back",
        ),
    ] = 0.1
    #: ... and never more than this. Metres. Measured; settled.
    zone_return_cap_m: Annotated[
        float,
        Bounds(
            0,
            200,
            "metres",
            below="somebody still outside would count as back",
            above="somebody at home would not count as back",
        ),
    ] = 20.0
    #: Time without a believed fix that turns a suspicion into "may have left, no contact". Provisional.
    suspect_silence: Annotated[
        timedelta,
        Bounds(
            60,
            1800,
            "seconds",
            below="a message that is a little late would be an alarm",
            above="whoever left would be half an hour away before anybody is told",
        ),
    ] = timedelta(minutes=5)
