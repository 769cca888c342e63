"""Leaving and coming back: UNKNOWN / INSIDE / SUSPECT / OUTSIDE of the safe area.

A believed fix is sorted into a `Sighting` (`geofence.sighting`); the table below says what it means. Outside fixes are
counted: two of full weight confirm an exit, one strong fix does, and one does at night when the bed was left a quarter
of an hour ago. Nothing is concluded from the very first fix alone. A suspicion asks the device for a fix at once and
for a faster rate; a device from which nothing comes for five minutes then is itself a detection ("may have left, no
contact"), and so is one that speaks without a place for a quarter of an hour. By day, a place just beyond the edge
where the person often is counts as around home (`geofence.doorstep`). Who is out for half a day is told once more.

Quiet: of somebody who is INSIDE with no stay noted, fixes within the edge (d <= 0); of anybody but a SUSPECT, messages
without a fix whose `at_home` says what is known (`quiet`).

Sources: the gate and its cap, Ikolvi/Tracelet #274-#276; confirmation against over-confident fixes, #294; parameters
measured on recorded positions (docs/detectors/zone.md).

Example: radius 150 m, a fix 178 m beyond the edge with 22 m accuracy suspects; a second one 40 s later confirms.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from geofence import doorstep, hindsight, steering
from geofence.danger_ahead import evidence_at
from geofence.detection import Detection, DetectionKind, Evidence, Place
from geofence.doorstep import Spot, Stay
from geofence.evidence import identify, when
from geofence.features import SafeArea
from geofence.observation import NOTHING, Judgement, Observation
from geofence.occupancy import in_bed
from geofence.person import Person
from geofence.quiet import Facet, Room
from geofence.reading import Fix, ReadingKind
from geofence.sighting import FULL, Doubt, Sighting, Weight, bed_left, classify, moving, repeats, stands_alone, weigh

if TYPE_CHECKING:
    from geofence.absence import Absence
    from geofence.state import PersonState


class Safety(StrEnum):
    """Where the person is believed to be."""

    #: No fix has told yet, or only one.
    UNKNOWN = "unknown"
    INSIDE = "inside"
    #: Outside by too little to be told.
    SUSPECT = "suspect"
    OUTSIDE = "outside"


class Reason(StrEnum):
    """Why an exit or a return was concluded."""

    TWO_FIXES = "two_fixes"
    ONE_STRONG_MOVING_FIX = "one_strong_moving_fix"
    BED_LEFT_AND_OUTSIDE = "bed_left_and_outside"
    SILENT_WHILE_SUSPECTED = "silent_while_suspected"
    NO_FIX_WHILE_SUSPECTED = "no_fix_while_suspected"
    STILL_OUTSIDE = "still_outside"
    BACK_INSIDE = "back_inside"
    STAYED_INSIDE = "stayed_inside"


#: (state, sighting) -> state. A pair that is absent changes nothing.
TRANSITIONS: dict[tuple[Safety, Sighting], Safety] = {
    (Safety.UNKNOWN, Sighting.RETURNED): Safety.INSIDE,
    (Safety.UNKNOWN, Sighting.INSIDE): Safety.INSIDE,
    # Nobody leaves a place they have not been in: outside, but nothing to tell. One bad first fix is not even that.
    (Safety.UNKNOWN, Sighting.CONFIRMED): Safety.OUTSIDE,
    (Safety.INSIDE, Sighting.OUTSIDE): Safety.SUSPECT,
    (Safety.INSIDE, Sighting.CONFIRMED): Safety.OUTSIDE,
    (Safety.INSIDE, Sighting.STRONG): Safety.OUTSIDE,
    (Safety.SUSPECT, Sighting.RETURNED): Safety.INSIDE,
    (Safety.SUSPECT, Sighting.INSIDE): Safety.INSIDE,
    (Safety.SUSPECT, Sighting.DOORSTEP): Safety.INSIDE,
    (Safety.SUSPECT, Sighting.CONFIRMED): Safety.OUTSIDE,
    (Safety.SUSPECT, Sighting.STRONG): Safety.OUTSIDE,
    (Safety.SUSPECT, Sighting.SILENCE): Safety.OUTSIDE,
    # Hysteresis: the edge itself is not enough to be back, unless for long.
    (Safety.OUTSIDE, Sighting.RETURNED): Safety.INSIDE,
    (Safety.OUTSIDE, Sighting.STAYED): Safety.INSIDE,
}


class ZoneState(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is remembered of one person."""

    safety: Safety = Safety.UNKNOWN
    #: Event time at which `safety` began.
    since: datetime | None = None
    #: Outside fixes in a row that count, and what they weigh together.
    fixes: int = 0
    weight: float = 0.0
    #: Why one of them counted less.
    doubt: Doubt | None = None
    #: The last believed fix since the suspicion began, and the last word of its device, for the deadlines.
    heard_at: datetime | None = None
    #: The last outside fix that was counted: those right after it are the same word again.
    counted_at: datetime | None = None
    contact_at: datetime | None = None
    #: The last outside fix, for the evidence of silence.
    last_distance_m: float = 0.0
    last_accuracy_m: float = 0.0
    last_place: Place | None = None
    device_id: str | None = None
    zone_id: int | None = None
    zone_name: str = ""
    #: Whether the family was told of this exit, and that it has lasted long.
    announced: bool = False
    overdue_told: bool = False
    #: Not before then, because we were away when it had.
    overdue_at: datetime | None = None
    #: Until when the device was asked to report faster.
    tracking_until: datetime | None = None
    #: Within the edge, though not far enough to be back, since.
    within_since: datetime | None = None
    #: The device that last said it hears home.
    home_device: str | None = None
    #: While SUSPECT: what was heard late of the time before.
    late: hindsight.Late | None = None
    #: Where the person often is, just beyond the edge; and where now.
    spots: tuple[Spot, ...] = ()
    stay: Stay | None = None


