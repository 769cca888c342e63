"""Leaving the bed at night, not coming back, and staying in it long past the usual time.

The bed's reports are debounced by the table of `geofence.occupancy`: empty for 10 s, by two reports, or 15 s after one
that nothing took back, after at least 30 s in bed. With D the person's own measure of being up at night::

    bed_exit      left in the night: evidence for others, nobody is woken
    D             min(45 min, max(15 min, 95th percentile of the last 40 absences at night)); 15 min until 10 are known
    no_return     not back D after leaving: a reminder; 10 min later still not: overdue. Back ends it, morning too
    still_in_bed  in bed for 4 h or more, and an hour past the time by which the person has risen on 9 of 10 mornings;
                  11:00 until 7 are known

Whoever was told hears of the return (`zone_enter`, `back_in_bed`), unless the bracelet is outside.

Steps of the bracelet at home within 10 min soften a missing return and put the alert off while they go on; they never
drop it. The silence of the bed never counts as absence: only its own word `empty` does, and when it has stopped
reporting since, the reason says so. Forty steps while the bed is occupied show that another lies in it.

Example: up at 02:40:00, the bed says `empty` then and at 02:40:10: a bed exit at 02:40:00, known at 02:40:10. Not back
at 02:55: a reminder; at 03:05: overdue.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from geofence.detection import Command, CommandType, Detection, DetectionKind, Evidence, Place
from geofence.evidence import identify, when
from geofence.habits import Habits, back_within, up_by_min, usually_up, with_absence, with_rising
from geofence.local_time import next_time
from geofence.observation import NOTHING, Judgement, Observation
from geofence.occupancy import HEARD_EVERY, LYING, TRANSITIONS, BedState, Occupancy, Word, heard, in_bed
from geofence.person import Person
from geofence.policy import Policy
from geofence.quiet import Facet, Room
from geofence.reading import BedStatus, ReadingKind

if TYPE_CHECKING:
    from geofence.absence import Absence
    from geofence.ordering import OrderState
    from geofence.state import PersonState

__all__ = ["BedState", "Reason", "due", "excuse", "in_bed", "quiet", "step", "tick"]

#: `moved_at` is written only this often, so that an ordinary step changes nothing.
MOVED_EVERY = timedelta(minutes=1)


#: By their words, because the zone's own module reads this one.
_OUTSIDE = "outside"
_NOT_AT_HOME = (_OUTSIDE, "suspect")
#: Whoever has not been back for so long, and into the day, has risen; they may well be back in the next night only.
LONGEST_ABSENCE = timedelta(hours=4)


class Reason(StrEnum):
    """Why the bed is spoken of."""

    LEFT_AT_NIGHT = "left_at_night"
    #: Not back in the person's own time.
    REMINDER = "reminder"
    #: Still not back after the reminder, or known to be outside.
    OVERDUE = "overdue"
    #: Not back, and the bracelet takes steps at home.
    MOVING_AT_HOME = "moving_at_home"
    #: Not back as far as is known: the bed has not reported, or cannot tell, since.
    BED_NO_LONGER_TELLS = "bed_no_longer_tells"
    #: Back in bed after somebody was told of a missing return: all clear.
    BACK_IN_BED = "back_in_bed"
    #: Later than the person's own risings.
    LATER_THAN_USUAL = "later_than_usual"
    #: Later than the fixed time, while the habit is not known.
    LATER_THAN_FIXED = "later_than_fixed"


#: What each reason concludes.
KINDS = {
    Reason.LEFT_AT_NIGHT: DetectionKind.BED_EXIT,
    Reason.REMINDER: DetectionKind.NO_RETURN,
    Reason.OVERDUE: DetectionKind.NO_RETURN,
    Reason.MOVING_AT_HOME: DetectionKind.NO_RETURN,
    Reason.BED_NO_LONGER_TELLS: DetectionKind.NO_RETURN,
    Reason.BACK_IN_BED: DetectionKind.ZONE_ENTER,
    Reason.LATER_THAN_USUAL: DetectionKind.STILL_IN_BED,
    Reason.LATER_THAN_FIXED: DetectionKind.STILL_IN_BED,
}


def step(state: BedState, seen: Observation) -> tuple[BedState, Judgement]:
    """Judge one live reading."""
    reading, person = seen.reading, seen.person
    if reading.bed is None:
        return _bracelet(state, seen), NOTHING
    state, gone = heard(state, reading.bed, reading.device_id, reading.at, person.policy)
    return _leave(state, person, reading.at, seen.last_place) if gone else (state, NOTHING)


def due(state: BedState, person: Person) -> datetime | None:
    """When a change is confirmed, a return is missed, or getting up is."""
    if state.occupancy is Occupancy.IN:
        return state.up_by
    if state.occupancy is Occupancy.OUT:
        return state.no_return_at
    if state.pending_since is None:
        return None
    wait = person.policy.bed_empty_alone if state.occupancy is Occupancy.LEAVING else person.policy.bed_occupied_for
    return state.pending_since + wait


def tick(state: BedState, person: Person, at: datetime, before: PersonState) -> tuple[BedState, Judgement]:
    """The deadline `at` has passed without another word."""
    if due(state, person) != at:
        return state, NOTHING
    if state.occupancy is Occupancy.SETTLING:
        return _settle(state, person), _all_clear(state, person, before)
    if state.occupancy is Occupancy.LEAVING:
        return _leave(state, person, at, before.track.place)
    if state.occupancy is Occupancy.OUT:
        return _look(state, person, at, before)
    return _look_in(state, person, at, before)


def excuse(state: BedState, person: Person, absence: Absence, before: PersonState) -> BedState:  # noqa: ARG001 - as every detector's
    """We were away: the bed has time to say who lies in it, and what a day lies between is no longer asked."""
    policy = person.policy
    if state.occupancy is Occupancy.OUT and state.left_at is not None:
        look_at = absence.put_off(state.no_return_at, policy.bed_silent_after)
        if look_at is state.no_return_at:
            return state
        same_night = absence.until < next_time(person, state.left_at, policy.night_until)
        return replace(state, no_return_at=look_at if same_night else None)
    if state.occupancy is not Occupancy.IN:
        return state
    up_by = absence.put_off(state.up_by, policy.bed_silent_after)
    if up_by is state.up_by:
        return state
    if absence.lasted < policy.rising_after:
        return replace(state, up_by=up_by)
    # Long enough to have been up: how long they have lain there is known from now on only.
    up_by = _up_by(absence.until, state.habits, person, again=False)
    return replace(state, stay_since=absence.until, up_by=up_by)


def quiet(state: BedState, person: Person, before: PersonState, room: Room) -> None:
    """Readings that say what is known: `geofence.quiet`."""
    policy = person.policy
    if state.pending_since is not None or state.status is None or state.heard_at is None:
        room.never(Facet.BED)
    else:
        room.bed_only(state.status)
        room.before(state.heard_at + HEARD_EVERY)
    if state.left_at is None:
        if state.occupancy is Occupancy.IN and not state.other_sleeper:
            room.steps_up_to(policy.bed_other_sleeper_steps - 1)
    elif state.left_in_night:
        if _outside(before) and not state.went_out:
            room.never(Facet.WEAR | Facet.FIX)
        if state.no_return_at is not None:
            room.steps_up_to(policy.no_return_steps - 1)


def _settle(state: BedState, person: Person) -> BedState:
    """In bed. A short absence of the night is learnt; a long one that ended by day began with a rising."""
    back_at, left_at, policy = state.pending_since, state.left_at, person.policy
    assert back_at is not None
    habits, stay_since = state.habits, back_at
    if left_at is not None:
        if back_at - left_at < policy.rising_after:
            stay_since = state.stay_since or back_at
            if state.left_in_night and not state.went_out:
                habits = with_absence(habits, left_at, back_at)
        elif _slept(state, left_at, policy) and not person.is_night(min(back_at, left_at + LONGEST_ABSENCE)):
            habits = with_rising(habits, left_at, person)
    return BedState(
        occupancy=TRANSITIONS[state.occupancy, Word.SETTLED],
        status=BedStatus.OCCUPIED,
        since=back_at,
        device_id=state.device_id,
        heard_at=state.heard_at,
        stay_since=stay_since,
        up_by=_up_by(stay_since, habits, person, again=stay_since == state.stay_since and state.up_by is None),
        habits=habits,
    )


def _slept(state: BedState, left_at: datetime, policy: Policy) -> bool:
    """Whether what ended was a night's stay: who gets up from a nap has not risen late."""
    return state.stay_since is not None and left_at - state.stay_since >= policy.still_in_bed_least


