"""Riding: FOOT / SUSPECT / RIDING, by how fast the person must have moved at least.

The speed between two believed fixes has both their radii taken off (`track.Movement`), so errors that are admitted make
nobody ride. One fast fix begins a suspicion. It is a ride once the person is 500 m or more from where it began, 90 s
later or more, at 2 m/s or more on the way as a whole, and a second fix agrees; back where it began it was an error. A
bus that stands is still a ride; four minutes of walking pace end it.

It is told once a ride, and only when it matters: when it begins outside the safe area or takes the person out of it
(`left_by_vehicle`), or when nobody has drawn a safe area (`riding`). A ride inside the safe area is nobody's business.

Example: outside, a fix 1,200 m on after two minutes (9.8 m/s at least), the next another 300 m on: a ride.

Quiet: on foot, a fix that needs less than `vehicle_speed_mps`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from geofence.detection import Detection, DetectionKind, Place
from geofence.evidence import identify, when
from geofence.geometry import distance_m
from geofence.observation import NOTHING, Judgement, Observation
from geofence.person import Person
from geofence.quiet import Room

if TYPE_CHECKING:
    from geofence.state import PersonState

#: A ride is at least this fast from where it began to now, stops included. Metres a second. Above walking; provisional.
LEAST_MEAN_MPS = 2.0
#: So near to where it began, radii taken off, the fast fix was an error. Metres. Provisional.
BACK_M = 100.0


class Motion(StrEnum):
    """How the person moves."""

    FOOT = "foot"
    #: One fix was too fast for walking.
    SUSPECT = "suspect"
    RIDING = "riding"


class Pace(StrEnum):
    """What one fix says, or a stretch of them."""

    FAST = "fast"
    #: Far enough from where it began, soon enough, and a second fix agrees.
    FAR = "far"
    #: Where it began: the fast fix was wrong.
    BACK = "back"
    #: Slow for long enough.
    SLOW_FOR_LONG = "slow_for_long"


class Reason(StrEnum):
    """Why a ride is told."""

    LEFT_BY_VEHICLE = "left_by_vehicle"
    RIDING = "riding"


#: (motion, pace) -> motion. A pair that is absent changes nothing.
TRANSITIONS: dict[tuple[Motion, Pace], Motion] = {
    (Motion.FOOT, Pace.FAST): Motion.SUSPECT,
    (Motion.SUSPECT, Pace.FAR): Motion.RIDING,
    (Motion.SUSPECT, Pace.BACK): Motion.FOOT,
    (Motion.SUSPECT, Pace.SLOW_FOR_LONG): Motion.FOOT,
    (Motion.RIDING, Pace.SLOW_FOR_LONG): Motion.FOOT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleState:
    """What is remembered of one ride."""

    motion: Motion = Motion.FOOT
    #: Where and when it began: the last fix before the first fast one.
    start: Place | None = None
    #: Since when the person has been slow.
    slow_since: datetime | None = None
    began_outside: bool = False
    #: Whether the family was told of this ride.
    announced: bool = False


ON_FOOT = VehicleState()


def step(state: VehicleState, seen: Observation) -> tuple[VehicleState, Judgement]:
    """Judge one live reading."""
    speed_mps, before = seen.movement.least_speed_mps, seen.before.track.place
    if speed_mps is None or before is None or seen.last_place is None:
        return state, NOTHING
    fast = speed_mps >= seen.person.policy.vehicle_speed_mps
    if state.motion is Motion.FOOT:
        return (_begin(seen, before), NOTHING) if fast else (state, NOTHING)
    state = _paced(state, seen, before, speed_mps)
    pace = _pace(state, seen)
    motion = TRANSITIONS.get((state.motion, pace), state.motion) if pace else state.motion
    if motion is Motion.FOOT:
        return ON_FOOT, NOTHING
    if motion is not state.motion:
        state = replace(state, motion=motion)
    return _announce(state, seen)


def quiet(state: VehicleState, person: Person, before: PersonState, room: Room) -> None:  # noqa: ARG001 - as every detector's
    """On foot nothing changes below the speed of a vehicle."""
    if state.motion is not Motion.FOOT:
        room.within(0.0)
        return
    # The speed that begins a ride is itself no quiet one.
    room.moves_slower_than(person.policy.vehicle_speed_mps * 0.999)


def _begin(seen: Observation, before: Place) -> VehicleState:
    outside = seen.before.zone.safety == "outside"
    return VehicleState(motion=TRANSITIONS[Motion.FOOT, Pace.FAST], start=before, began_outside=outside)


def _paced(state: VehicleState, seen: Observation, before: Place, speed_mps: float) -> VehicleState:
    """Since when the person is slow."""
    slow = speed_mps < seen.person.policy.vehicle_speed_mps / 2
    slow_since = (state.slow_since or before.at) if slow else None
    return state if slow_since == state.slow_since else replace(state, slow_since=slow_since)


def _pace(state: VehicleState, seen: Observation) -> Pace | None:
    policy, here = seen.person.policy, seen.last_place
    assert here is not None
    assert state.start is not None
    way_m, took = _way_m(state.start, here), here.at - state.start.at
    far = way_m >= policy.vehicle_least_m and way_m >= LEAST_MEAN_MPS * took.total_seconds()
    # The fix that gave rise to the suspicion does not come here: this is a second one, at least.
    if state.motion is Motion.SUSPECT and far and took >= policy.vehicle_least:
        return Pace.FAR
    if way_m < BACK_M and state.motion is Motion.SUSPECT:
        return Pace.BACK
    if state.slow_since is not None and here.at - state.slow_since >= policy.vehicle_over_after:
        return Pace.SLOW_FOR_LONG
    return None


def _way_m(start: Place, here: Place) -> float:
    """As the crow flies, both radii taken off."""
    way_m = distance_m(start.latitude, start.longitude, here.latitude, here.longitude)
    return max(0.0, way_m - start.accuracy_m - here.accuracy_m)


def _announce(state: VehicleState, seen: Observation) -> tuple[VehicleState, Judgement]:
    """Tell of a ride once, when it matters."""
    if state.motion is not Motion.RIDING or state.announced:
        return state, NOTHING
    area, here = seen.area, seen.last_place
    assert here is not None
    outside = area is not None and area.distance_m > here.accuracy_m
    if outside or (state.began_outside and area is not None):
        return replace(state, announced=True), Judgement(detections=(_ride(state, seen, Reason.LEFT_BY_VEHICLE),))
    if not seen.person.zones:
        return replace(state, announced=True), Judgement(detections=(_ride(state, seen, Reason.RIDING),))
    return state, NOTHING


def _ride(state: VehicleState, seen: Observation, reason: Reason) -> Detection:
    here, start, at = seen.last_place, state.start, seen.reading.at
    assert here is not None
    assert start is not None
    way_m = _way_m(start, here)
    return Detection(
        detection_id=identify(seen.person.person_id, DetectionKind.IN_VEHICLE, at),
        person_id=seen.person.person_id,
        device_id=seen.reading.device_id,
        kind=DetectionKind.IN_VEHICLE,
        reason=reason,
        at=at,
        place=here,
        zone_id=seen.area.zone.zone_id if seen.area else None,
        evidence={
            "way_m": round(way_m, 1),
            "mean_speed_kmh": round(3.6 * way_m / (at - start.at).total_seconds()),
            "suspected_since": start.at.isoformat(),
            "accuracy_m": here.accuracy_m,
            "beyond_m": round(seen.area.distance_m, 1) if seen.area and seen.area.distance_m > 0 else None,
            "began_outside": state.began_outside,
            "zone_name": seen.area.zone.name if seen.area else None,
            **when(seen.person, at),
        },
    )
