"""One person's judge: `step` for a reading, `due` and `tick` for silence. Pure: the same log gives the same result.

The state of a person is the state of each detector, of the order of readings and of the track. Unchanged state comes
back as the same object, so that a shell writes only what changed. A deadline that lies before a reading is judged
first, so it makes no difference whether a timer noticed it in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import compress
from operator import attrgetter, gt, is_not
from typing import Any

import msgspec

from geofence import hindsight, ordering, track
from geofence.absence import Absence
from geofence.detection import Place
from geofence.detector import Detector, Facet, facets
from geofence.detectors import DETECTORS
from geofence.features import SafeArea, safe_area
from geofence.observation import NOTHING, Judgement, Observation
from geofence.ordering import Admission, OrderState
from geofence.person import Person
from geofence.reading import Reading, ReadingKind
from geofence.state import FRESH, PersonState

__all__ = [
    "FRESH",
    "Outcome",
    "PersonState",
    "due",
    "judge",
    "look",
    "material",
    "run_down",
    "settled",
    "step",
    "tick",
    "with_hearsay",
]


class Outcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of one reading."""

    admission: Admission
    judgement: Judgement = NOTHING


#: Nothing to tell, by admission: most readings share one of these.
PLAIN = {admission: Outcome(admission=admission) for admission in Admission}

_Asked = tuple[tuple[str, Any], ...]


def _asked(detectors: Iterable[Detector]) -> _Asked:
    return tuple((detector.name, detector.step) for detector in detectors)


#: Who is asked about a reading, by the facets it carries.
ASKED: tuple[_Asked, ...] = tuple(
    _asked(each for each in DETECTORS if each.concerns & carried) for carried in range(2 * max(Facet))
)
#: ... of those that settle at once.
ASKED_AT_ONCE: tuple[_Asked, ...] = tuple(
    _asked(each for each in DETECTORS if each.concerns & carried and each.settles_at_once)
    for carried in range(2 * max(Facet))
)
TOLD_OLD_NEWS = _asked(each for each in DETECTORS if each.hears_old_news)
_DUE: tuple[tuple[str, Any], ...] = tuple((each.name, each.due) for each in DETECTORS if each.due)
_TICK: tuple[tuple[str, Any], ...] = tuple((each.name, each.tick) for each in DETECTORS if each.due)
#: Who remembers something, those with deadlines first, in the order of `Dues`.
NAMES = (*(name for name, _ in _DUE), *(each.name for each in DETECTORS if each.name and not each.due))
_parts = attrgetter(*NAMES)
_AT_ONCE = {each.name for each in DETECTORS if each.settles_at_once}
#: ... and whether it settles at once.
SETTLES_AT_ONCE = tuple([name in _AT_ONCE for name in NAMES])

#: The next deadline of each detector that has any.
Dues = tuple[datetime | None, ...]


def step(
    state: PersonState, reading: Reading, person: Person, absences: Sequence[Absence] = ()
) -> tuple[PersonState, Outcome]:
    """Judge one reading.

    Args:
        state: of the person, just before.
        reading: any.
        person: whom it is about.
        absences: spans in which we were away ourselves.

    Returns:
        The state after it, and what became of it. A reading that is not live leaves the same state object, but for a
        late fix that bears on a suspicion.
    """
    return judge(state, reading, person, safe_area(reading, person), due(state, person), absences)


