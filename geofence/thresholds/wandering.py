"""Thresholds of wandering: `geofence.detectors.wandering`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from geofence.threshold import Bounds


@dataclass(frozen=True, kw_only=True)
class WanderingThresholds:
    """When going round in circles is told, and when it is somebody's habit."""

    #: Score from which a walk counts as wandering; 0 is where the weights put it. Score; measured; provisional.
    wandering_score: Annotated[
        float, Bounds(-2, 3, "score", below="any stroll would be told", above="hardly any wandering would be told")
    ] = 0.0
    #: Fixes in a row with such a score that confirm it. Count. Measured; provisional.
    wandering_confirming_fixes: Annotated[
        int,
        Bounds(1, 10, "count", below="nothing would be told at all", above="it would be told only when it is over"),
    ] = 3
    #: How far back a walk is looked at. The weights were learnt with this; settled.
    wandering_window: Annotated[
        timedelta,
        Bounds(
            600,
            1800,
            "seconds",
            below="one lap around the block would be all there is to see",
            above="a walk to the shop and home would look like pacing",
        ),
    ] = timedelta(minutes=15)
    #: A walk shorter than this is not judged yet. The weights were learnt with this; settled.
    wandering_least: Annotated[
        timedelta,
        Bounds(
            240,
            900,
            "seconds",
            below="turning back once would be pacing",
            above="no walk would ever be long enough",
        ),
    ] = timedelta(minutes=8)
    #: A longer pause between fixes begins a new walk: turns in between are not seen. Measured; settled.
    wandering_pause: Annotated[
        timedelta,
        Bounds(60, 300, "seconds", below="one lost message would end a walk", above="turns would go unseen"),
    ] = timedelta(seconds=150)
    #: Fixes with a larger radius show no shape. Metres. Source: reference figures; settled.
    wandering_accuracy_m: Annotated[
        float,
        Bounds(
            15,
            100,
            "metres",
            below="hardly any fix is that good",
            above="the errors of fixes would look like a random walk",
        ),
    ] = 50.0
    #: While it goes on it is told again after so long. Provisional.
    wandering_again_after: Annotated[
        timedelta,
        Bounds(600, 7200, "seconds", below="one stroll would be many alarms", above="a second one would be kept back"),
    ] = timedelta(minutes=30)
    #: Not told by day where somebody did the same, at that hour, on so many earlier days. Days; provisional.
    wandering_usual_days: Annotated[
        int,
        Bounds(
            2, 30, "days", below="what was told yesterday would be kept back today", above="no habit would be learnt"
        ),
    ] = 3
    #: ... within this distance. Metres. A park; provisional.
    wandering_usual_m: Annotated[
        float, Bounds(50, 500, "metres", below="a park is larger", above="two streets would be one place")
    ] = 150.0
