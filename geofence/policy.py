"""One person's thresholds: a frozen `Policy`, every default with unit, source and status.

Sources are named as in `docs/detectors/`: "measured" means our evaluation on recorded positions (`make evaluate`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Thresholds of one person."""

    #: Fixes with a larger radius never move a zone state. Metres. Source: measured (studentlife); settled.
    zone_accuracy_ceiling_m: float = 200.0
    #: The most of a fix's radius that counts against an exit, so that bad GPS cannot delay it for ever. Metres.
    #: Source: Ikolvi/Tracelet #276, value measured; settled.
    zone_accuracy_cap_m: float = 80.0
    #: Extra distance before an exit is suspected, for zones under `zone_small_radius_m`. Metres. Measured; provisional.
    zone_small_margin_m: float = 15.0
    #: Zones with a smaller radius get the margin above. Metres. Measured; provisional.
    zone_small_radius_m: float = 150.0
    #: Consecutive outside fixes that confirm an exit. Count. Source: Ikolvi/Tracelet #294; settled.
    zone_confirming_fixes: int = 2
    #: One fix confirms when it moves and its radius is at most this. Metres. Measured; provisional.
    zone_strong_accuracy_m: float = 40.0
    #: ... and its distance is more than this many times its radius. Ratio. Measured; provisional.
    zone_strong_ratio: float = 2.0
    #: ... and it moves at least this fast. Metres a second. Half of slow walking with a frame; provisional.
    zone_strong_speed_mps: float = 0.5
    #: ... or walked at least so many steps since the last message. Count. Ten strides; provisional.
    zone_strong_steps: int = 20
    #: Back inside only this far within the edge, as a share of the zone's radius. Ratio. Measured; settled.
    zone_return_share: float = 0.1
    #: ... and never more than this. Metres. Measured; settled.
    zone_return_cap_m: float = 20.0
    #: No faster movement is believed between two fixes. Metres a second. Above any car in town; settled.
    impossible_speed_mps: float = 60.0
    #: Time without a believed fix that turns a suspicion into "may have left, no contact". Provisional.
    suspect_silence: timedelta = timedelta(minutes=5)
    #: Seconds between fixes while an exit is suspected or the person is outside. Provisional.
    tracking_interval_s: int = 30
    #: How long a device keeps that rate without being told again. Provisional.
    tracking_for: timedelta = timedelta(minutes=30)
    #: First battery warning. Per cent. Usual on phones; settled.
    battery_low_pct: float = 20.0
    #: Second battery warning. Per cent. Usual on phones; settled.
    battery_critical_pct: float = 10.0
    #: A warning is armed again this far above its threshold. Per cent. Settled.
    battery_hysteresis_pct: float = 5.0
    #: Night, local time: exits are graver. Usual in night-care telecare; provisional.
    night_from: time = time(22, 0)
    night_until: time = time(6, 0)
    #: Telemetry older than this on arrival is history. Provisional.
    live_max_age: timedelta = timedelta(minutes=10)


DEFAULT = Policy()
