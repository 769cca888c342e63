"""Water, rails and fast roads: coming nearer to one, being in one, having gone through one. `geofence.danger_map`.

Only believed fixes of up to 50 m radius outside the safe area count, of somebody on foot. With d the distance to the
nearest danger of a kind, and the fixes of the last five minutes as a trail::

    approaching     an exit is suspected or told, d within the kind's reach (water 500 m, others 300 m), d has grown
                    smaller since the oldest fix of the trail by more than either's radius and not larger since the
                    last one, and at that pace (0.3 to 3.5 m/s) d is reached within ten minutes
    entered         d = 0 by a fix of up to 20 m
    passed through  the last two fixes lie on either side, each further off than its radius, and the straight way
                    between them goes through it: they may have crossed it, as bridges are not known

Inside the safe area all this is silent, for the family knows the canal behind the house, but for one: at night, on
foot, water within 60 m that comes nearer. Each kind is told once; again after coming home, or after having been half
as far again as its reach. A river may be fifty features: that is one danger. Nothing is told of somebody who rides.

Quiet: a person whose area has no dangers; a message without a fix; with nothing remembered, a fix inside the edge that
does not move by its own word, or by day.

Example: a canal 340 m ahead, then 300 m ahead 40 s later: 1 m/s, five minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from geofence import steering
from geofence.danger_ahead import Ahead, approached, reach_m, within_reach
from geofence.danger_map import DangerKind
from geofence.detection import Detection, DetectionKind, Place
from geofence.evidence import identify, when
from geofence.geometry import distance_m
from geofence.observation import NOTHING, Judgement, Observation
from geofence.person import Person
from geofence.quiet import Facet, Room
from geofence.sighting import moving

if TYPE_CHECKING:
    from geofence.state import PersonState

#: Fixes of the trail. Count: two minutes at the faster rate.
LONGEST_TRAIL = 5


class Reason(StrEnum):
    """How somebody stands to a danger."""

    APPROACHING = "approaching"
    APPROACHING_INSIDE = "approaching_inside"
    ENTERED = "entered"
    PASSED_THROUGH = "passed_through"


@dataclass(frozen=True, slots=True, kw_only=True)
class DangerState:
    """The last places outside, and what was told already."""

    trail: tuple[Place, ...] = ()
    approached: tuple[DangerKind, ...] = ()
    entered: tuple[DangerKind, ...] = ()


CLEAR = DangerState()


def step(state: DangerState, seen: Observation) -> tuple[DangerState, Judgement]:
    """Judge one live reading."""
    fix, person = seen.reading.fix, seen.person
    if fix is None or not person.dangers or not seen.movement.believed or seen.last_place is None:
        return state, NOTHING
    inside = _inside(seen)
    if seen.area is None or (inside and not _walks_at_night(seen)):
        return state if state == CLEAR else CLEAR, NOTHING
    if fix.accuracy_m > person.policy.danger_accuracy_m:
        return state, NOTHING
    if _rides(seen):
        return replace(state, trail=()) if state.trail else state, NOTHING
    place = seen.last_place
    trail = tuple(each for each in state.trail if place.at - each.at <= person.policy.danger_window)
    state = replace(_rearmed(state, person, place), trail=(*trail, place)[-LONGEST_TRAIL:])
    found = _approach_inside(state, seen, trail) if inside else _entry(state, seen, trail)
    if not inside and found is None:
        found = _approach(state, seen, trail)
    if found is None:
        return state, NOTHING
    kind, reason, ahead = found
    return _told(state, kind, ahead), _judgement(seen, kind, reason, ahead)


def quiet(state: DangerState, person: Person, before: PersonState, room: Room) -> None:  # noqa: ARG001 - as every detector's
    """Fixes within the edge, standing, of somebody of whom nothing is remembered."""
    if not person.dangers:
        return
    if state != CLEAR or room.area is None:
        room.never(Facet.FIX)
        return
    policy = person.policy
    room.within(-room.area.distance_m)
    room.slower_than(policy.zone_strong_speed_mps * 0.99)
    room.steps_up_to(policy.zone_strong_steps - 1)


_Found = tuple[DetectionKind, Reason, Ahead]


def _inside(seen: Observation) -> bool:
    """Whether the fix says nothing of being outside: within the edge, or beyond it by less than its error."""
    fix, area = seen.reading.fix, seen.area
    if fix is None or area is None:
        return True
    if seen.before.zone.safety in ("suspect", "outside"):
        return area.distance_m <= 0
    return area.distance_m <= min(fix.accuracy_m, seen.person.policy.zone_accuracy_cap_m)


def _walks_at_night(seen: Observation) -> bool:
    return seen.person.policy.danger_inside_m > 0 and seen.person.is_night(seen.reading.at) and moving(seen)


def _rides(seen: Observation) -> bool:
    """Whether the device or the way says that they are no longer on foot."""
    said = (seen.reading.fix.speed_mps if seen.reading.fix else None) or 0.0
    return max(said, seen.movement.least_speed_mps or 0.0) > seen.person.policy.danger_riding_mps


def _rearmed(state: DangerState, person: Person, place: Place) -> DangerState:
    """What was told and is now far away may be told again."""
    if not state.approached and not state.entered:
        return state
    policy = person.policy

    def near(kind: DangerKind) -> bool:
        within_m = reach_m(kind, policy) * policy.danger_rearm_ratio
        found = person.dangers.near(place.latitude, place.longitude, within_m)
        return any(each.danger.kind is kind for each in found)

    approached_, entered = (tuple(kind for kind in told if near(kind)) for told in (state.approached, state.entered))
    if len(approached_) == len(state.approached) and len(entered) == len(state.entered):
        return state
    return replace(state, approached=approached_, entered=entered)


def _entry(state: DangerState, seen: Observation, trail: tuple[Place, ...]) -> _Found | None:
    """In a danger, or through one since the last fix."""
    place, person = seen.last_place, seen.person
    assert place is not None
    if place.accuracy_m <= person.policy.danger_enter_accuracy_m:
        for near in person.dangers.near(place.latitude, place.longitude, 0.0):
            if near.danger.kind not in state.entered:
                return DetectionKind.DANGER_ENTER, Reason.ENTERED, Ahead(danger=near.danger, distance_m=0.0)
    if trail:
        for ahead in _crossed(person, trail[-1], place):
            if ahead.danger.kind not in state.entered:
                return DetectionKind.DANGER_ENTER, Reason.PASSED_THROUGH, ahead
    return None


def _crossed(person: Person, before: Place, place: Place) -> Iterator[Ahead]:
    """What lies between two fixes that are both clearly beside it, walked in the time between them."""
    start, end = (before.latitude, before.longitude), (place.latitude, place.longitude)
    elapsed_s = (place.at - before.at).total_seconds()
    if distance_m(*start, *end) > person.policy.danger_riding_mps * elapsed_s:
        return
    for danger in person.dangers.crossed(start, end):
        away_m = danger.distance_m(*end)
        if danger.distance_m(*start) > before.accuracy_m and away_m > place.accuracy_m:
            yield Ahead(danger=danger, distance_m=away_m)


def _approach(state: DangerState, seen: Observation, trail: tuple[Place, ...]) -> _Found | None:
    """Coming nearer to a danger, once an exit is at least suspected."""
    place, person = seen.last_place, seen.person
    assert place is not None
    if not trail or seen.before.zone.safety not in ("suspect", "outside"):
        return None
    for ahead in within_reach(person, place):
        known = ahead.danger.kind in state.approached or ahead.danger.kind in state.entered
        found = None if known else _coming(ahead, person, place, trail)
        if found is not None:
            return DetectionKind.DANGER_APPROACH, Reason.APPROACHING, found
    return None


def _approach_inside(state: DangerState, seen: Observation, trail: tuple[Place, ...]) -> _Found | None:
    """Inside the safe area at night: only water, and only when it is close by."""
    place, person = seen.last_place, seen.person
    assert place is not None
    if not trail or DangerKind.WATER in state.approached:
        return None
    for near in person.dangers.near(place.latitude, place.longitude, person.policy.danger_inside_m):
        if near.danger.kind is DangerKind.WATER:
            ahead = Ahead(danger=near.danger, distance_m=near.distance_m)
            found = _coming(ahead, person, place, trail)
            return None if found is None else (DetectionKind.DANGER_APPROACH, Reason.APPROACHING_INSIDE, found)
    return None


def _coming(ahead: Ahead, person: Person, place: Place, trail: tuple[Place, ...]) -> Ahead | None:
    """The danger with its pace, when it is reached soon; None when it is not, or was turned away from."""
    found = approached(ahead, place, trail[0], person.policy)
    turned = approached(ahead, place, trail[-1], person.policy) is None
    if found is None or turned or found.minutes is None:
        return None
    return found if found.minutes <= person.policy.danger_minutes.total_seconds() / 60 else None


def _told(state: DangerState, kind: DetectionKind, ahead: Ahead) -> DangerState:
    if kind is DetectionKind.DANGER_APPROACH:
        return replace(state, approached=(*state.approached, ahead.danger.kind))
    return replace(state, entered=(*state.entered, ahead.danger.kind))


def _judgement(seen: Observation, kind: DetectionKind, reason: Reason, ahead: Ahead) -> Judgement:
    reading, person, fix = seen.reading, seen.person, seen.reading.fix
    detection = Detection(
        detection_id=identify(person.person_id, kind, reading.at, ahead.danger.kind),
        person_id=person.person_id,
        device_id=reading.device_id,
        kind=kind,
        reason=reason,
        at=reading.at,
        place=seen.last_place,
        evidence={
            **ahead.evidence(),
            "danger_id": ahead.danger.danger_id,
            "closing_mps": None if ahead.closing_mps is None else round(ahead.closing_mps, 2),
            "distance_m": round(seen.area.distance_m, 1) if seen.area else None,
            "accuracy_m": fix.accuracy_m if fix else None,
            **when(person, reading.at),
        },
    )
    asked = steering.ask(seen, "danger_near") if reason is Reason.APPROACHING_INSIDE else ()
    return Judgement(detections=(detection,), commands=asked)
