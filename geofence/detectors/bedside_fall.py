"""A fall at the bedside: the bed and the bracelet tell it together, so it is the gravest of falls.

    impact_at_bed    an impact within 60 s of leaving the bed, before or after, at any hour; one whose movement looks
                     less than 0.2 like a fall does not count
    exit_then_still  out of bed at night for 5 min, not outside, not back, and the bracelet on the wrist has counted
                     fewer than 8 steps since: not on the way to the toilet, but beside the bed

A bracelet counts for stillness when it said itself that it is worn, or has moved a little since the exit: one on the
night table lies still as well; and it must have been heard all the while, never 15 min apart (`silence_least`), because
hours without a message are no hours without a step. Whoever called for help on leaving the bed or since waits for it:
that they keep still says no more. Told once for each time out of bed.

Needs of the bed (`geofence.occupancy.BedState`): `occupancy`, `pending_since`, `left_at`, `left_in_night`, `went_out`.

Example: the bed is empty from 02:40:00, a blow of 3.1 g at 02:40:20: told at once. Or no blow, and messages at 02:42
and 02:45 with 0 and 2 steps: told at 02:45.

Quiet: no absence from bed is watched, and no impact waits for the bed to confirm one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from geofence.detection import Detection, DetectionKind, Evidence, Place
from geofence.detectors.fall import weigh
from geofence.evidence import identify, when
from geofence.observation import NOTHING, Judgement, Observation
from geofence.occupancy import BedState, Occupancy
from geofence.person import Person
from geofence.quiet import Facet, Room
from geofence.reading import SafetyEventType
from geofence.whereabouts import age_s, ask, best_place, late_s

if TYPE_CHECKING:
    from geofence.state import PersonState

#: The bed needs at most so long to be sure that it is empty, or its message to arrive. Seconds. The most that
#: `bed_empty_alone` may be; settled.
BED_KNOWS_WITHIN = timedelta(minutes=2)


class Reason(StrEnum):
    """Why a fall at the bedside was concluded."""

    IMPACT_AT_BED = "impact_at_bed"
    EXIT_THEN_STILL = "exit_then_still"


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """An impact that may turn out to be one at the bed."""

    at: datetime
    device_id: str
    event_id: str
    impact_g: float | None
    score: float | None
    place: Place | None
    late_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BedsideState:
    """What is remembered of one person."""

    #: The absence from bed that is watched, by its beginning; kept until the next one.
    left_at: datetime | None = None
    #: Steps and messages of bracelets on a wrist since.
    steps: int = 0
    messages: int = 0
    #: Whether this absence was told.
    told: bool = False
    #: Whether its bracelet was not heard for a part of it: nobody can say that they lay still.
    unheard: bool = False
    impact: Impact | None = None


def left_at(bed: BedState) -> datetime | None:
    """Since when the bed is empty after somebody was in it; also while that is not yet certain."""
    if bed.occupancy is Occupancy.OUT:
        return bed.left_at
    return bed.pending_since if bed.occupancy is Occupancy.LEAVING else None


def step(state: BedsideState, seen: Observation) -> tuple[BedsideState, Judgement]:
    """Judge one reading."""
    event, bed = seen.reading.event, seen.before.bed
    if event is not None and event.type is SafetyEventType.IMPACT and (impact := _impact(seen)) is not None:
        state = replace(state, impact=impact)
    if state.impact is not None:
        state, judgement = _at_bed(state, bed, seen.person, seen.reading.at)
        if judgement.detections:
            return state, judgement
    if bed.occupancy is not Occupancy.OUT or not bed.left_in_night or bed.left_at is None or bed.went_out:
        return state, NOTHING
    return _still(state, seen)


def due(state: BedsideState, person: Person) -> datetime | None:
    """When the bed has had its time to say that it is empty."""
    return None if state.impact is None else state.impact.at + person.policy.bedside_impact_within + BED_KNOWS_WITHIN


def tick(state: BedsideState, person: Person, at: datetime, before: PersonState) -> tuple[BedsideState, Judgement]:
    """The deadline `at` has passed."""
    if due(state, person) != at:
        return state, NOTHING
    state, judgement = _at_bed(state, before.bed, person, at)
    return replace(state, impact=None), judgement


def quiet(state: BedsideState, person: Person, before: PersonState, room: Room) -> None:
    """Readings that say what is known: `geofence.quiet`."""
    # An impact that waits is looked at when the bed changes, which is no quiet reading, or at its deadline.
    bed = before.bed
    watched = bed.occupancy is Occupancy.OUT and bed.left_in_night and not bed.went_out
    if watched and not _over(state, bed.left_at, person):
        room.never(Facet.WEAR | Facet.FIX)


def _impact(seen: Observation) -> Impact | None:
    """An impact that counts here."""
    reading, event = seen.reading, seen.reading.event
    weighed = weigh(reading)
    too_soft = weighed is not None and weighed.score < seen.person.policy.bedside_score
    if event is None or too_soft or seen.before.strap.is_off(reading.device_id):
        return None
    return Impact(
        at=reading.at,
        device_id=reading.device_id,
        event_id=event.event_id,
        impact_g=event.impact_g,
        score=None if weighed is None else weighed.score,
        place=best_place(seen)[0],
        late_s=late_s(seen),
    )


def _at_bed(state: BedsideState, bed: BedState, person: Person, at: datetime) -> tuple[BedsideState, Judgement]:
    """An impact against the absence that is known by now."""
    impact, left = state.impact, left_at(bed)
    assert impact is not None
    if left is None or abs(impact.at - left) > person.policy.bedside_impact_within:
        return state, NOTHING
    if state.told and state.left_at == left:
        return replace(state, impact=None), NOTHING
    # While it is not certain that the bed is empty, turning over with a blow against its frame would be a fall.
    if bed.occupancy is not Occupancy.OUT:
        return state, NOTHING
    evidence = {
        "event_id": impact.event_id,
        "impact_g": impact.impact_g,
        "score_pct": None if impact.score is None else round(100 * impact.score, 1),
        "impact_after_exit_s": round((impact.at - left).total_seconds(), 1),
        "late_s": impact.late_s,
    }
    told = Told(Reason.IMPACT_AT_BED, max(at, impact.at), left, impact.device_id)
    return BedsideState(left_at=left, told=True), _judgement(told, person, impact.place, evidence)


def _still(state: BedsideState, seen: Observation) -> tuple[BedsideState, Judgement]:
    """What a bracelet's message says of an absence at night."""
    reading, policy, left = seen.reading, seen.person.policy, seen.before.bed.left_at
    assert left is not None
    if _over(state, left, seen.person):
        return state, NOTHING
    if reading.steps is None or reading.at <= left or reading.at_home is False:
        return state, NOTHING
    if reading.charging or reading.worn is False or seen.before.strap.is_off(reading.device_id):
        return state, NOTHING
    known = state if state.left_at == left else BedsideState(left_at=left)
    if reading.at - _heard_before(seen, left) > policy.silence_least:
        return replace(known, unheard=True), NOTHING
    steps, called_at = known.steps + reading.steps, seen.before.fall.sos_at
    worn = reading.worn or seen.before.strap.is_on(reading.device_id) or steps > 0
    called = called_at is not None and called_at >= left - policy.bedside_impact_within
    if steps >= policy.bedside_steps or not worn or called or reading.at - left < policy.bedside_still_for:
        return replace(known, steps=steps, messages=known.messages + 1), NOTHING
    state = replace(known, steps=steps, messages=known.messages + 1, told=True)
    evidence = {
        "absent_min": round((reading.at - left).total_seconds() / 60, 1),
        "steps_count": steps,
        "messages": state.messages,
    }
    told = Told(Reason.EXIT_THEN_STILL, reading.at, left, reading.device_id)
    return state, _judgement(told, seen.person, seen.last_place, evidence)


