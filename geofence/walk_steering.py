"""A faster rate for a bracelet whose person walks where no exit has been told: a walk's shape shows at 30 s only.

After an exit `geofence.steering` asks, so this asks only where that does not: just inside the edge, and outside when
the person was first seen there. Never at home by Wi-Fi, and not on a battery that is low.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from geofence.detection import Command, CommandType
from geofence.evidence import identify
from geofence.observation import NOTHING, Judgement, Observation

if TYPE_CHECKING:
    from geofence.detectors.wandering import WanderingState

#: So close to the edge a walk may become an exit. Metres. Two minutes of walking; provisional.
NEAR_EDGE_M = 100.0


def ask_to_be_seen(state: WanderingState, seen: Observation) -> tuple[WanderingState, Judgement]:
    """Ask for the faster rate if it would show something and nobody has asked."""
    if not _matters(seen) or not _walks(seen):
        return state, NOTHING
    at, policy = seen.reading.at, seen.person.policy
    until = state.tracking_until
    asked = seen.before.zone.tracking_until
    if asked is not None and (until is None or asked > until):
        until = asked
    if until is not None and until - at >= policy.tracking_for / 6:
        return state, NOTHING
    until = at + policy.tracking_for
    command = Command(
        command_id=identify(seen.person.person_id, CommandType.REPORT_INTERVAL, at, seen.reading.device_id, "walk"),
        person_id=seen.person.person_id,
        device_id=seen.reading.device_id,
        type=CommandType.REPORT_INTERVAL,
        at=at,
        reason="walking",
        interval_s=policy.tracking_interval_s,
        until=until,
    )
    return replace(state, tracking_until=until), Judgement(commands=(command,))


def _matters(seen: Observation) -> bool:
    """Outside unannounced, or inside near the edge, with charge enough."""
    area, zone, charge = seen.area, seen.before.zone, seen.reading.battery_pct
    if area is None or seen.reading.at_home is True:
        return False
    if charge is not None and charge <= seen.person.policy.battery_low_pct:
        return False
    if zone.safety == "outside":
        return not zone.announced and area.distance_m > 0
    return zone.safety == "inside" and -NEAR_EDGE_M <= area.distance_m <= 0


def _walks(seen: Observation) -> bool:
    """By the device's own word: a jump between two fixes may be their error."""
    fix, policy = seen.reading.fix, seen.person.policy
    speed_mps = (fix.speed_mps if fix else None) or 0.0
    return speed_mps >= policy.zone_strong_speed_mps or (seen.reading.steps or 0) >= policy.zone_strong_steps
