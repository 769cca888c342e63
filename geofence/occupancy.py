"""Whether somebody is in the bed: its reports, debounced. A table of transitions, and what one report says.

The quality of a report is that of its vital signs (docs/wire.md), so an empty bed may well say 0: an empty report is
doubted only when it shows a pulse or breath, an occupied one only when it shows neither, nor movement, and says itself
that it trusts nothing. What is doubted moves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from geofence.habits import Habits
from geofence.policy import Policy
from geofence.reading import BedReport, BedStatus


class Occupancy(StrEnum):
    """What is believed of the bed."""

    UNKNOWN = "unknown"
    #: Somebody is on it, not yet long enough to count.
    SETTLING = "settling"
    IN = "in"
    #: It is empty, not yet long enough to count.
    LEAVING = "leaving"
    OUT = "out"


class Word(StrEnum):
    """What a report, or time passing, says."""

    OCCUPIED = "occupied"
    EMPTY = "empty"
    #: Occupied for long enough.
    SETTLED = "settled"
    #: Empty for long enough.
    GONE = "gone"


#: (state, word) -> state. A pair that is absent changes nothing.
TRANSITIONS: dict[tuple[Occupancy, Word], Occupancy] = {
    (Occupancy.UNKNOWN, Word.OCCUPIED): Occupancy.SETTLING,
    # Nobody leaves a bed they have not been in.
    (Occupancy.UNKNOWN, Word.EMPTY): Occupancy.OUT,
    (Occupancy.SETTLING, Word.EMPTY): Occupancy.OUT,
    (Occupancy.SETTLING, Word.SETTLED): Occupancy.IN,
    (Occupancy.IN, Word.EMPTY): Occupancy.LEAVING,
    (Occupancy.LEAVING, Word.OCCUPIED): Occupancy.IN,
    (Occupancy.LEAVING, Word.GONE): Occupancy.OUT,
    (Occupancy.OUT, Word.OCCUPIED): Occupancy.SETTLING,
}
#: Somebody is in it.
LYING = (BedStatus.OCCUPIED, BedStatus.EDGE)
#: `heard_at` is written only this often, so that an ordinary report changes nothing.
HEARD_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class BedState:
    """What is remembered of one person's bed."""

    occupancy: Occupancy = Occupancy.UNKNOWN
    #: Debounced. EDGE: in bed, sitting up or on the edge. FAULT: it cannot tell. None: nothing known yet.
    status: BedStatus | None = None
    #: Since when the person has been in bed, or out of it.
    since: datetime | None = None
    #: The first report of a change that is not yet confirmed.
    pending_since: datetime | None = None
    #: The bed that tells.
    device_id: str | None = None
    #: The bed's last believed word, up to `HEARD_EVERY` too early; while LEAVING, that before it said empty.
    heard_at: datetime | None = None
    #: When the person left it, while out of bed after having been in it.
    left_at: datetime | None = None
    left_in_night: bool = False
    #: Whether somebody was told of this absence.
    told_no_return: bool = False
    #: When to look next at whether the person is back.
    no_return_at: datetime | None = None
    #: Sitting on the edge since.
    edge_since: datetime | None = None
    #: Last steps at home since the person left the bed, by the bracelet.
    moved_at: datetime | None = None
    #: The person was outside the safe area during this absence.
    went_out: bool = False
    #: The bracelet walked while the bed was occupied: it is not this person who lies in it.
    other_sleeper: bool = False
    #: Since when the person has been in bed, short absences left out of account.
    stay_since: datetime | None = None
    #: When to look whether the person is up; None once looked.
    up_by: datetime | None = None
    habits: Habits = field(default_factory=Habits)


def in_bed(state: BedState, at: datetime, policy: Policy) -> bool:
    """Whether the bed shows, freshly enough, that this person lies in it: evidence of being at home."""
    if state.status not in LYING or state.other_sleeper or state.heard_at is None:
        return False
    return at - state.heard_at <= policy.bed_silent_after


