"""One person's judge: `step` for a reading, `due` and `tick` for silence. Pure: the same log gives the same result.

The state of a person is the state of each detector, of the order of readings and of the track. Unchanged state comes
back as the same object, so that a shell writes only what changed. A deadline that lies before a reading is judged
first, so it makes no difference whether a timer noticed it in time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from geofence import ordering, track
from geofence.detectors import low_battery, sos, zone
from geofence.features import SafeArea, safe_area
from geofence.observation import NOTHING, Judgement, Observation
from geofence.ordering import Admission, OrderState
from geofence.person import Person
from geofence.reading import Reading
from geofence.track import Movement, TrackState


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonState:
    """Everything the engine remembers of one person."""

    order: OrderState = field(default_factory=OrderState)
    track: TrackState = field(default_factory=TrackState)
    zone: zone.ZoneState = field(default_factory=zone.ZoneState)
    battery: low_battery.BatteryState = field(default_factory=low_battery.BatteryState)


FRESH = PersonState()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one reading."""

    admission: Admission
    judgement: Judgement = NOTHING


def step(state: PersonState, reading: Reading, person: Person) -> tuple[PersonState, Outcome]:
    """Judge one reading.

    Returns:
        The state after it, and what became of it. A reading that is not live leaves the same state object.
    """
    return judge(state, reading, person, safe_area(reading, person))


def judge(state: PersonState, reading: Reading, person: Person, area: SafeArea | None) -> tuple[PersonState, Outcome]:
    """`step` with the features already measured: the one copy of the order of things, for single and batch."""
    order, admission = ordering.admit(state.order, reading, person.policy)
    if admission is Admission.NEWS:
        return _tell(state, order, reading, person)
    if admission is not Admission.LIVE:
        return state, Outcome(admission=admission)
    state, late = run_down(state, person, reading.at)
    followed, movement = track.follow(state.track, reading, person.policy)
    seen = Observation(reading=reading, person=person, area=area, movement=movement, last_place=followed.place)
    zone_state, left = zone.step(state.zone, seen)
    _, called = sos.step(None, seen)
    battery_state, drained = low_battery.step(state.battery, seen)
    after = PersonState(order=order, track=followed, zone=zone_state, battery=battery_state)
    return after, Outcome(admission=admission, judgement=late + left + called + drained)


def _tell(state: PersonState, order: OrderState, reading: Reading, person: Person) -> tuple[PersonState, Outcome]:
    """A safety event that is old on arrival: it is news, where the person was and how full the battery is no more."""
    nowhere = Movement(believed=False)
    seen = Observation(reading=reading, person=person, area=None, movement=nowhere, last_place=state.track.place)
    _, called = sos.step(None, seen)
    after = PersonState(order=order, track=state.track, zone=state.zone, battery=state.battery)
    return after, Outcome(admission=Admission.NEWS, judgement=called)


def due(state: PersonState, person: Person) -> datetime | None:
    """The instant at which silence alone would change something, if any."""
    return zone.due(state.zone, person)


def tick(state: PersonState, person: Person, at: datetime) -> tuple[PersonState, Judgement]:
    """The deadline `at`, as `due` gave it, has come."""
    zone_state, judgement = zone.tick(state.zone, person, at)
    if zone_state is state.zone:
        return state, judgement
    return PersonState(order=state.order, track=state.track, zone=zone_state, battery=state.battery), judgement


def run_down(state: PersonState, person: Person, until: datetime) -> tuple[PersonState, Judgement]:
    """Judge every deadline up to and including `until`."""
    judgement = NOTHING
    while (at := due(state, person)) is not None and at <= until:
        state, more = tick(state, person, at)
        judgement = judgement + more
    return state, judgement