def _all_clear(state: BedState, person: Person, before: PersonState) -> Judgement:
    """Who was told hears that it is over, unless the bracelet is outside: then another may lie there."""
    back_at, left_at = state.pending_since, state.left_at
    if not state.told_no_return or left_at is None or back_at is None or before.zone.safety in _NOT_AT_HOME:
        return NOTHING
    evidence: Evidence = {
        "left_at": left_at.isoformat(),
        "absent_min": round((back_at - left_at).total_seconds() / 60, 1),
    }
    place = before.track.place
    told = _detection(state, person, Reason.BACK_IN_BED, back_at, place=place, evidence=evidence)
    return Judgement(detections=(told,))


def _up_by(stay_since: datetime, habits: Habits, person: Person, *, again: bool) -> datetime | None:
    """The first moment, after the least stay, at which the person should be up; None if this stay was looked at."""
    if again:
        return None
    minute = up_by_min(habits, person.policy)
    earliest = stay_since + person.policy.still_in_bed_least
    for days in (0, 1):
        day = person.local(earliest).date() + timedelta(days=days)
        up_by = datetime.combine(day, time(minute // 60, minute % 60), person.time_zone).astimezone(UTC)
        if up_by >= earliest:
            return up_by
    return None


def _leave(state: BedState, person: Person, at: datetime, place: Place | None) -> tuple[BedState, Judgement]:
    """The exit is certain."""
    left_at, in_since = state.pending_since, state.since
    assert left_at is not None
    out = replace(
        state,
        occupancy=TRANSITIONS[state.occupancy, Word.GONE],
        status=BedStatus.EMPTY,
        since=left_at,
        pending_since=None,
        heard_at=at,
        edge_since=None,
        other_sleeper=False,
    )
    if state.other_sleeper:
        return out, NOTHING
    night, allowed = person.is_night(left_at), back_within(state.habits, person.policy)
    rising = night and usually_up(state.habits, left_at, person)
    out = replace(
        out, left_at=left_at, left_in_night=night, no_return_at=left_at + allowed if night and not rising else None
    )
    if not night:
        return out, NOTHING
    evidence: Evidence = {
        "left_at": left_at.isoformat(),
        "in_bed_since": in_since.isoformat() if in_since else None,
        "certain_after_s": round((at - left_at).total_seconds(), 1),
        "edge_s": round((left_at - state.edge_since).total_seconds(), 1) if state.edge_since else None,
        "unseen_s": _unseen_s(state, left_at, person.policy),
        "back_within_min": round(allowed.total_seconds() / 60, 1),
        "usual_rising": rising,
    }
    told = _detection(out, person, Reason.LEFT_AT_NIGHT, left_at, place=place, evidence=evidence)
    return out, Judgement(detections=(told,))


def _unseen_s(state: BedState, left_at: datetime, policy: Policy) -> float | None:
    """For how long the bed had been silent before it said empty, if that is out of the ordinary."""
    if state.heard_at is None or left_at - state.heard_at <= policy.bed_silent_after:
        return None
    return round((left_at - state.heard_at).total_seconds(), 1)


def _look(state: BedState, person: Person, at: datetime, before: PersonState) -> tuple[BedState, Judgement]:
    """Not back in time: who is told what depends on the bracelet, on the bed, and on what was told."""
    if state.left_at is None or not person.is_night(at):
        return replace(state, no_return_at=None), NOTHING
    reason = _missing(state, person.policy, at, before)
    again = at + person.policy.no_return_overdue_after
    if state.told_no_return and reason is not Reason.OVERDUE:
        return replace(state, no_return_at=again), NOTHING
    state = replace(state, told_no_return=True, no_return_at=None if reason is Reason.OVERDUE else again)
    heard_at = _heard_exactly(before.order, state.device_id)
    evidence: Evidence = {
        "left_at": state.left_at.isoformat() if state.left_at else None,
        "absent_min": round((at - state.left_at).total_seconds() / 60, 1) if state.left_at else None,
        "back_within_min": round(back_within(state.habits, person.policy).total_seconds() / 60, 1),
        "absences_known": len(state.habits.absences_min),
        "moved_at": state.moved_at.isoformat() if state.moved_at else None,
        "bed_heard_at": heard_at.isoformat() if heard_at else None,
        "safety": str(before.zone.safety),
    }
    told = _detection(state, person, reason, at, place=before.track.place, evidence=evidence)
    return state, Judgement(detections=(told,), commands=_locate(person, at, before.order))


def _missing(state: BedState, policy: Policy, at: datetime, before: PersonState) -> Reason:
    if _outside(before):
        return Reason.OVERDUE
    heard_at = _heard_exactly(before.order, state.device_id)
    if state.status is BedStatus.FAULT or heard_at is None or at - heard_at > policy.bed_silent_after:
        return Reason.BED_NO_LONGER_TELLS
    if state.moved_at is not None and at - state.moved_at <= policy.no_return_moved_within:
        return Reason.MOVING_AT_HOME
    return Reason.OVERDUE if state.told_no_return else Reason.REMINDER


def _look_in(state: BedState, person: Person, at: datetime, before: PersonState) -> tuple[BedState, Judgement]:
    """Should be up. A bed that is silent, or holds another, proves nothing; who is turned in bed never rises."""
    heard_at, stay_since = _heard_exactly(before.order, state.device_id), state.stay_since
    state = replace(state, up_by=None)
    if state.since is not None and at - state.since < person.policy.rising_after:
        # Up and about a moment ago, and back in: so not unable to rise.
        return replace(state, up_by=state.since + person.policy.rising_after), NOTHING
    silent = heard_at is None or at - heard_at > person.policy.bed_silent_after
    never_rises = bool(person.policy.turn_every)
    if silent or never_rises or state.status not in LYING or state.other_sleeper or stay_since is None:
        return state, NOTHING
    known = len(state.habits.risings_min)
    usual = known >= person.policy.still_in_bed_learnt_from
    evidence: Evidence = {
        "in_bed_since": stay_since.isoformat(),
        "in_bed_min": round((at - stay_since).total_seconds() / 60, 1),
        "up_by": person.local(at).strftime("%H:%M"),
        "risings_known": known,
    }
    reason = Reason.LATER_THAN_USUAL if usual else Reason.LATER_THAN_FIXED
    told = _detection(state, person, reason, at, place=before.track.place, evidence=evidence)
    return state, Judgement(detections=(told,))


def _bracelet(state: BedState, seen: Observation) -> BedState:
    """What the bracelet says while the bed is empty, or while somebody lies in it."""
    reading, policy, steps = seen.reading, seen.person.policy, seen.reading.steps or 0
    if state.left_at is not None:
        return _up_at_night(state, seen, steps) if state.left_in_night else state
    if steps < policy.bed_other_sleeper_steps or state.occupancy is not Occupancy.IN or state.other_sleeper:
        return state
    # Steps count since the device's last message: on the way to bed they may have been the person's own.
    counted_since = max((at for device, _, at in seen.before.order.newest if device == reading.device_id), default=None)
    if counted_since is None or state.since is None or counted_since < state.since:
        return state
    return replace(state, other_sleeper=True)


def _up_at_night(state: BedState, seen: Observation, steps: int) -> BedState:
    """The way to the kitchen is not the way out."""
    at, at_home = seen.reading.at, seen.reading.at_home
    outside = _outside(seen.before)
    if outside and not state.went_out:
        state = replace(state, went_out=True)
    home = at_home if at_home is not None else not outside
    if state.no_return_at is None or steps < seen.person.policy.no_return_steps or not home:
        return state
    if state.moved_at is not None and at - state.moved_at < MOVED_EVERY:
        return state
    return replace(state, moved_at=at)


def _outside(before: PersonState) -> bool:
    return before.zone.safety == _OUTSIDE


def _heard_exactly(order: OrderState, device_id: str | None) -> datetime | None:
    """The bed's last report."""
    return next((at for device, kind, at in order.newest if device == device_id and kind is ReadingKind.BED), None)


def _locate(person: Person, at: datetime, order: OrderState) -> tuple[Command, ...]:
    """Ask the bracelet heard last for a fix."""
    bracelets = [(heard_at, device) for device, kind, heard_at in order.newest if kind is not ReadingKind.BED]
    if not bracelets:
        return ()
    device_id = max(bracelets)[1]
    return (
        Command(
            command_id=identify(person.person_id, CommandType.LOCATE, at, device_id),
            person_id=person.person_id,
            device_id=device_id,
            type=CommandType.LOCATE,
            at=at,
            reason="no_return",
        ),
    )


def _detection(
    state: BedState, person: Person, reason: Reason, at: datetime, *, place: Place | None, evidence: Evidence
) -> Detection:
    kind = KINDS[reason]
    return Detection(
        detection_id=identify(person.person_id, kind, at),
        person_id=person.person_id,
        device_id=state.device_id,
        kind=kind,
        reason=reason,
        at=at,
        place=place,
        evidence={**evidence, **when(person, at)},
    )
