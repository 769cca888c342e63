"""Thresholds of pauses in breathing: `geofence.detectors.apnea`, and the movement that hides them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from geofence.threshold import Bounds


@dataclass(frozen=True, kw_only=True)
class ApneaThresholds:
    """When breath has stopped, and when that is told."""

    #: Breathing fainter than this is none. Per cent of the person's own last two minutes. Measured, cross-validated;
    #: provisional.
    apnea_faint_pct: Annotated[
        float,
        Bounds(
            10,
            40,
            "per cent",
            below="the heartbeat alone would count as breathing",
            above="shallow sleep would be an alarm",
        ),
    ] = 22.0
    #: Deeper than this is the body that moves. Per cent of the same. Measured; provisional.
    apnea_movement_pct: Annotated[
        float,
        Bounds(200, 1000, "per cent", below="a sigh would count as movement", above="no movement would ever count"),
    ] = 400.0
    #: Nothing is read so soon after movement. Measured; provisional.
    apnea_after_movement: Annotated[
        timedelta,
        Bounds(0, 120, "seconds", below="no time is negative", above="most pauses of a restless night would be missed"),
    ] = timedelta(seconds=30)
    #: Reports further apart show no pause, only the bed's own judgement does. Provisional.
    apnea_report_apart: Annotated[
        timedelta,
        Bounds(5, 20, "seconds", below="no bed reports that often", above="a breath in between would not be seen"),
    ] = timedelta(seconds=10)
    #: A pause, as far as reports show it: one of 20 s holds at least 15 s of reports without any breath.
    #: Adults' apnea counts from 10 s, an alarm from 20; measured; settled.
    apnea_pause: Annotated[
        timedelta,
        Bounds(10, 25, "seconds", below="quiet sleep has such pauses every night", above="a pause would not be told"),
    ] = timedelta(seconds=15)
    #: A long pause, seen the same way: one of 40 s shows as 35. Reference practice; settled.
    apnea_long: Annotated[
        timedelta,
        Bounds(20, 45, "seconds", below="one sigh in the night would be an alarm", above="help would come too late"),
    ] = timedelta(seconds=35)
    #: What the bed itself calls a pause is shorter by none: seconds. Reference practice; settled.
    apnea_own_pause: Annotated[
        timedelta,
        Bounds(10, 30, "seconds", below="quiet sleep has such pauses every night", above="a pause would not be told"),
    ] = timedelta(seconds=20)
    #: ... and a long one. Reference practice; settled.
    apnea_own_long: Annotated[
        timedelta,
        Bounds(30, 50, "seconds", below="one sigh in the night would be an alarm", above="help would come too late"),
    ] = timedelta(seconds=40)
    #: So many pauses within an hour are told, single ones only written down. Count. 5 an hour is where mild sleep
    #: apnea begins (AASM); settled.
    apnea_pauses_an_hour: Annotated[
        int,
        Bounds(2, 15, "count", below="one pause would be many", above="moderate sleep apnea would not be told"),
    ] = 5
    #: Nobody goes on living without breath for longer: the sensor does not feel it. Provisional.
    apnea_longest: Annotated[
        timedelta,
        Bounds(60, 300, "seconds", below="a pause that kills would count as a fault", above="faults would go on"),
    ] = timedelta(minutes=3)
