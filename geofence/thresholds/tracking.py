"""How a device is steered while it matters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from geofence.threshold import Bounds


@dataclass(frozen=True, kw_only=True)
class TrackingThresholds:
    """The faster rate a device is asked for."""

    #: Seconds between fixes while an exit is suspected or the person is outside. Provisional.
    tracking_interval_s: Annotated[
        int,
        Bounds(
            10,
            300,
            "seconds",
            below="the battery would be empty before the person is found",
            above="nobody could be followed on foot by such rare positions",
        ),
    ] = 30
    #: How long a device keeps that rate without being told again. Provisional.
    tracking_for: Annotated[
        timedelta,
        Bounds(
            300,
            14400,
            "seconds",
            below="the device would fall back to its slow rate during the search",
            above="the fast rate would empty the battery",
        ),
    ] = timedelta(minutes=30)
