"""What one believed fix says of the safe area (`classify`), and how much it counts (`weigh`).

With d the distance beyond the edge, a the fix's radius, capped::

    outside    d - min(a, 80 m) > margin            margin: 15 m for zones under 150 m, else 0
    strong     outside, a <= 40 m, d > 2 a, moving, and the way there could be walked
    returned   d <= -min(0.1 r, 20 m)               r: radius of the zone, or of the circle of its area
    inside     d <= 0
    undecided  otherwise: the circle of error cuts the edge

An outside fix counts 1 for an exit, a half when it is coarse (a > 100 m) or something says that the person is at home,
and nothing when the very message that brings it says so and it is no further than 300 m off. A strong one always
counts in full. Sources: docs/detectors/zone.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from geofence.detection import Place
from geofence.features import SafeArea
from geofence.geometry import distance_m
from geofence.observation import Observation
from geofence.policy import Policy
from geofence.reading import Fix, FixSource


class Sighting(StrEnum):
    """What one fix says."""

    RETURNED = "returned"
    INSIDE = "inside"
    #: Inside, and so was every fix for a while.
    STAYED = "stayed"
    #: Just beyond the edge, where the person often is by day.
    DOORSTEP = "doorstep"
    UNDECIDED = "undecided"
    #: Outside by a fix that counts for nothing: its own message says that the device is at home.
    HELD = "held"
    OUTSIDE = "outside"
    #: Outside, and enough of the fixes before it were.
    CONFIRMED = "confirmed"
    STRONG = "strong"
    #: Not a fix: a suspicion was met with silence.
    SILENCE = "silence"


class Doubt(StrEnum):
    """Why an outside fix counts less."""

    #: The device hears the Wi-Fi or the beacon of home, or did a moment ago.
    AT_HOME = "at_home"
    CHARGING = "charging"
    BED_OCCUPIED = "bed_occupied"
    COARSE = "coarse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """How much an outside fix counts, in fixes, and why not more."""

    fixes: float = 1.0
    doubt: Doubt | None = None


FULL = Weight()
_HALF, _NOTHING = 0.5, 0.0
#: Between two fixes somebody was at most so many times as fast as at the second. Ratio; our judgement.
HURRIED = 1.5
#: Positions by one list of networks differ by rounding alone. Metres.
SAME_SPOT_M = 5.0


def classify(area: SafeArea, fix: Fix, *, moving: bool, policy: Policy) -> Sighting:
    """What one believed fix says by itself."""
    distance_m, radius_m = area.distance_m, area.zone.shape.effective_radius_m
    margin_m = policy.zone_small_margin_m if radius_m < policy.zone_small_radius_m else 0.0
    if distance_m - min(fix.accuracy_m, policy.zone_accuracy_cap_m) > margin_m:
        accurate = fix.accuracy_m <= policy.zone_strong_accuracy_m
        clear = distance_m > policy.zone_strong_ratio * fix.accuracy_m
        alone = stands_alone(fix)
        return Sighting.STRONG if alone and accurate and clear and moving else Sighting.OUTSIDE
    if distance_m <= -min(policy.zone_return_share * radius_m, policy.zone_return_cap_m):
        return Sighting.RETURNED
    return Sighting.INSIDE if distance_m <= 0 else Sighting.UNDECIDED


def stands_alone(fix: Fix) -> bool:
    """Whether one fix may be enough: of satellites only.

    A Wi-Fi network that has moved, or a neighbour's telephone, puts somebody hundreds of metres away to within two.
    """
    return fix.source is FixSource.GNSS


def moving(seen: Observation) -> bool:
    """Whether the device itself says that it moves, and that explains how it got there.

    A jump between two fixes says nothing: it may be the error. Of somebody who walks about the garden, too.
    """
    reading, policy = seen.reading, seen.person.policy
    speed_mps = (reading.fix.speed_mps if reading.fix else None) or 0.0
    if speed_mps < policy.zone_strong_speed_mps and (reading.steps or 0) < policy.zone_strong_steps:
        return False
    needed_mps = seen.movement.least_speed_mps or 0.0
    return needed_mps <= max(policy.zone_strong_pace_mps, HURRIED * speed_mps)


def repeats(seen: Observation, fix: Fix, last: Place, *, counted_at: datetime) -> bool:
    """Whether a device repeats its `last` outside fix: at once, or the same place by Wi-Fi without a walk between.

    Both are wrong together: two fixes of one moment, and two answers to one list of networks. A coarse place is the
    same within its own radius.
    """
    since, policy, steps = seen.reading.at - counted_at, seen.person.policy, seen.reading.steps
    if since < policy.zone_apart or since >= policy.zone_repeat_for:
        return since < policy.zone_apart
    if fix.source is not FixSource.WIFI or steps is None or steps >= policy.zone_strong_steps:
        return False
    reach_m = fix.accuracy_m if fix.accuracy_m > policy.zone_coarse_m else SAME_SPOT_M
    return distance_m(last.latitude, last.longitude, fix.latitude, fix.longitude) <= reach_m


def bed_left(seen: Observation) -> bool:
    """Whether the person left the bed in this night, a while ago, and has not come back to it."""
    bed, at = seen.before.bed, seen.reading.at
    if bed.left_at is None or not bed.left_in_night or not seen.person.is_night(at):
        return False
    return at - bed.left_at >= seen.person.policy.zone_bed_left_for


def weigh(seen: Observation, area: SafeArea, fix: Fix, *, home_device: str | None, in_bed: bool) -> Weight:
    """How much an outside fix that is not strong counts.

    Args:
        seen: the reading.
        area: where its fix stands.
        fix: the fix.
        home_device: the device that last said it was at home, if it has not taken that back.
        in_bed: the bed shows that the person lies in it.
    """
    reading, policy = seen.reading, seen.person.policy
    own = Doubt.AT_HOME if reading.at_home else Doubt.CHARGING if reading.charging else None
    if own is not None:
        return Weight(fixes=_NOTHING if area.distance_m <= policy.zone_held_m else _HALF, doubt=own)
    if in_bed:
        return Weight(fixes=_HALF, doubt=Doubt.BED_OCCUPIED)
    if reading.device_id == home_device and _heard_lately(seen):
        return Weight(fixes=_HALF, doubt=Doubt.AT_HOME)
    return Weight(fixes=_HALF, doubt=Doubt.COARSE) if fix.accuracy_m > policy.zone_coarse_m else FULL


def _heard_lately(seen: Observation) -> bool:
    """Whether this device spoke shortly before, so that what it said of home still holds."""
    reading, since = seen.reading, seen.reading.at - seen.person.policy.zone_home_for
    return any(device == reading.device_id and since <= at < reading.at for device, _, at in seen.before.order.newest)