def step(state: ZoneState, seen: Observation) -> tuple[ZoneState, Judgement]:
    """Judge one live reading."""
    fix, area = seen.reading.fix, seen.area
    state = _heard(state, seen)
    if fix is None or area is None or not seen.movement.believed:
        return state, NOTHING
    sighting = _sight(state, seen, area, fix)
    before = state
    if sighting in (Sighting.OUTSIDE, Sighting.STRONG, Sighting.CONFIRMED):
        weight = FULL if sighting is Sighting.STRONG else _weigh(state, seen, area, fix)
        state = _remember_outside(state, seen, area, fix, weight)
    elif state.safety is Safety.SUSPECT and sighting in (Sighting.UNDECIDED, Sighting.HELD):
        state = replace(state, heard_at=seen.reading.at)
    state = _note_place(state, seen, area, sighting)
    safety = TRANSITIONS.get((state.safety, sighting), state.safety)
    if safety is before.safety:
        return steering.keep_tracking(state, seen)
    state = replace(state, safety=safety, since=seen.reading.at)
    if safety is Safety.INSIDE:
        stayed = sighting is Sighting.STAYED
        return _inside(before, state, seen, area, Reason.STAYED_INSIDE if stayed else Reason.BACK_INSIDE)
    if safety is Safety.SUSPECT:
        state = replace(state, late=hindsight.begin(seen.before.track.place, seen.before.order))
        return steering.keep_tracking(state, seen, locate=True)
    if before.safety is Safety.UNKNOWN:
        return state, NOTHING
    return _announce_exit(state, seen, _reason(state, seen, sighting), suspected_since=before.since)


def quiet(state: ZoneState, person: Person, before: PersonState, room: Room) -> None:  # noqa: ARG001 - as every detector's
    """Fixes within the edge around where the person is inside; messages that say of home what is known."""
    if state.safety is Safety.SUSPECT:
        room.never(Facet.FIX | Facet.WEAR)
        return
    settled = state.safety is Safety.INSIDE and state.stay is None
    if not settled or room.area is None:
        room.never(Facet.FIX)
    else:
        room.within(-room.area.distance_m)
    bracelets = {device for device, kind, _ in before.order.newest if kind is not ReadingKind.BED}
    if state.home_device is None:
        room.at_home_only(None, False)
    elif bracelets <= {state.home_device}:
        room.at_home_only(None, True)
    else:
        room.at_home_only(None)


def due(state: ZoneState, person: Person) -> datetime | None:
    """When silence turns a suspicion into a detection, or an exit has lasted long."""
    policy = person.policy
    if state.safety is Safety.OUTSIDE:
        wanted = state.announced and not state.overdue_told and policy.zone_overdue > timedelta(0)
        if not wanted or state.since is None:
            return None
        return max(state.since + policy.zone_overdue, state.overdue_at or state.since)
    if (settles_at := hindsight.settles_at(state)) is not None:
        return settles_at
    if state.safety is not Safety.SUSPECT or state.heard_at is None:
        return None
    silent_at = state.heard_at + policy.suspect_silence
    if person.is_night(silent_at) or state.contact_at is None:
        return silent_at
    return min(max(silent_at, state.contact_at + policy.suspect_silence), state.heard_at + policy.suspect_no_fix)


