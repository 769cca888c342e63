"""Thresholds of being in bed, leaving it, not coming back and staying on: `geofence.detectors.bed`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Annotated

from geofence.threshold import Bounds, TimeOfDay


@dataclass(frozen=True, kw_only=True)
class BedThresholds:
    """When somebody is in bed, has left it, should be back, and should be up."""

    #: Empty for so long, by two reports: left. Seconds. Two messages of a bed that reports every ten seconds; measured
    #: (uci-elderly-bedexit); settled.
    bed_empty_for: Annotated[
        timedelta,
        Bounds(
            5,
            60,
            "seconds",
            below="one bad report would be an exit",
            above="whoever got up would be at the door before it is known",
        ),
    ] = timedelta(seconds=10)
    #: ... or by one report, when the bed says nothing else for so long. Seconds. A bed that reports on change says no
    #: more, and one that reports every ten seconds has had its chance to take it back; provisional.
    bed_empty_alone: Annotated[
        timedelta,
        Bounds(
            6,
            120,
            "seconds",
            below="a bed that reports every few seconds could not take a bad report back",
            above="whoever got up would be at the door before it is known",
        ),
    ] = timedelta(seconds=15)
    #: Occupied for so long: in bed. Seconds. The plan's 60 s lost 5 of 83 exits of people who lay down for 40 to 54 s;
    #: measured (uci-elderly-bedexit); provisional.
    bed_occupied_for: Annotated[
        timedelta,
        Bounds(
            10,
            300,
            "seconds",
            below="a bag put on the bed would be somebody back in it",
            above="somebody back in bed would be told of as missing",
        ),
    ] = timedelta(seconds=30)
    #: Below this quality a report without a vital sign or movement does not show anybody. Per cent. Provisional.
    bed_quality_least_pct: Annotated[
        float,
        Bounds(
            1,
            80,
            "per cent",
            below="a report that trusts nothing would be believed",
            above="a quiet sleeper would not be seen",
        ),
    ] = 20.0
    #: A bed not heard for so long shows nothing any more: five of its longest intervals. Minutes. Source: docs/wire.md,
    #: a report every two minutes; settled.
    bed_silent_after: Annotated[
        timedelta,
        Bounds(
            150,
            3600,
            "seconds",
            below="two minutes are an ordinary pause between two reports",
            above="a bed unplugged an hour ago would still be proof that somebody lies in it",
        ),
    ] = timedelta(minutes=10)
    #: So many steps while the bed is occupied: it is another who lies in it. Count. More than turning over and being
    #: washed give; provisional.
    bed_other_sleeper_steps: Annotated[
        int,
        Bounds(
            20,
            1000,
            "count",
            below="turning over in bed would be taken for walking elsewhere",
            above="nobody takes that many between two messages",
        ),
    ] = 40
    #: Nobody is asked for before so long out of bed. Minutes. Telecare practice is 0 to 30;
    #: measured (ordonez); provisional.
    no_return_least: Annotated[
        timedelta,
        Bounds(
            180,
            1800,
            "seconds",
            below="every visit to the toilet would be an alarm",
            above="whoever fell in the bathroom would lie there for half an hour",
        ),
    ] = timedelta(minutes=15)
    #: ... and at the latest after so long, whatever the habits. Minutes. provisional.
    no_return_most: Annotated[
        timedelta,
        Bounds(
            600,
            3600,
            "seconds",
            below="a habit of long absences could not be learnt",
            above="whoever fell in the bathroom would lie there for an hour",
        ),
    ] = timedelta(minutes=45)
    #: Between the two: longer than this share of the person's own absences at night. provisional.
    no_return_share: Annotated[
        float,
        Bounds(
            0.5,
            1,
            "share",
            below="every second visit to the toilet would be an alarm",
            above="there is no share above all",
        ),
    ] = 0.95
    #: Absences that must have been seen before they count. Count. One in ten may be the longest; provisional.
    no_return_learnt_from: Annotated[
        int,
        Bounds(
            5,
            40,
            "count",
            below="one bad night would be taken for a habit",
            above="no more than the last 40 are remembered",
        ),
    ] = 10
    #: From the reminder to the alert. Minutes. Provisional.
    no_return_overdue_after: Annotated[
        timedelta,
        Bounds(
            120,
            1800,
            "seconds",
            below="nobody could look after the reminder before the alert",
            above="the alert would come too late to help",
        ),
    ] = timedelta(minutes=10)
    #: The bracelet's steps at home so short a time ago soften a missing return. Minutes. Provisional.
    no_return_moved_within: Annotated[
        timedelta,
        Bounds(
            60,
            1800,
            "seconds",
            below="bracelets do not report that often",
            above="whoever walked half an hour ago may lie on the floor now",
        ),
    ] = timedelta(minutes=10)
    #: So many steps show that somebody walks. Count. Turning over gives fewer; provisional.
    no_return_steps: Annotated[
        int,
        Bounds(
            3,
            100,
            "count",
            below="turning over would count as walking",
            above="a way to the kitchen would not count",
        ),
    ] = 8
    #: Up by then, until the own habit is known. Local time. provisional.
    still_in_bed_at: Annotated[time, TimeOfDay()] = time(11, 0)
    #: ... and later than so long after nine of ten own risings. Minutes. Provisional.
    still_in_bed_margin: Annotated[
        timedelta,
        Bounds(
            1800,
            14400,
            "seconds",
            below="sleeping in would be told",
            above="nobody would look before noon",
        ),
    ] = timedelta(minutes=60)
    #: Risings that must have been seen before they count. Count. A week; provisional.
    still_in_bed_learnt_from: Annotated[
        int,
        Bounds(
            3,
            28,
            "count",
            below="one late Sunday would be taken for a habit",
            above="no more than the last 28 are remembered",
        ),
    ] = 7
    #: A shorter stay is a nap, and says nothing about the night. Hours. Provisional.
    still_in_bed_least: Annotated[
        timedelta,
        Bounds(
            3600,
            43200,
            "seconds",
            below="a nap would be told",
            above="no night is that long",
        ),
    ] = timedelta(hours=4)
    #: Out of bed for so long is up; shorter belongs to the same night. Minutes. Longer than most visits to the toilet;
    #: provisional.
    rising_after: Annotated[
        timedelta,
        Bounds(
            600,
            7200,
            "seconds",
            below="a visit to the toilet would be a rising",
            above="breakfast in the kitchen would not be one",
        ),
    ] = timedelta(minutes=60)
    #: Until the own risings are known, whoever leaves the bed so shortly before the night's end has risen: without it a
    #: new bed asks after its sleeper on every morning of the first week. Minutes. Measured (ordonez: one in five
    #: risings before six lies in it, docs/detectors/bed.md); provisional.
    rising_early: Annotated[
        timedelta,
        Bounds(
            0,
            10800,
            "seconds",
            below="there is no time less than none",
            above="whoever falls on the way to the bathroom at three would be thought to have risen",
        ),
    ] = timedelta(minutes=75)
    #: ... and once they are known, so long before the earliest of ten of them. Minutes. Our judgement; provisional.
    rising_margin: Annotated[
        timedelta,
        Bounds(
            0,
            5400,
            "seconds",
            below="there is no time less than none",
            above="whoever falls at three would be thought to have risen",
        ),
    ] = timedelta(minutes=30)
