"""Falls: QUIET / SUSPECTED / DOWN / LYING. An impact is weighed, then what follows decides.

An impact with its movement gets a score from 0 to 1 (`geofence.fall_weights`), and the three numbers that speak most
for a fall go into the evidence. Below 0.5 it is no fall, from 0.97 it is told at once, and so is one with a call for
help within two minutes. Otherwise, with t the time since the impact::

    walked, moved   8 steps, or 30 m from where the impact left them, both radii off: no fall, or up again
    taken off       the bracelet is not on a wrist, or charging: what it felt was not the person
    in bed          the bed says occupied: they let themselves fall into it; only without a score
    still           no step in any message, or fixes in one place, from t = 45 s on: told
    time            t = 60 s with a score, or without one and still; 3 min for a bare impact of which nothing speaks

The first message after an impact also counts steps from before it, so only a 0 of it says anything. Fixes are compared
with the first one after the impact: the last known place may be old. A told fall is told once more, as lying for long,
15 min after the last movement. An impact is judged however bad its fix and however late; a late bare one begins to wait
when it arrives.

Source: the stages, Palmerini et al., Sensors 2020 20(22) 6479, and reference practice; rates in docs/detectors/fall.md.

Quiet: while QUIET, every reading that is not a safety event; once told, messages without a step, a fix, or a word of
the strap or the charger.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from geofence.detection import Detection, DetectionKind, Evidence, Place
from geofence.evidence import identify, when
from geofence.fall_learnt import WEIGHTS
from geofence.fall_weights import Cause, Scored, score
from geofence.geometry import distance_m
from geofence.motion import BLOCK_HZ
from geofence.observation import NOTHING, Judgement, Observation
from geofence.person import Person
from geofence.policy import Policy
from geofence.quiet import Facet, Room
from geofence.reading import BedStatus, Reading, SafetyEventType
from geofence.whereabouts import age_s, ask, best_place, late_s

if TYPE_CHECKING:
    from geofence.state import PersonState

#: Numbers that a family is given as reasons. Count.
CAUSES_TOLD = 3
#: As evidence names a number of the movement, and how many of its unit one of ours is: shares and small parts of
#: gravity as per cent, the jolt as the change from one block to the next.
EVIDENCE_OF: dict[str, tuple[str, float]] = {
    "peak_g": ("peak_g", 1.0),
    "over_2g_share": ("over_2g_pct", 100.0),
    "lowest_before_g": ("lowest_before_g", 1.0),
    "falling_share": ("falling_pct", 100.0),
    "core_sd_g": ("core_sd_g", 1.0),
    "jerk_g_per_s": ("jolt_g", 1.0 / BLOCK_HZ),
    "impulse_g": ("impulse_g", 1.0),
    "before_sd_g": ("before_sd_pct", 100.0),
    "before_turn_g": ("before_turn_pct", 100.0),
    "after_sd_g": ("after_sd_pct", 100.0),
    "after_turn_g": ("after_turn_pct", 100.0),
    "after_offset_g": ("after_offset_pct", 100.0),
    "posture_change_deg": ("posture_change_deg", 1.0),
    "settle_s": ("settle_s", 1.0),
}


class Phase(StrEnum):
    """What is believed of the person."""

    QUIET = "quiet"
    #: An impact that may be a fall.
    SUSPECTED = "suspected"
    #: A fall, told.
    DOWN = "down"
    #: Told as lying for long.
    LYING = "lying"


class Sign(StrEnum):
    """What one reading, or time passing, says."""

    IMPACT = "impact"
    #: An impact that needs no confirmation.
    SURE = "sure"
    WALKED = "walked"
    MOVED = "moved"
    TAKEN_OFF = "taken_off"
    IN_BED = "in_bed"
    STILL = "still"
    TIME = "time"


class Reason(StrEnum):
    """Why a fall was concluded."""

    SURE_PATTERN = "sure_pattern"
    IMPACT_AND_SOS = "impact_and_sos"
    #: It looked like a fall, and the person lay still.
    PATTERN_THEN_STILL = "pattern_then_still"
    #: It looked like a fall, and nothing since has spoken against it.
    PATTERN_UNANSWERED = "pattern_unanswered"
    #: A bare impact.
    IMPACT_THEN_STILL = "impact_then_still"
    IMPACT_UNANSWERED = "impact_unanswered"
    #: It looked like a fall, and the message came late.
    LATE_PATTERN = "late_pattern"
    LONG_LIE = "long_lie"


#: (phase, sign) -> phase. A pair that is absent changes nothing.
TRANSITIONS: dict[tuple[Phase, Sign], Phase] = {
    (Phase.QUIET, Sign.IMPACT): Phase.SUSPECTED,
    (Phase.QUIET, Sign.SURE): Phase.DOWN,
    (Phase.SUSPECTED, Sign.SURE): Phase.DOWN,
    (Phase.SUSPECTED, Sign.WALKED): Phase.QUIET,
    (Phase.SUSPECTED, Sign.MOVED): Phase.QUIET,
    (Phase.SUSPECTED, Sign.TAKEN_OFF): Phase.QUIET,
    (Phase.SUSPECTED, Sign.IN_BED): Phase.QUIET,
    (Phase.SUSPECTED, Sign.STILL): Phase.DOWN,
    (Phase.SUSPECTED, Sign.TIME): Phase.DOWN,
    (Phase.DOWN, Sign.WALKED): Phase.QUIET,
    (Phase.DOWN, Sign.MOVED): Phase.QUIET,
    (Phase.DOWN, Sign.TAKEN_OFF): Phase.QUIET,
    (Phase.DOWN, Sign.TIME): Phase.LYING,
    (Phase.LYING, Sign.WALKED): Phase.QUIET,
    (Phase.LYING, Sign.MOVED): Phase.QUIET,
    (Phase.LYING, Sign.TAKEN_OFF): Phase.QUIET,
    # Forgotten.
    (Phase.LYING, Sign.TIME): Phase.QUIET,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FallState:
    """What is remembered of one person."""

    phase: Phase = Phase.QUIET
    #: The impact, by event time; and from when on it is waited, later for a late message.
    fell_at: datetime | None = None
    since: datetime | None = None
    device_id: str = ""
    event_id: str = ""
    impact_g: float | None = None
    #: None: a bare impact.
    score: float | None = None
    causes: tuple[Cause, ...] = ()
    place: Place | None = None
    origin: str = "unknown"
    late_s: float = 0.0
    #: The first believed fix since.
    anchor: Place | None = None
    #: Whether a message since then has counted steps; only those after it count for walking.
    counting: bool = False
    steps: int = 0
    #: Messages without a step, and fixes at the anchor.
    still_messages: int = 0
    #: The last movement, for lying long.
    moved_at: datetime | None = None
    #: The last call for help; kept through every phase.
    sos_at: datetime | None = None


def step(state: FallState, seen: Observation) -> tuple[FallState, Judgement]:
    """Judge one reading."""
    event = seen.reading.event
    if event is not None and event.type is SafetyEventType.SOS:
        return _called(replace(state, sos_at=seen.reading.at), seen)
    if event is not None and event.type is SafetyEventType.IMPACT:
        return _hit(state, seen)
    if state.phase is Phase.QUIET:
        return state, NOTHING
    state = _watched(state, seen)
    sign = _sign(state, seen)
    if sign is None or (state.phase, sign) not in TRANSITIONS:
        return state, NOTHING
    if TRANSITIONS[state.phase, sign] is Phase.QUIET:
        return FallState(sos_at=state.sos_at), NOTHING
    return _down(state, seen.person, seen.reading.at, _why(state))


def due(state: FallState, person: Person) -> datetime | None:
    """When nothing having spoken against a fall makes it one, lying makes it a long one, or it is forgotten."""
    policy = person.policy
    if state.since is None or state.moved_at is None:
        return None
    if state.phase is Phase.SUSPECTED:
        weighed = state.score is not None or state.still_messages > 0
        return state.since + (policy.fall_decided_after if weighed else policy.fall_bare_after)
    return state.moved_at + (policy.fall_long_lie if state.phase is Phase.DOWN else policy.fall_forgotten_after)


def tick(state: FallState, person: Person, at: datetime, before: PersonState) -> tuple[FallState, Judgement]:  # noqa: ARG001 - as every detector's
    """The deadline `at` has passed."""
    if due(state, person) != at:
        return state, NOTHING
    if TRANSITIONS[state.phase, Sign.TIME] is Phase.QUIET:
        return FallState(sos_at=state.sos_at), NOTHING
    return _down(state, person, at, _why(state))


def quiet(state: FallState, person: Person, before: PersonState, room: Room) -> None:  # noqa: ARG001 - as every detector's
    """Readings that say what is known: `geofence.quiet`."""
    if state.phase is Phase.SUSPECTED:
        room.never(Facet.FIX | Facet.WEAR | Facet.BED)
    elif state.phase is not Phase.QUIET:
        room.never(Facet.FIX if state.counting else Facet.FIX | Facet.WEAR)
        room.steps_up_to(0)
        room.worn_only(None, True)
        room.charging_only(None, False)


def weigh(reading: Reading) -> Scored | None:
    """How much an impact's movement looks like a fall; None for a bare one."""
    event = reading.event
    return None if event is None or event.motion is None else score(event.motion, WEIGHTS)


