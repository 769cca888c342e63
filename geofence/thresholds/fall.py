"""Thresholds of falls: `geofence.detectors.fall` and `geofence.detectors.bedside_fall`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from geofence.threshold import Bounds


@dataclass(frozen=True, kw_only=True)
class FallThresholds:
    """When an impact is a fall, and how long somebody may lie."""

    #: A movement that looks this much like a fall is suspected. Share of 1. Measured: the operating point, by
    #: cross-validation over subjects (weda-fall-wrist); settled.
    fall_score: Annotated[
        float,
        Bounds(
            0.2,
            0.8,
            "share of 1",
            below="sitting down hard would be a fall every day",
            above="one fall in ten and more would be missed",
        ),
    ] = 0.5
    #: One that looks this much like a fall is told at once. Share of 1. Measured: no daily activity reached it;
    #: provisional.
    fall_sure_score: Annotated[
        float,
        Bounds(
            0.9,
            0.999,
            "share of 1",
            below="a clap or a jump would be told before anybody could be seen walking on",
            above="no fall would be told at once",
        ),
    ] = 0.97
    #: Lying still is believed so long after the impact. Seconds. Source: reference practice, 45 to 60 s; provisional.
    fall_still_after: Annotated[
        timedelta,
        Bounds(
            20,
            120,
            "seconds",
            below="whoever sits down to catch their breath would be a fall",
            above="help would be called minutes late",
        ),
    ] = timedelta(seconds=45)
    #: A movement that looks like a fall is told so long after it, unless walking speaks against it. Seconds. Source:
    #: reference practice, 45 to 60 s; provisional.
    fall_decided_after: Annotated[
        timedelta,
        Bounds(
            30,
            180,
            "seconds",
            below="nobody would have the time to get up again",
            above="help would be called minutes late",
        ),
    ] = timedelta(seconds=60)
    #: A bare impact, its movement not known, is told so long after it if no sign speaks against it. Seconds.
    #: Three answers to the faster rate that was asked for are missing by then; provisional.
    fall_bare_after: Annotated[
        timedelta,
        Bounds(
            60,
            900,
            "seconds",
            below="a bracelet that answers a little late would be a fall",
            above="whoever lies unconscious would lie a quarter of an hour",
        ),
    ] = timedelta(minutes=3)
    #: So many steps after an impact: up and walking. Count. Source: reference practice; provisional.
    fall_cancelled_by_steps: Annotated[
        int,
        Bounds(
            4,
            40,
            "count",
            below="crawling or being turned over would count as walking",
            above="whoever walks slowly to a chair would be a fall",
        ),
    ] = 8
    #: So far from where the impact left them, both radii taken off: moving. Metres. Source: reference practice;
    #: provisional.
    fall_moved_m: Annotated[
        float,
        Bounds(
            15,
            200,
            "metres",
            below="GPS that drifts would speak against a fall",
            above="whoever walked home would still be lying",
        ),
    ] = 30.0
    #: A call for help this close to an impact makes it sure. Seconds. Provisional.
    fall_sos_within: Annotated[
        timedelta,
        Bounds(
            10,
            600,
            "seconds",
            below="nobody finds the button that fast after a fall",
            above="a call for something else would be a fall",
        ),
    ] = timedelta(minutes=2)
    #: Told again, as lying for long, after so long without movement. Seconds. An hour on the floor is what is feared
    #: (Fleming and Brayne, BMJ 2008 337 a2227); a quarter of it; provisional.
    fall_long_lie: Annotated[
        timedelta,
        Bounds(
            300,
            3600,
            "seconds",
            below="nobody could have arrived yet",
            above="an hour on the floor is what is to be prevented",
        ),
    ] = timedelta(minutes=15)
    #: After so long a fall that nothing speaks against is over: another impact is another fall. Seconds. Provisional.
    fall_forgotten_after: Annotated[
        timedelta,
        Bounds(
            3600,
            86400,
            "seconds",
            below="one fall would be told twice",
            above="a second fall on the same day would be taken for the first",
        ),
    ] = timedelta(hours=2)
    #: An impact this close to leaving the bed is a fall at the bedside. Seconds. Source: reference practice;
    #: provisional.
    bedside_impact_within: Annotated[
        timedelta,
        Bounds(
            20,
            300,
            "seconds",
            below="whoever stands up slowly would fall too late for it",
            above="a knock in the kitchen would be a fall out of bed",
        ),
    ] = timedelta(seconds=60)
    #: ... unless its movement looks less than this like a fall. Share of 1. Sliding from a bed is softer than the falls
    #: learnt from; provisional.
    bedside_score: Annotated[
        float,
        Bounds(
            0.05,
            0.5,
            "share of 1",
            below="a hand on the bedside table would be a fall",
            above="a fall out of bed would have to look like one from standing",
        ),
    ] = 0.2
    #: Out of bed at night for so long with hardly a step: lying beside it. Seconds. Source: reference practice;
    #: provisional.
    bedside_still_for: Annotated[
        timedelta,
        Bounds(
            120,
            1800,
            "seconds",
            below="sitting on the edge until the dizziness passes would be a fall",
            above="whoever lies on a cold floor would lie there half an hour",
        ),
    ] = timedelta(minutes=5)
    #: Fewer steps than this: hardly a step. Count. Nobody reaches a toilet in fewer; provisional.
    bedside_steps: Annotated[
        int,
        Bounds(
            4,
            20,
            "count",
            below="being turned over by the blow would count as walking",
            above="whoever is on the toilet next door would be a fall",
        ),
    ] = 8