def tick(state: ZoneState, person: Person, at: datetime, before: PersonState) -> tuple[ZoneState, Judgement]:  # noqa: ARG001 - as every detector's
    """The deadline `at` has passed without a reading."""
    if due(state, person) != at:
        return state, NOTHING
    if state.safety is Safety.OUTSIDE:
        told = _exit(state, person, at, reason=Reason.STILL_OUTSIDE, suspected_since=state.since)
        return replace(state, overdue_told=True), Judgement(detections=(told,))
    reason = _reason_without_a_reading(state, person, at)
    state, suspected_since = hindsight.counted(state) if reason is Reason.TWO_FIXES else (state, state.since)
    state = replace(state, safety=TRANSITIONS[state.safety, Sighting.SILENCE], since=at, announced=True, late=None)
    exit_ = _exit(state, person, at, reason=reason, suspected_since=suspected_since)
    return state, Judgement(detections=(exit_,))


def excuse(state: ZoneState, person: Person, absence: Absence, before: PersonState) -> ZoneState:  # noqa: ARG001 - as every detector's
    """We were away: a device has as long to speak after our return as it ever has."""
    deadline, policy = due(state, person), person.policy
    resumed = absence.put_off(deadline, policy.suspect_silence)
    if deadline is None or resumed is None or resumed is deadline or hindsight.settles_at(state) is not None:
        return state
    if state.safety is Safety.OUTSIDE:
        return replace(state, overdue_at=resumed)
    # As if its last words had come so much later.
    later = resumed - deadline
    heard_at, contact_at = (None if at is None else at + later for at in (state.heard_at, state.contact_at))
    return replace(state, heard_at=heard_at, contact_at=contact_at)


def _heard(state: ZoneState, seen: Observation) -> ZoneState:
    """What any message says: that its device is in contact, and whether it hears home."""
    reading = seen.reading
    if reading.at_home and state.home_device != reading.device_id:
        state = replace(state, home_device=reading.device_id)
    elif reading.at_home is False and state.home_device == reading.device_id:
        state = replace(state, home_device=None)
    if state.safety is Safety.SUSPECT and state.device_id == reading.device_id:
        state = replace(state, contact_at=reading.at)
    return state


def _sight(state: ZoneState, seen: Observation, area: SafeArea, fix: Fix) -> Sighting:
    """What a fix says, with what was known before it."""
    policy = seen.person.policy
    sighting = classify(area, fix, moving=area.distance_m > 0 and moving(seen), policy=policy)
    if sighting is Sighting.INSIDE and state.safety is Safety.OUTSIDE and state.within_since is not None:
        stayed = seen.reading.at - state.within_since >= policy.zone_return_after
        return Sighting.STAYED if stayed else sighting
    if sighting not in (Sighting.OUTSIDE, Sighting.STRONG):
        return sighting
    if doorstep.familiar(state.spots, seen, area, fix):
        return Sighting.DOORSTEP
    fixes = 1.0 if sighting is Sighting.STRONG else _weigh(state, seen, area, fix).fixes
    if fixes == 0 or _same_again(state, seen, fix):
        return Sighting.HELD
    if state.weight + fixes >= policy.zone_confirming_fixes or (stands_alone(fix) and bed_left(seen)):
        return Sighting.CONFIRMED
    return sighting


def _weigh(state: ZoneState, seen: Observation, area: SafeArea, fix: Fix) -> Weight:
    occupied = in_bed(seen.before.bed, seen.reading.at, seen.person.policy)
    return weigh(seen, area, fix, home_device=state.home_device, in_bed=occupied)


def _same_again(state: ZoneState, seen: Observation, fix: Fix) -> bool:
    """Whether the device only repeats its last outside fix."""
    if state.counted_at is None or state.last_place is None or state.device_id != seen.reading.device_id:
        return False
    return repeats(seen, fix, state.last_place, counted_at=state.counted_at)


def _note_place(state: ZoneState, seen: Observation, area: SafeArea, sighting: Sighting) -> ZoneState:
    """Keep account of staying within the edge while OUTSIDE, and of staying just beyond it."""
    if sighting in (Sighting.OUTSIDE, Sighting.STRONG, Sighting.CONFIRMED, Sighting.DOORSTEP):
        stay = doorstep.stayed_on(state.stay, seen, area, seen.last_place) if seen.last_place else None
        moved_on = stay is None or state.stay is None or stay.since != state.stay.since
        spots = doorstep.learnt(state.spots, state.stay, seen.person) if moved_on else state.spots
        if stay is state.stay and spots is state.spots and state.within_since is None:
            return state
        return replace(state, stay=stay, spots=spots, within_since=None)
    if sighting is Sighting.INSIDE and state.safety is Safety.OUTSIDE:
        return state if state.within_since else replace(state, within_since=seen.reading.at)
    if sighting in (Sighting.INSIDE, Sighting.RETURNED, Sighting.STAYED) and state.stay is not None:
        return replace(state, spots=doorstep.learnt(state.spots, state.stay, seen.person), stay=None)
    if sighting is Sighting.UNDECIDED and state.within_since is not None:
        return replace(state, within_since=None)
    return state