def _over(state: BedsideState, left: datetime | None, person: Person) -> bool:
    """Whether messages have nothing to say of this absence any more."""
    return state.left_at == left and (state.told or state.unheard or state.steps >= person.policy.bedside_steps)


def _heard_before(seen: Observation, left: datetime) -> datetime:
    """The bracelet's message before this one, or the leaving of the bed when that was later."""
    device_id = seen.reading.device_id
    return max((at for device, _, at in seen.before.order.newest if device == device_id and at > left), default=left)


@dataclass(frozen=True, slots=True)
class Told:
    """Why and when somebody is told, of which absence and by which bracelet."""

    reason: Reason
    at: datetime
    left_at: datetime
    device_id: str


def _judgement(told: Told, person: Person, place: Place | None, evidence: Evidence) -> Judgement:
    """The detection, and its device asked where it is."""
    left_at_word = told.left_at.isoformat()
    detection = Detection(
        detection_id=identify(person.person_id, DetectionKind.BEDSIDE_FALL, told.left_at),
        person_id=person.person_id,
        device_id=told.device_id,
        kind=DetectionKind.BEDSIDE_FALL,
        reason=told.reason,
        at=told.at,
        place=place,
        evidence={
            "suspected_since": left_at_word,
            "left_at": left_at_word,
            **evidence,
            "place_age_s": age_s(place, told.at),
            **when(person, told.at),
        },
    )
    until = told.at + person.policy.tracking_for
    commands = ask(person, told.device_id, told.at, reason="bedside_fall", until=until)
    return Judgement(detections=(detection,), commands=commands)
