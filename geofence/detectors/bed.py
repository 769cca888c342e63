"""Leaving the bed at night, not coming back, and staying in it long past the usual time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from geofence.habits import Habits
from geofence.occupancy import Occupancy
from geofence.policy import Policy
from geofence.reading import BedStatus

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
    #: The bed's last word, up to `HEARD_EVERY` too early.
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
    told_still_in_bed: bool = False
    habits: Habits = field(default_factory=Habits)


def in_bed(state: BedState, at: datetime, policy: Policy) -> bool:
    """Whether the bed shows, freshly enough, that this person lies in it: evidence of being at home."""
    if state.status not in (BedStatus.OCCUPIED, BedStatus.EDGE) or state.other_sleeper or state.heard_at is None:
        return False
    return at - state.heard_at <= policy.bed_silent_after