def judge(  # noqa: PLR0917 - once a reading: keywords cost
    state: PersonState,
    reading: Reading,
    person: Person,
    area: SafeArea | None,
    due_at: datetime | None,
    absences: Sequence[Absence] = (),
    asked: tuple[_Asked, ...] = ASKED,
) -> tuple[PersonState, Outcome]:
    """`step` with the features already measured: the one copy of the order of things, for single and batch.

    Args:
        state: of the person, just before.
        reading: any.
        person: whom the reading is about.
        area: `safe_area(reading, person)`.
        due_at: `due(state, person)`.
        absences: as of `step`.
        asked: whom to ask about it, by the facets it carries.
    """
    order, admission = ordering.admit(state.order, reading, person.policy)
    if admission is not Admission.LIVE:
        if admission is Admission.NEWS:
            return _tell(state, order, reading, person)
        if admission is Admission.LATE:
            zone = hindsight.hear(state.zone, reading, person, area)
            state = state if zone is state.zone else msgspec.structs.replace(state, zone=zone)
        return state, PLAIN[admission]
    judgement = NOTHING
    if due_at is not None and due_at <= reading.at:
        state, judgement = run_down(state, person, reading.at, absences)
    followed, movement = track.follow(state.track, reading, person.policy)
    seen = Observation(
        reading=reading, person=person, area=area, movement=movement, last_place=followed.place, before=state
    )
    changed, judgement = _ask(asked[facets(reading)], state, seen, judgement)
    if changed:
        after = msgspec.structs.replace(state, order=order, track=followed, **changed)
    else:
        after = msgspec.structs.replace(state, order=order, track=followed)
    if judgement is NOTHING:
        return after, PLAIN[Admission.LIVE]
    return after, Outcome(admission=Admission.LIVE, judgement=judgement)


def look(  # noqa: PLR0917 - as `judge`
    state: PersonState,
    reading: Reading,
    person: Person,
    area: SafeArea | None,
    waits: Dues,
    absences: Sequence[Absence] = (),
) -> tuple[PersonState, Outcome] | None:
    """`judge` of a reading that changes nothing but what settles at once (`Room.stands`): nobody else is asked.

    `waits` is `dues(state, person)`.

    Returns:
        None if a deadline that comes before it has more to say: then it has to be judged.
    """
    looked_at, judgement = run_down(state, person, reading.at, absences, waits)
    if judgement is not NOTHING or not (looked_at is state or settled(state, looked_at)):
        return None
    return judge(looked_at, reading, person, area, None, absences, ASKED_AT_ONCE)


def _tell(state: PersonState, order: OrderState, reading: Reading, person: Person) -> tuple[PersonState, Outcome]:
    """A safety event that is old on arrival: it is news, where the person was and how full the battery is no more."""
    seen = Observation(
        reading=reading,
        person=person,
        area=None,
        movement=track.NOT_BELIEVED,
        last_place=state.track.place,
        before=state,
    )
    changed, judgement = _ask(TOLD_OLD_NEWS, state, seen, NOTHING)
    return msgspec.structs.replace(state, order=order, **changed), Outcome(
        admission=Admission.NEWS, judgement=judgement
    )


def _ask(
    asked: _Asked, state: PersonState, seen: Observation, judgement: Judgement
) -> tuple[dict[str, Any], Judgement]:
    """What these detectors make of a reading, in order: the states that changed, and what there is to tell."""
    changed: dict[str, Any] = {}
    for name, step_ in asked:
        before = getattr(state, name) if name else None
        after, more = step_(before, seen)
        if more is not NOTHING:
            judgement = judgement + more
        if after is not before:
            changed[name] = after
    return changed, judgement


def due(state: PersonState, person: Person) -> datetime | None:
    """The instant at which silence alone would change something, if any."""
    return earliest(dues(state, person))


def dues(state: PersonState, person: Person) -> Dues:
    """The next deadline of each detector."""
    return tuple([due_(getattr(state, name), person) for name, due_ in _DUE])


def dues_after(known: Dues, changed: Sequence[bool], after: PersonState, person: Person) -> Dues:
    """`dues` of a state, given those of another of the same person and `changes` between the two."""
    if True not in changed[: len(_DUE)]:
        return known
    instants = list(known)
    for index in compress(range(len(_DUE)), changed):
        name, due_ = _DUE[index]
        instants[index] = due_(getattr(after, name), person)
    return tuple(instants)


def earliest(instants: Dues) -> datetime | None:
    """The first of some deadlines, if there are any."""
    first: datetime | None = None
    for at in instants:
        if at is not None and (first is None or at < first):
            first = at
    return first


def tick(state: PersonState, person: Person, at: datetime) -> tuple[PersonState, Judgement]:
    """The deadline `at`, as `due` gave it, has come."""
    return _tick(state, person, at, dues(state, person))


