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
    #: ... and the way from the last place needs no more than this, or half as much again as the speed that it says.
    #: Metres a second. The fast walk of older people (Bohannon 1997: up to 1.6); provisional.
    zone_strong_pace_mps: Annotated[
        float,
        Bounds(
            1,
            60,
            "metres a second",
            below="walking would not explain a walk",
            above="a fix that jumps while somebody walks would be an alarm by itself",
        ),
    ] = 1.6
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
    #: ... while the device still speaks by day, without a fix that can be believed. Three times the above; measured
    #: (studentlife); provisional.
    suspect_no_fix: Annotated[
        timedelta,
        Bounds(
            300,
            7200,
            "seconds",
            below="a minute in a shop would be an alarm",
            above="whoever left would be two hours away before anybody is told",
        ),
    ] = timedelta(minutes=15)
    #: A fix this soon after the last one of the same device is the same word again, and counts no more. Seconds.
    #: Measured (studentlife: pairs within a second are wrong together); provisional.
    zone_apart: Annotated[
        timedelta,
        Bounds(
            0,
            60,
            "seconds",
            below="fixes do not come before their time",
            above="two fixes half a minute apart would not be two",
        ),
    ] = timedelta(seconds=12)
    #: ... and so is, for so long, the same place by Wi-Fi of a device that has not walked: two answers to one list of
    #: networks. Seconds. As the silence of a suspect; provisional.
    zone_repeat_for: Annotated[
        timedelta,
        Bounds(
            0,
            900,
            "seconds",
            below="fixes do not come before their time",
            above="whoever sits where only Wi-Fi reaches would not be missed",
        ),
    ] = timedelta(minutes=5)
    #: An outside fix with a larger radius counts a half. Metres. Measured (studentlife); provisional.
    zone_coarse_m: Annotated[
        float,
        Bounds(
            40,
            200,
            "metres",
            below="indoors hardly any fix would count in full",
            above="two vague fixes would be an exit",
        ),
    ] = 100.0
    #: No further beyond the edge, a fix counts nothing while its own message says at home or charging. Metres. Reach of
    #: a Wi-Fi and a wrong fix together; provisional.
    zone_held_m: Annotated[
        float,
        Bounds(
            0,
            1000,
            "metres",
            below="no exit is that far within the edge",
            above="a bracelet charging in a car would be at home",
        ),
    ] = 300.0
    #: A device that said it was at home is believed so long after its last message. Minutes. Provisional.
    zone_home_for: Annotated[
        timedelta,
        Bounds(
            60,
            1800,
            "seconds",
            below="the message before would already be forgotten",
            above="half an hour ago says nothing of now",
        ),
    ] = timedelta(minutes=5)
    #: Out of bed at night for so long, one outside fix confirms. Minutes. As no_return's least; provisional.
    zone_bed_left_for: Annotated[
        timedelta,
        Bounds(
            300,
            7200,
            "seconds",
            below="a wrong fix during a visit to the toilet would be an alarm",
            above="the bed would hardly ever help",
        ),
    ] = timedelta(minutes=15)
    #: Inside the edge for so long is back, however near the edge. Minutes. Measured (studentlife); provisional.
    zone_return_after: Annotated[
        timedelta,
        Bounds(
            120,
            7200,
            "seconds",
            below="a walk along the edge would be told again and again",
            above="the next exit of somebody at home near the edge would not be told",
        ),
    ] = timedelta(minutes=10)
    #: How far beyond the edge a usual place may lie that is no exit by day. Metres; 0: none is. Measured by
    #: subject-wise cross-validation (studentlife); provisional.
    zone_doorstep_m: Annotated[
        float,
        Bounds(
            0,
            200,
            "metres",
            below="a usual place lies beyond the edge",
            above="a walk across the town would be no exit",
        ),
    ] = 100.0
    #: Radius of one such place. Metres. Twice the error of Wi-Fi at rest, measured (studentlife); provisional.
    zone_doorstep_spot_m: Annotated[
        float,
        Bounds(
            20,
            150,
            "metres",
            below="the error of a fix alone would make it another place",
            above="the whole street would be one place",
        ),
    ] = 60.0
    #: Days with a stay there that make it usual. Count. Measured by subject-wise cross-validation; provisional.
    zone_doorstep_visits: Annotated[
        int,
        Bounds(
            2,
            30,
            "count",
            below="one exit would silence the next",
            above="nobody's habits would ever be known",
        ),
    ] = 3
    #: A stay lasts at least so long; less is passing by. Minutes. Our judgement; provisional.
    zone_doorstep_stay: Annotated[
        timedelta,
        Bounds(
            120,
            7200,
            "seconds",
            below="passing by would make a place usual",
            above="a chat with the neighbour would never count",
        ),
    ] = timedelta(minutes=10)
    #: Outside for so long without coming back is told once more; 0: never. Hours. Twice what it took to find 90 % of
    #: lost people with dementia (Grampian police 2007, 5.5 h); provisional.
    zone_overdue: Annotated[
        timedelta,
        Bounds(
            0,
            604800,
            "seconds",
            below="nobody is outside for less than no time",
            above="after a week there is nothing to remind of",
        ),
    ] = timedelta(hours=12)
