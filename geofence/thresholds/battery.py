"""Thresholds of the battery: `geofence.detectors.low_battery`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Annotated

from geofence.threshold import Bounds, TimeOfDay


@dataclass(frozen=True, kw_only=True)
class BatteryThresholds:
    """When a battery is low."""

    #: First battery warning. Per cent. Usual on phones; settled.
    battery_low_pct: Annotated[
        float,
        Bounds(
            5,
            50,
            "per cent",
            below="nobody would have time to charge it",
            above="a healthy battery would be warned of every day",
        ),
    ] = 20.0
    #: Second battery warning. Per cent. Usual on phones; settled.
    battery_critical_pct: Annotated[
        float,
        Bounds(
            2,
            30,
            "per cent",
            below="the device would be off before the warning",
            above="the second warning would be no graver than the first",
        ),
    ] = 10.0
    #: A warning is armed again this far above its threshold. Per cent. Settled.
    battery_hysteresis_pct: Annotated[
        float,
        Bounds(
            1,
            20,
            "per cent",
            below="a charge that wavers would be warned of again and again",
            above="a warning would hardly ever be armed again",
        ),
    ] = 5.0
    #: From this local time on it is foreseen whether the battery lasts until morning. Somebody is still up then to
    #: charge it; provisional.
    battery_evening: Annotated[time, TimeOfDay()] = time(20, 0)
    #: Foreseen at the night's end at or below this: empty. Per cent. Devices switch off above nought; provisional.
    battery_empty_pct: Annotated[
        float,
        Bounds(
            0,
            20,
            "per cent",
            below="no charge is negative",
            above="a battery that lasts the night would be called empty",
        ),
    ] = 3.0
