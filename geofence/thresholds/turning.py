"""Thresholds of turning somebody who cannot turn alone: `geofence.detectors.turning`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from geofence.threshold import Bounds


@dataclass(frozen=True, kw_only=True)
class TurningThresholds:
    """When carers are reminded."""

    #: Whoever cannot turn alone should lie no longer without a change of position; 0: this person turns alone. Minutes.
    #: Two hours are usual in care, to be set for each person (EPUAP/NPIAP/PPPIA guideline 2019); provisional.
    turn_every: Annotated[
        timedelta,
        Bounds(
            0,
            21600,
            "seconds",
            below="0 already means never",
            above="skin can be harmed in that time",
        ),
    ] = timedelta(0)
    #: A report with at least so much movement is a change of position. Per cent. Being turned moves the bed for much of
    #: a report; provisional.
    turn_movement_pct: Annotated[
        float,
        Bounds(
            5,
            90,
            "per cent",
            below="breathing would count as being turned",
            above="being turned would not count",
        ),
    ] = 30.0