def _called(state: FallState, seen: Observation) -> tuple[FallState, Judgement]:
    """A call for help: right after an impact it makes the fall sure."""
    if state.phase is not Phase.SUSPECTED or not _near(state.sos_at, state.fell_at, seen.person.policy):
        return state, NOTHING
    return _down(state, seen.person, seen.reading.at, Reason.IMPACT_AND_SOS)


def _hit(state: FallState, seen: Observation) -> tuple[FallState, Judgement]:
    """An impact: nothing, a suspicion, or a fall at once."""
    reading, policy = seen.reading, seen.person.policy
    weighed = weigh(reading)
    if weighed is not None and weighed.score < policy.fall_score:
        return state, NOTHING
    if state.phase in (Phase.DOWN, Phase.LYING) or seen.before.strap.is_off(reading.device_id):
        return state, NOTHING
    if state.phase is Phase.SUSPECTED and (weighed is None or weighed.score <= (state.score or 0.0)):
        return state, NOTHING
    late = reading.received_at - reading.at > policy.live_max_age
    state = _suspect(state, seen, weighed, since=reading.received_at if late else reading.at)
    if _near(state.sos_at, state.fell_at, policy):
        return _down(state, seen.person, reading.at, Reason.IMPACT_AND_SOS)
    if weighed is not None and (late or weighed.score >= policy.fall_sure_score):
        return _down(state, seen.person, reading.at, Reason.LATE_PATTERN if late else Reason.SURE_PATTERN)
    until = state.since + 2 * policy.fall_bare_after if state.since else reading.at
    return state, Judgement(
        commands=ask(seen.person, reading.device_id, reading.at, reason="fall_suspected", until=until)
    )


