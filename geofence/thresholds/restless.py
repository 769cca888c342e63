"""Thresholds of a restless night: `geofence.detectors.restless`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from geofence.threshold import Bounds


@dataclass(frozen=True, kw_only=True)
class RestlessThresholds:
    """When somebody sleeps badly."""

    #: A report with at least so much movement is restless. Per cent. Above breathing and a turn; provisional.
    restless_movement_pct: Annotated[
        float,
        Bounds(
            5,
            90,
            "per cent",
            below="breathing would count as restlessness",
            above="nobody moves that much",
        ),
    ] = 20.0
    #: The time looked back over. Hours. Provisional.
    restless_window: Annotated[
        timedelta,
        Bounds(
            1800,
            14400,
            "seconds",
            below="a visit of the carer would be a bad night",
            above="a bad hour would be lost in a good night",
        ),
    ] = timedelta(hours=2)
    #: Restless for at least this share of it. Share. Healthy sleepers move in less than a tenth; provisional.
    restless_share: Annotated[
        float,
        Bounds(
            0.05,
            0.9,
            "share",
            below="every ordinary night would be told",
            above="nobody moves all the time",
        ),
    ] = 0.25
    #: ... and this many times the person's usual worst. Ratio. Provisional.
    restless_ratio: Annotated[
        float,
        Bounds(
            1,
            10,
            "ratio",
            below="every second night would be told",
            above="nothing would ever be told",
        ),
    ] = 2.0
    #: Nights that must have been seen before the usual counts. Count. A week; provisional.
    restless_learnt_from: Annotated[
        int,
        Bounds(
            3,
            14,
            "count",
            below="two bad nights would be taken for the usual",
            above="no more than the last 14 are remembered",
        ),
    ] = 7
