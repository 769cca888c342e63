"""How long after it was so something may still be told as an alert: `geofence.freshness`. One threshold a kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from geofence.threshold import Bounds

_UNTOLD = "an interruption that is mended at once would leave it untold"
_LONG_OVER = "somebody would be woken for what is long over"


@dataclass(frozen=True, kw_only=True)
class FreshnessThresholds:
    """Ages up to which a conclusion is an alert, by its kind; older it is history. Calls for help have none."""

    #: Zone exit. It lasts until a return is heard, which ends it first. Seconds. Our judgement; provisional.
    zone_exit_fresh_for: Annotated[timedelta, Bounds(3600, 604800, "seconds", below=_UNTOLD, above=_LONG_OVER)] = (
        timedelta(hours=24)
    )
    #: Danger approach. By then it is over, or has been told of again. Seconds. Our judgement; provisional.
    danger_approach_fresh_for: Annotated[timedelta, Bounds(900, 172800, "seconds", below=_UNTOLD, above=_LONG_OVER)] = (
        timedelta(hours=6)
    )
    #: Danger enter. It lasts until a return is heard, which ends it first. Seconds. Our judgement; provisional.
    danger_enter_fresh_for: Annotated[timedelta, Bounds(3600, 604800, "seconds", below=_UNTOLD, above=_LONG_OVER)] = (
        timedelta(hours=24)
    )
    #: Wandering. By then it is over, or has been told of again. Seconds. Our judgement; provisional.
    wandering_fresh_for: Annotated[timedelta, Bounds(900, 172800, "seconds", below=_UNTOLD, above=_LONG_OVER)] = (
        timedelta(hours=6)
    )
    #: Off route. By then it is over, or has been told of again. Seconds. Our judgement; provisional.
    off_route_fresh_for: Annotated[timedelta, Bounds(900, 172800, "seconds", below=_UNTOLD, above=_LONG_OVER)] = (
        timedelta(hours=12)
    )
    #: In vehicle. It lasts until a return is heard, which ends it first. Seconds. Our judgement; provisional.
    in_vehicle_fresh_for: Annotated[timedelta, Bounds(3600, 604800, "seconds", below=_UNTOLD, above=_LONG_OVER)] = (
        timedelta(hours=24)
    )
    #: No return. By then it is over, or has been told of again. Seconds. Our judgement; provisional.
    no_return_fresh_for: Annotated[timedelta, Bounds(1800, 86400, "seconds", below=_UNTOLD, above=_LONG_OVER)] = (
        timedelta(hours=12)
    )
    #: Still in bed. By then it is over, or has been told of again. Seconds. Our judgement; provisional.
    still_in_bed_fresh_for: Annotated[timedelta, Bounds(1800, 43200, "seconds", below=_UNTOLD, above=_LONG_OVER)] = (
        timedelta(hours=12)
    )
    #: Bed exit. By then it is over, or has been told of again. Seconds. Our judgement; provisional.
    bed_exit_fresh_for: Annotated[timedelta, Bounds(300, 3600, "seconds", below=_UNTOLD, above=_LONG_OVER)] = timedelta(
        hours=1
    )
    #: Restless. By then it is over, or has been told of again. Seconds. Our judgement; provisional.
    restless_fresh_for: Annotated[timedelta, Bounds(900, 14400, "seconds", below=_UNTOLD, above=_LONG_OVER)] = (
        timedelta(hours=4)
    )
    #: Bed sensor fault. By then it is over, or has been told of again. Seconds. Our judgement; provisional.
    bed_sensor_fault_fresh_for: Annotated[
        timedelta, Bounds(3600, 72000, "seconds", below=_UNTOLD, above=_LONG_OVER)
    ] = timedelta(hours=20)
    #: Heart rate. By then it is over, or has been told of again. Seconds. Our judgement; provisional.
    heart_rate_fresh_for: Annotated[timedelta, Bounds(900, 172800, "seconds", below=_UNTOLD, above=_LONG_OVER)] = (
        timedelta(hours=12)
    )
    #: Breathing rate. By then it is over, or has been told of again. Seconds. Our judgement; provisional.
    breathing_rate_fresh_for: Annotated[timedelta, Bounds(900, 172800, "seconds", below=_UNTOLD, above=_LONG_OVER)] = (
        timedelta(hours=12)
    )
    #: Apnea. By then it is over, or has been told of again. Seconds. Our judgement; provisional.
    apnea_fresh_for: Annotated[timedelta, Bounds(900, 172800, "seconds", below=_UNTOLD, above=_LONG_OVER)] = timedelta(
        hours=12
    )
    #: Turn reminder. By then it is over, or has been told of again. Seconds. Our judgement; provisional.
    turn_reminder_fresh_for: Annotated[timedelta, Bounds(900, 14400, "seconds", below=_UNTOLD, above=_LONG_OVER)] = (
        timedelta(hours=4)
    )
    #: Low battery. By then it is over, or has been told of again. Seconds. Our judgement; provisional.
    low_battery_fresh_for: Annotated[timedelta, Bounds(3600, 72000, "seconds", below=_UNTOLD, above=_LONG_OVER)] = (
        timedelta(hours=20)
    )