def said(report: BedReport, policy: Policy) -> Word | None:
    """What one report says about the bed; None when it cannot tell or is doubted."""
    if report.status is BedStatus.FAULT:
        return None
    if report.status is BedStatus.EMPTY:
        return None if alive(report) and trusted(report, policy) else Word.EMPTY
    shows_somebody = alive(report) or bool(report.movement_pct) or trusted(report, policy)
    return Word.OCCUPIED if shows_somebody else None


def alive(report: BedReport) -> bool:
    """Whether it has a pulse or breath. Zero is no reading."""
    return bool(report.heart_rate_bpm) or bool(report.breathing_rate_bpm)


def trusted(report: BedReport, policy: Policy) -> bool:
    """Whether the bed trusts what it measured; one that does not say is trusted."""
    return report.quality_pct is None or report.quality_pct >= policy.bed_quality_least_pct


def heard(state: BedState, report: BedReport, device_id: str, at: datetime, policy: Policy) -> tuple[BedState, bool]:
    """One report of a bed.

    Returns:
        The state after it, and whether it makes an exit certain, which is for the caller to act upon.
    """
    if device_id != state.device_id and state.device_id is not None:
        state = _other_bed(state, report, device_id, at, policy)
        if state.device_id != device_id:
            return state, False
    word = said(report, policy)
    if word is None:
        return (_faulty(state) if report.status is BedStatus.FAULT else state), False
    before = state.occupancy
    if before is Occupancy.LEAVING and word is Word.EMPTY:
        return state, state.pending_since is not None and at - state.pending_since >= policy.bed_empty_for
    after = TRANSITIONS.get((before, word), before)
    if after is not Occupancy.LEAVING:
        state = _fresh(state, device_id, at)
    if after is not before:
        state = _moved_to(state, after, at)
    return _postured(state, report, at), False


def _fresh(state: BedState, device_id: str, at: datetime) -> BedState:
    if state.heard_at is not None and at - state.heard_at < HEARD_EVERY and state.device_id == device_id:
        return state
    return replace(state, heard_at=at, device_id=device_id)


def _moved_to(state: BedState, after: Occupancy, at: datetime) -> BedState:
    """What a report alone changes: SETTLING and LEAVING begin or are taken back."""
    if after in (Occupancy.SETTLING, Occupancy.LEAVING):
        return replace(state, occupancy=after, pending_since=at)
    if after is Occupancy.IN:
        return replace(state, occupancy=after, pending_since=None)
    # Not long enough on it to be back: the same absence goes on, and what became due meanwhile is due now.
    look_at = max(state.no_return_at, at) if state.no_return_at else None
    return replace(state, occupancy=after, pending_since=None, since=state.since or at, no_return_at=look_at)


def _postured(state: BedState, report: BedReport, at: datetime) -> BedState:
    """Lying or on the edge while in bed, and empty while out of it; an unconfirmed change changes neither."""
    if state.occupancy is Occupancy.IN and report.status is not state.status:
        return replace(state, status=report.status, edge_since=at if report.status is BedStatus.EDGE else None)
    if state.occupancy is Occupancy.OUT and state.status is not BedStatus.EMPTY:
        return replace(state, status=BedStatus.EMPTY)
    return state


def _faulty(state: BedState) -> BedState:
    """It cannot tell: what was known stays, and what was not yet confirmed is forgotten."""
    if state.status is BedStatus.FAULT:
        return state
    settled = {Occupancy.SETTLING: Occupancy.OUT, Occupancy.LEAVING: Occupancy.IN}
    occupancy = settled.get(state.occupancy, state.occupancy)
    if state.since is None:
        occupancy = Occupancy.UNKNOWN
    return replace(state, status=BedStatus.FAULT, occupancy=occupancy, pending_since=None, edge_since=None)


def _other_bed(state: BedState, report: BedReport, device_id: str, at: datetime, policy: Policy) -> BedState:
    """Another bed speaks: it counts when somebody lies in it and not in ours, or when ours has long been silent."""
    if state.occupancy in (Occupancy.UNKNOWN, Occupancy.OUT):
        return replace(state, device_id=device_id) if said(report, policy) is Word.OCCUPIED else state
    if state.heard_at is not None and at - state.heard_at > policy.bed_silent_after + HEARD_EVERY:
        return BedState(device_id=device_id, habits=state.habits)
    return state