def _remember_outside(state: ZoneState, seen: Observation, area: SafeArea, fix: Fix, weight: Weight) -> ZoneState:
    # What a device said of home is over with the first fix that counts against it.
    over = seen.reading.device_id == state.home_device and weight.doubt is not Doubt.AT_HOME
    return replace(
        state,
        fixes=state.fixes + 1,
        weight=state.weight + weight.fixes,
        doubt=weight.doubt or state.doubt,
        heard_at=seen.reading.at,
        counted_at=seen.reading.at,
        contact_at=seen.reading.at,
        last_distance_m=area.distance_m,
        last_accuracy_m=fix.accuracy_m,
        last_place=seen.last_place,
        device_id=seen.reading.device_id,
        zone_id=area.zone.zone_id,
        zone_name=area.zone.name,
        home_device=None if over else state.home_device,
    )


def _reason(state: ZoneState, seen: Observation, sighting: Sighting) -> Reason:
    if sighting is Sighting.STRONG and state.fixes == 1:
        return Reason.ONE_STRONG_MOVING_FIX
    enough = state.weight >= seen.person.policy.zone_confirming_fixes
    return Reason.TWO_FIXES if enough or sighting is Sighting.STRONG else Reason.BED_LEFT_AND_OUTSIDE


def _reason_without_a_reading(state: ZoneState, person: Person, at: datetime) -> Reason:
    if hindsight.settles_at(state) == at:
        return Reason.TWO_FIXES
    heard = state.contact_at
    spoke = heard is not None and state.heard_at is not None and at - heard < person.policy.suspect_silence
    return Reason.NO_FIX_WHILE_SUSPECTED if spoke else Reason.SILENT_WHILE_SUSPECTED


def _inside(
    before: ZoneState, state: ZoneState, seen: Observation, area: SafeArea, reason: Reason
) -> tuple[ZoneState, Judgement]:
    """Back, or never gone: forget the outside fixes, tell of a return that was announced, slow the device down."""
    at, person = seen.reading.at, seen.person
    relaxed = steering.relax(before, seen)
    state = ZoneState(safety=Safety.INSIDE, since=at, spots=state.spots, stay=state.stay, home_device=state.home_device)
    if not before.announced:
        return state, Judgement(commands=relaxed)
    enter = Detection(
        detection_id=identify(person.person_id, DetectionKind.ZONE_ENTER, at),
        person_id=person.person_id,
        device_id=seen.reading.device_id,
        kind=DetectionKind.ZONE_ENTER,
        reason=reason,
        at=at,
        place=seen.last_place,
        zone_id=area.zone.zone_id,
        evidence={
            "distance_m": round(area.distance_m, 1),
            "accuracy_m": seen.reading.fix.accuracy_m if seen.reading.fix else None,
            "outside_since": before.since.isoformat() if before.since else None,
            "zone_name": area.zone.name,
            **when(person, at),
        },
    )
    return state, Judgement(detections=(enter,), commands=relaxed)


def _announce_exit(
    state: ZoneState, seen: Observation, reason: Reason, *, suspected_since: datetime | None
) -> tuple[ZoneState, Judgement]:
    bed_left_at = seen.before.bed.left_at
    further: dict[str, float | str | None] = {
        "speed_mps": seen.reading.fix.speed_mps if seen.reading.fix else None,
        "bed_left_at": bed_left_at.isoformat() if bed_left_at and reason is Reason.BED_LEFT_AND_OUTSIDE else None,
    }
    since = suspected_since if state.fixes > 1 else None
    came_from = seen.before.track.place
    exit_ = _exit(
        state, seen.person, seen.reading.at, reason=reason, suspected_since=since, came_from=came_from, further=further
    )
    state, tracking = steering.keep_tracking(replace(state, announced=True, late=None), seen)
    return state, Judgement(detections=(exit_,), commands=tracking.commands)


def _exit(
    state: ZoneState,
    person: Person,
    at: datetime,
    *,
    reason: Reason,
    suspected_since: datetime | None,
    came_from: Place | None = None,
    further: Evidence | None = None,
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
            "zone_name": state.zone_name,
            "doubt": state.doubt,
            **(further or {"speed_mps": None}),
            **(evidence_at(person, state.last_place, came_from) if state.last_place else {}),
            **when(person, at),
        },
    )
