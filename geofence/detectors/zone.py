"""Leaving and coming back: UNKNOWN / INSIDE / SUSPECT / OUTSIDE of the safe area.

A fix is first sorted into a `Sighting` by how far its whole circle of error lies beyond the edge; the table below then
says what that means. With d the distance beyond the edge, a the fix's radius, capped::

    outside    d - min(a, 80 m) > margin            margin: 15 m for zones under 150 m, else 0
    strong     outside, a <= 40 m, d > 2 a, moving
    returned   d <= -min(0.1 r, 20 m)               r: radius of the zone, or of the circle of its area
    inside     d <= 0
    undecided  otherwise: the circle of error cuts the edge

One strong fix or two outside fixes in a row confirm an exit. A suspicion asks the device for a fix at once and for a
faster rate; a device from which no fix comes for five minutes then is itself a detection ("may have left, no contact").
An undecided fix is contact: it neither confirms nor clears a suspicion, but the five minutes begin anew.

Sources: the gate and its cap, Ikolvi/Tracelet #274-#276; confirmation against over-confident fixes, #294; parameters
measured on recorded positions (docs/detectors/zone.md).

Example: radius 150 m, a fix 178 m beyond the edge with 22 m accuracy suspects; a second one 40 s later confirms.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from geofence.detection import Command, CommandType, Detection, DetectionKind, Place
from geofence.evidence import identify, when
from geofence.features import SafeArea
from geofence.observation import NOTHING, Judgement, Observation
from geofence.person import Person
from geofence.policy import Policy
from geofence.reading import Fix

if TYPE_CHECKING:
    from geofence.state import PersonState


class Safety(StrEnum):
    """Where the person is believed to be."""

    #: No fix has told yet.
    UNKNOWN = "unknown"
    INSIDE = "inside"
    #: One fix says outside.
    SUSPECT = "suspect"
    OUTSIDE = "outside"


class Sighting(StrEnum):
    """What one fix says."""

    RETURNED = "returned"
    INSIDE = "inside"
    UNDECIDED = "undecided"
    OUTSIDE = "outside"
    STRONG = "strong"
    #: Not a fix: a suspicion was met with silence.
    SILENCE = "silence"


class Reason(StrEnum):
    """Why an exit or a return was concluded."""

    TWO_FIXES = "two_fixes"
    ONE_STRONG_MOVING_FIX = "one_strong_moving_fix"
    SILENT_WHILE_SUSPECTED = "silent_while_suspected"
    BACK_INSIDE = "back_inside"


#: (state, sighting) -> state. A pair that is absent changes nothing. Two outside fixes confirm, as the table has it; a
#: policy that asks for another number counts in `_next`.
TRANSITIONS: dict[tuple[Safety, Sighting], Safety] = {
    (Safety.UNKNOWN, Sighting.RETURNED): Safety.INSIDE,
    (Safety.UNKNOWN, Sighting.INSIDE): Safety.INSIDE,
    # Nobody leaves a place they have not been in: outside, but nothing to tell.
    (Safety.UNKNOWN, Sighting.OUTSIDE): Safety.OUTSIDE,
    (Safety.UNKNOWN, Sighting.STRONG): Safety.OUTSIDE,
    (Safety.INSIDE, Sighting.OUTSIDE): Safety.SUSPECT,
    (Safety.INSIDE, Sighting.STRONG): Safety.OUTSIDE,
    (Safety.SUSPECT, Sighting.RETURNED): Safety.INSIDE,
    (Safety.SUSPECT, Sighting.INSIDE): Safety.INSIDE,
    (Safety.SUSPECT, Sighting.OUTSIDE): Safety.OUTSIDE,
    (Safety.SUSPECT, Sighting.STRONG): Safety.OUTSIDE,
    (Safety.SUSPECT, Sighting.SILENCE): Safety.OUTSIDE,
    # Hysteresis: the edge itself is not enough to be back.
    (Safety.OUTSIDE, Sighting.RETURNED): Safety.INSIDE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneState:
    """What is remembered of one person."""

    safety: Safety = Safety.UNKNOWN
    #: Event time at which `safety` began.
    since: datetime | None = None
    #: Outside fixes in a row.
    fixes: int = 0
    #: The last believed fix since the suspicion began, for the deadline.
    heard_at: datetime | None = None
    #: The last outside fix, for the evidence of silence.
    last_distance_m: float = 0.0
    last_accuracy_m: float = 0.0
    last_place: Place | None = None
    device_id: str | None = None
    zone_id: int | None = None
    zone_name: str = ""
    #: Whether the family was told of this exit.
    announced: bool = False
    #: Until when the device was asked to report faster.
    tracking_until: datetime | None = None


def classify(area: SafeArea, fix: Fix, *, moving: bool, policy: Policy) -> Sighting:
    """What one believed fix says."""
    distance_m, radius_m = area.distance_m, area.zone.shape.effective_radius_m
    margin_m = policy.zone_small_margin_m if radius_m < policy.zone_small_radius_m else 0.0
    if distance_m - min(fix.accuracy_m, policy.zone_accuracy_cap_m) > margin_m:
        accurate = fix.accuracy_m <= policy.zone_strong_accuracy_m
        clear = distance_m > policy.zone_strong_ratio * fix.accuracy_m
        return Sighting.STRONG if accurate and clear and moving else Sighting.OUTSIDE
    if distance_m <= -min(policy.zone_return_share * radius_m, policy.zone_return_cap_m):
        return Sighting.RETURNED
    return Sighting.INSIDE if distance_m <= 0 else Sighting.UNDECIDED


def step(state: ZoneState, seen: Observation) -> tuple[ZoneState, Judgement]:
    """Judge one live reading."""
    fix, area, policy = seen.reading.fix, seen.area, seen.person.policy
    if fix is None or area is None or not seen.movement.believed:
        return state, NOTHING
    sighting = classify(area, fix, moving=_moving(seen), policy=policy)
    before = state
    if sighting in (Sighting.OUTSIDE, Sighting.STRONG):
        state = _remember_outside(state, seen, area, fix)
    elif sighting is Sighting.UNDECIDED and state.safety is Safety.SUSPECT:
        state = replace(state, heard_at=seen.reading.at)
    safety = _next(state, sighting, policy)
    if safety is before.safety:
        return _keep_tracking(state, seen)
    state = replace(state, safety=safety, since=seen.reading.at)
    if safety is Safety.INSIDE:
        return _inside(before, seen, area, fix)
    if safety is Safety.SUSPECT:
        return _keep_tracking(state, seen, locate=True)
    if before.safety is Safety.UNKNOWN:
        return state, NOTHING
    reason = Reason.ONE_STRONG_MOVING_FIX if sighting is Sighting.STRONG and state.fixes == 1 else Reason.TWO_FIXES
    return _announce_exit(state, seen, reason, suspected_since=before.since)


def due(state: ZoneState, person: Person) -> datetime | None:
    """When silence turns a suspicion into a detection."""
    if state.safety is not Safety.SUSPECT or state.heard_at is None:
        return None
    return state.heard_at + person.policy.suspect_silence


def tick(state: ZoneState, person: Person, at: datetime, before: PersonState) -> tuple[ZoneState, Judgement]:  # noqa: ARG001 - as every detector's
    """The deadline `at` has passed without a reading."""
    if due(state, person) != at:
        return state, NOTHING
    suspected_since = state.since
    state = replace(state, safety=TRANSITIONS[state.safety, Sighting.SILENCE], since=at, announced=True)
    exit_ = _exit(state, person, at, reason=Reason.SILENT_WHILE_SUSPECTED, suspected_since=suspected_since)
    return state, Judgement(detections=(exit_,))


def _moving(seen: Observation) -> bool:
    """Whether the device itself says that it moves. A jump between two fixes says nothing: it may be the error."""
    reading, policy = seen.reading, seen.person.policy
    speed_mps = (reading.fix.speed_mps if reading.fix else None) or 0.0
    return speed_mps >= policy.zone_strong_speed_mps or (reading.steps or 0) >= policy.zone_strong_steps


def _next(state: ZoneState, sighting: Sighting, policy: Policy) -> Safety:
    if sighting is Sighting.OUTSIDE and state.safety in (Safety.INSIDE, Safety.SUSPECT):
        return Safety.OUTSIDE if state.fixes >= policy.zone_confirming_fixes else Safety.SUSPECT
    return TRANSITIONS.get((state.safety, sighting), state.safety)


def _remember_outside(state: ZoneState, seen: Observation, area: SafeArea, fix: Fix) -> ZoneState:
    return replace(
        state,
        fixes=state.fixes + 1,
        heard_at=seen.reading.at,
        last_distance_m=area.distance_m,
        last_accuracy_m=fix.accuracy_m,
        last_place=seen.last_place,
        device_id=seen.reading.device_id,
        zone_id=area.zone.zone_id,
        zone_name=area.zone.name,
    )


def _inside(before: ZoneState, seen: Observation, area: SafeArea, fix: Fix) -> tuple[ZoneState, Judgement]:
    """Back, or never gone: forget the outside fixes, tell of a return that was announced, slow the device down."""
    at, person = seen.reading.at, seen.person
    state = ZoneState(safety=Safety.INSIDE, since=at)
    relaxed = _relax(before, seen)
    if not before.announced:
        return state, Judgement(commands=relaxed)
    enter = Detection(
        detection_id=identify(person.person_id, DetectionKind.ZONE_ENTER, at),
        person_id=person.person_id,
        device_id=seen.reading.device_id,
        kind=DetectionKind.ZONE_ENTER,
        reason=Reason.BACK_INSIDE,
        at=at,
        place=seen.last_place,
        zone_id=area.zone.zone_id,
        evidence={
            "distance_m": round(area.distance_m, 1),
            "accuracy_m": fix.accuracy_m,
            "outside_since": before.since.isoformat() if before.since else None,
            "zone_name": area.zone.name,
            **when(person, at),
        },
    )
    return state, Judgement(detections=(enter,), commands=relaxed)


def _announce_exit(
    state: ZoneState, seen: Observation, reason: Reason, *, suspected_since: datetime | None
) -> tuple[ZoneState, Judgement]:
    since = suspected_since if state.fixes > 1 else None
    speed_mps = seen.reading.fix.speed_mps if seen.reading.fix else None
    exit_ = _exit(state, seen.person, seen.reading.at, reason=reason, suspected_since=since, speed_mps=speed_mps)
    state, tracking = _keep_tracking(replace(state, announced=True), seen)
    return state, Judgement(detections=(exit_,), commands=tracking.commands)


def _exit(
    state: ZoneState,
    person: Person,
    at: datetime,
    *,
    reason: Reason,
    suspected_since: datetime | None,
    speed_mps: float | None = None,
) -> Detection:
    return Detection(
        detection_id=identify(person.person_id, DetectionKind.ZONE_EXIT, at),
        person_id=person.person_id,
        device_id=state.device_id,
        kind=DetectionKind.ZONE_EXIT,
        reason=reason,
        at=at,
        place=state.last_place,
        zone_id=state.zone_id,
        evidence={
            "distance_m": round(state.last_distance_m, 1),
            "accuracy_m": state.last_accuracy_m,
            "fixes": state.fixes,
            "suspected_since": (suspected_since or at).isoformat(),
            "speed_mps": speed_mps,
            "zone_name": state.zone_name,
            **when(person, at),
        },
    )


def _keep_tracking(state: ZoneState, seen: Observation, *, locate: bool = False) -> tuple[ZoneState, Judgement]:
    """Ask for a faster rate while it matters, again before the last request runs out."""
    if state.safety not in (Safety.SUSPECT, Safety.OUTSIDE) or (state.safety is Safety.OUTSIDE and not state.announced):
        return state, NOTHING
    at, policy = seen.reading.at, seen.person.policy
    commands: list[Command] = []
    if locate:
        commands.append(_command(seen, CommandType.LOCATE))
    if state.tracking_until is None or state.tracking_until - at < policy.tracking_for / 6:
        state = replace(state, tracking_until=at + policy.tracking_for)
        commands.append(_command(seen, CommandType.REPORT_INTERVAL, until=at + policy.tracking_for))
    return state, Judgement(commands=tuple(commands))


def _relax(before: ZoneState, seen: Observation) -> tuple[Command, ...]:
    """End the faster rate if one was asked for and still runs."""
    at = seen.reading.at
    if before.tracking_until is None or before.tracking_until <= at:
        return ()
    return (_command(seen, CommandType.REPORT_INTERVAL, until=at, reason="back_inside"),)


def _command(
    seen: Observation, type_: CommandType, *, until: datetime | None = None, reason: str = "exit_suspected"
) -> Command:
    at, person, device_id = seen.reading.at, seen.person, seen.reading.device_id
    return Command(
        command_id=identify(person.person_id, type_, at, device_id),
        person_id=person.person_id,
        device_id=device_id,
        type=type_,
        at=at,
        reason=reason,
        interval_s=person.policy.tracking_interval_s if type_ is CommandType.REPORT_INTERVAL else None,
        until=until,
    )
