"""When it is night for a person: used by every detector."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Annotated

from geofence.threshold import TimeOfDay


@dataclass(frozen=True, kw_only=True)
class NightThresholds:
    """The night, local time."""

    #: Night, local time: exits are graver. Usual in night-care telecare; provisional.
    night_from: Annotated[time, TimeOfDay()] = time(22, 0)
    night_until: Annotated[time, TimeOfDay()] = time(6, 0)