def _suspect(state: FallState, seen: Observation, weighed: Scored | None, *, since: datetime) -> FallState:
    reading, event = seen.reading, seen.reading.event
    assert event is not None
    place, origin = best_place(seen)
    return FallState(
        phase=Phase.SUSPECTED,
        fell_at=reading.at,
        since=since,
        device_id=reading.device_id,
        event_id=event.event_id,
        impact_g=event.impact_g,
        score=weighed.score if weighed else None,
        causes=weighed.causes[:CAUSES_TOLD] if weighed else (),
        place=place,
        origin=origin,
        late_s=late_s(seen),
        anchor=place if origin == "own_fix" and seen.movement.believed else None,
        moved_at=since,
        sos_at=state.sos_at,
    )


def _near(sos_at: datetime | None, fell_at: datetime | None, policy: Policy) -> bool:
    return sos_at is not None and fell_at is not None and abs(sos_at - fell_at) <= policy.fall_sos_within


def _watched(state: FallState, seen: Observation) -> FallState:
    """What a message of the same bracelet adds: its steps and its place."""
    reading, since = seen.reading, state.since
    if reading.device_id != state.device_id or since is None or reading.at <= since:
        return state
    if reading.steps is not None:
        if reading.steps == 0 and state.phase is Phase.SUSPECTED:
            state = replace(state, still_messages=state.still_messages + 1)
        elif reading.steps > 0 and state.counting:
            state = replace(state, steps=state.steps + reading.steps, moved_at=reading.at)
        if not state.counting:
            state = replace(state, counting=True)
    if seen.movement.believed and seen.last_place is not None and seen.last_place.at == reading.at:
        if state.anchor is None:
            state = replace(state, anchor=seen.last_place)
        elif state.phase is Phase.SUSPECTED and not _moved(state.anchor, seen.last_place, seen.person.policy):
            state = replace(state, still_messages=state.still_messages + 1)
    return state


