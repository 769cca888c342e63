"""Opens the room of quiet readings (`geofence.quiet`) after one that changed nothing: each detector narrows it in turn.

Those that settle at once narrow it last, and again when it is their time: the room stands as long as nobody else wants
to look.
"""

from __future__ import annotations

from datetime import datetime

from geofence.detector import Detector
from geofence.detectors import DETECTORS
from geofence.engine import SETTLES_AT_ONCE, Dues, PersonState
from geofence.features import SafeArea
from geofence.person import Person
from geofence.quiet import Room
from geofence.reading import Reading

#: A fix farther than this from the last one that was judged is judged in any case. Metres.
WIDEST_M = 600.0


def room(state: PersonState, said: Reading, person: Person, area: SafeArea | None, waits: Dues) -> Room | None:
    """Which next readings would change nothing, after one that changed nothing; None if none would.

    Args:
        state: of the person, just after.
        said: the reading that changed nothing materially, but what settles at once.
        person: whom it is about.
        area: where the last believed place stands to the zones that count at that time.
        waits: `dues(state, person)`.
    """
    place, policy, at = state.track.place, person.policy, said.at
    room_ = Room(said=said, since=at, live_max_age=policy.live_max_age, place=place, area=area)
    for due_at, at_once in zip(waits, SETTLES_AT_ONCE, strict=False):
        if due_at is not None and not at_once:
            room_.before(due_at)
    if place is not None and state.track.held is None:
        room_.radius_m, room_.accuracy_m = WIDEST_M, policy.zone_accuracy_ceiling_m
        room_.moves_slower_than(policy.impossible_speed_mps)
        if (zones_change_at := person.zones_change_at(at)) is not None:
            room_.before(zones_change_at)
    for detector in DETECTORS:
        if not detector.settles_at_once:
            _narrow(room_, detector, state, person)
            if room_.empty:
                return None
    room_.stands_until = room_.until
    return _closed(room_, state, person, waits)


def again(known: Room, state: PersonState, person: Person, since: datetime, waits: Dues) -> Room:
    """A room that stands, after a reading or a deadline that changed nothing but what settles at once.

    Args:
        known: the room.
        state: of the person, just after.
        person: who they were when the room was opened.
        since: the newest instant that was heard of.
        waits: `dues(state, person)`.
    """
    return _closed(known.again(since), state, person, waits)


def _closed(room_: Room, state: PersonState, person: Person, waits: Dues) -> Room:
    """A room, narrowed by those that settle at once as well."""
    for due_at, at_once in zip(waits, SETTLES_AT_ONCE, strict=False):
        if due_at is not None and at_once:
            room_.before(due_at)
    for detector in DETECTORS:
        if detector.settles_at_once:
            _narrow(room_, detector, state, person)
    return room_.close()


def _narrow(room_: Room, detector: Detector, state: PersonState, person: Person) -> None:
    if detector.quiet is None:
        room_.never(detector.concerns)
    else:
        detector.quiet(getattr(state, detector.name) if detector.name else None, person, state, room_)