def _tick(state: PersonState, person: Person, at: datetime, instants: Dues) -> tuple[PersonState, Judgement]:
    """`tick`, with `dues(state, person)`: a detector that waits for another instant is not asked."""
    judgement = NOTHING
    changed: dict[str, Any] = {}
    for (name, tick_), due_at in zip(_TICK, instants, strict=True):
        if due_at == at:
            before = getattr(state, name)
            after, more = tick_(before, person, at, state)
            if more is not NOTHING:
                judgement = judgement + more
            if after is not before:
                changed[name] = after
    return (msgspec.structs.replace(state, **changed) if changed else state), judgement


def run_down(
    state: PersonState, person: Person, until: datetime, absences: Sequence[Absence] = (), waits: Dues | None = None
) -> tuple[PersonState, Judgement]:
    """Judge every deadline up to and including `until`, but for those that passed while we were away.

    `waits` is `dues(state, person)`, if that is known.
    """
    judgement = NOTHING
    instants = dues(state, person) if waits is None else waits
    while (at := earliest(instants)) is not None and at <= until:
        before, state = state, _excuse(state, person, at, absences)
        if state is before:
            state, more = _tick(state, person, at, instants)
            judgement = judgement + more
        instants = dues_after(instants, changes(before, state), state, person)
    return state, judgement


def _excuse(state: PersonState, person: Person, at: datetime, absences: Sequence[Absence]) -> PersonState:
    """The state with the deadlines put off that passed in an absence around `at`; the same object when none did."""
    for absence in absences:
        if absence.concerns(at):
            changed: dict[str, Any] = {}
            for name, excuse in _EXCUSE:
                before = getattr(state, name)
                if (after := excuse(before, person, absence, state)) is not before:
                    changed[name] = after
            if changed:
                return msgspec.structs.replace(state, **changed)
    return state


_EXCUSE: tuple[tuple[str, Any], ...] = tuple((each.name, each.excuse) for each in DETECTORS if each.excuse)


def changes(before: PersonState, after: PersonState) -> list[bool]:
    """Which detectors' states are not the same object any more, in the order of `NAMES`."""
    return list(map(is_not, _parts(before), _parts(after)))


def material(before: PersonState, after: PersonState, changed: Sequence[bool] | None = None) -> bool:
    """Whether more changed than hearsay: than the newest instant of known streams and the last believed place.

    Hearsay can be told again from the readings themselves: the newest live one of each stream, and the newest fix that
    was believed (`with_hearsay`). So a shell stores a state when it changed materially, and the readings always.
    """
    if after is before:
        return False
    return (
        True in (changes(before, after) if changed is None else changed)
        or after.order.events != before.order.events
        or len(after.order.newest) != len(before.order.newest)
        or after.track.held is not before.track.held
        or (after.track.place is None) != (before.track.place is None)
    )


def settled(before: PersonState, after: PersonState, changed: Sequence[bool] | None = None) -> bool:
    """Whether a room may be opened (`geofence.opening`): nothing `changed` materially, but of what settles at once."""
    known = changes(before, after) if changed is None else changed
    return not material(before, after, list(map(gt, known, SETTLES_AT_ONCE)))


def with_hearsay(
    state: PersonState, newest: Iterable[tuple[str, ReadingKind, datetime]], place: Place | None
) -> PersonState:
    """A stored state with what was heard since, while nothing changed it materially.

    Args:
        state: as of the last material change.
        newest: of streams, the instant of the newest live reading. Streams that the state does not know are left out.
        place: the last believed place, or None.

    Returns:
        The state of an uninterrupted run.
    """
    heard = {(device_id, kind): at for device_id, kind, at in newest}
    rows = tuple(
        (device_id, kind, max(at, heard.get((device_id, kind), at))) for device_id, kind, at in state.order.newest
    )
    known, followed = state.track.place, state.track
    if known is not None and place is not None and place.at >= known.at:
        followed = track.TrackState(place=place, held=followed.held)
    if rows == state.order.newest and followed is state.track:
        return state
    return msgspec.structs.replace(state, order=OrderState(newest=rows, events=state.order.events), track=followed)