def _sign(state: FallState, seen: Observation) -> Sign | None:
    """What a reading says, the strongest first."""
    reading, policy, since = seen.reading, seen.person.policy, state.since
    assert since is not None
    if reading.bed is not None:
        lies = reading.bed.status is BedStatus.OCCUPIED and state.score is None and reading.at > since
        return Sign.IN_BED if lies else None
    if reading.device_id != state.device_id:
        return None
    removed = reading.event is not None and reading.event.type is SafetyEventType.STRAP_REMOVED
    # One message that says so may be the blow itself.
    if removed or reading.charging or (reading.worn is False and seen.before.strap.is_doubted(reading.device_id)):
        return Sign.TAKEN_OFF
    if state.steps >= policy.fall_cancelled_by_steps:
        return Sign.WALKED
    place = seen.last_place
    if state.anchor is not None and place is not None and seen.movement.believed and place.at == reading.at:  # noqa: SIM102
        if _moved(state.anchor, place, policy):
            return Sign.MOVED
    still = state.still_messages > 0 and state.steps == 0
    return Sign.STILL if still and reading.at >= since + policy.fall_still_after else None


def _moved(before: Place, after: Place, policy: Policy) -> bool:
    way_m = distance_m(before.latitude, before.longitude, after.latitude, after.longitude)
    return way_m - before.accuracy_m - after.accuracy_m > policy.fall_moved_m


def _why(state: FallState) -> Reason:
    """The reason for telling of what has not been spoken against."""
    if state.phase is Phase.DOWN:
        return Reason.LONG_LIE
    still = state.still_messages > 0 and state.steps == 0
    if state.score is None:
        return Reason.IMPACT_THEN_STILL if still else Reason.IMPACT_UNANSWERED
    return Reason.PATTERN_THEN_STILL if still else Reason.PATTERN_UNANSWERED


def _down(state: FallState, person: Person, at: datetime, reason: Reason) -> tuple[FallState, Judgement]:
    assert state.fell_at is not None
    detection = Detection(
        detection_id=identify(
            person.person_id, DetectionKind.FALL, state.fell_at, state.device_id, state.event_id,
            *((reason,) if reason is Reason.LONG_LIE else ()),
        ),
        person_id=person.person_id,
        device_id=state.device_id,
        kind=DetectionKind.FALL,
        reason=reason,
        at=at,
        place=state.place,
        evidence=_evidence(state, person, at),
    )  # fmt: skip
    after = Phase.LYING if reason is Reason.LONG_LIE else Phase.DOWN
    return replace(state, phase=after), Judgement(detections=(detection,))


def _evidence(state: FallState, person: Person, at: datetime) -> Evidence:
    assert state.fell_at is not None
    evidence: dict[str, float | int | str | bool | None] = {
        "event_id": state.event_id,
        "suspected_since": state.fell_at.isoformat(),
        "waited_s": round((at - state.fell_at).total_seconds(), 1),
        "impact_g": state.impact_g,
        "score_pct": None if state.score is None else round(100 * state.score, 1),
        "still_messages": state.still_messages,
        "steps_count": state.steps,
        "late_s": state.late_s,
        "place": state.origin,
        "place_age_s": age_s(state.place, at),
    }
    for number, cause in enumerate(state.causes, 1):
        key, factor = EVIDENCE_OF[cause.name]
        evidence[key] = round(factor * cause.value, 2)
        evidence[f"cause_{number}"] = key
        evidence[f"cause_{number}_points"] = round(cause.points, 2)
    return evidence | when(person, at)
