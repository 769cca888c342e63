"""One person's judge: `step` for a reading, `due` and `tick` for silence. Pure: the same log gives the same result.

The state of a person is the state of each detector, of the order of readings and of the track. Unchanged state comes
back as the same object, so that a shell writes only what changed. A deadline that lies before a reading is judged
first, so it makes no difference whether a timer noticed it in time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from geofence import ordering, track
from geofence.detector import facets
from geofence.detectors import DETECTORS
from geofence.features import SafeArea, safe_area
from geofence.observation import NOTHING, Judgement, Observation
from geofence.ordering import Admission, OrderState
from geofence.person import Person
from geofence.reading import Reading
from geofence.state import FRESH, PersonState
from geofence.track import Movement

__all__ = ["FRESH", "Outcome", "PersonState", "due", "judge", "run_down", "step", "tick"]


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
    state, judgement = run_down(state, person, reading.at)
    followed, movement = track.follow(state.track, reading, person.policy)
    seen = Observation(
        reading=reading, person=person, area=area, movement=movement, last_place=followed.place, before=state
    )
    changed: dict[str, Any] = {"order": order, "track": followed}
    carried = facets(reading)
    for detector in DETECTORS:
        if detector.concerns & carried:
            before = getattr(state, detector.name) if detector.name else None
            after, more = detector.step(before, seen)
            judgement = judgement + more
            if after is not before:
                changed[detector.name] = after
    return replace(state, **changed), Outcome(admission=admission, judgement=judgement)


def _tell(state: PersonState, order: OrderState, reading: Reading, person: Person) -> tuple[PersonState, Outcome]:
    """A safety event that is old on arrival: it is news, where the person was and how full the battery is no more."""
    nowhere = Movement(believed=False)
    seen = Observation(
        reading=reading, person=person, area=None, movement=nowhere, last_place=state.track.place, before=state
    )
    judgement = NOTHING
    changed: dict[str, Any] = {"order": order}
    for detector in DETECTORS:
        if detector.hears_old_news:
            before = getattr(state, detector.name) if detector.name else None
            after, more = detector.step(before, seen)
            judgement = judgement + more
            if after is not before:
                changed[detector.name] = after
    return replace(state, **changed), Outcome(admission=Admission.NEWS, judgement=judgement)


def due(state: PersonState, person: Person) -> datetime | None:
    """The instant at which silence alone would change something, if any."""
    instants = [detector.due(getattr(state, detector.name), person) for detector in DETECTORS if detector.due]
    return min((at for at in instants if at is not None), default=None)


def tick(state: PersonState, person: Person, at: datetime) -> tuple[PersonState, Judgement]:
    """The deadline `at`, as `due` gave it, has come."""
    judgement = NOTHING
    changed: dict[str, Any] = {}
    for detector in DETECTORS:
        if detector.tick is not None:
            before = getattr(state, detector.name)
            after, more = detector.tick(before, person, at, state)
            judgement = judgement + more
            if after is not before:
                changed[detector.name] = after
    return (replace(state, **changed) if changed else state), judgement


def run_down(state: PersonState, person: Person, until: datetime) -> tuple[PersonState, Judgement]:
    """Judge every deadline up to and including `until`."""
    judgement = NOTHING
    while (at := due(state, person)) is not None and at <= until:
        state, more = tick(state, person, at)
        judgement = judgement + more
    return state, judgement
