"""What a late fix adds to a suspicion: he left while his bracelet was out of reach, and is still outside.

A device back from an outage says first where it is, outside, which alone only suspects. Then comes what it kept, older
and so history. But the newest of it says whether the suspicion was the second fix outside or the first. So while
somebody is suspected, the newest late fix since they were last known inside is remembered; once everything that
arrives with it has been heard, a few seconds later, it confirms the exit, or it does not.

Late means: newer than `live_max_age` on arrival, and older than what its device had already said. An exit that is over
by the time it is heard of never comes here: the live fix that was judged first was inside.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from geofence.detection import Place
from geofence.features import SafeArea
from geofence.ordering import OrderState
from geofence.person import Person
from geofence.policy import Policy
from geofence.reading import Reading, ReadingKind
from geofence.sighting import Sighting, classify
from geofence.track import usable

if TYPE_CHECKING:
    from geofence.detectors.zone import ZoneState


#: What arrives together has been heard after so long: messages on their way, and a reading that was just sent. Settled.
HEARD_WITHIN = timedelta(seconds=5)


class Late(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the time before a suspicion."""

    #: The last believed place before it, or a later fix that was judged; nothing older says anything.
    known_at: datetime
    #: The newest late fix since then.
    at: datetime | None = None
    #: It was outside: the exit is confirmed then.
    settles_at: datetime | None = None


def begin(known: Place | None, heard: OrderState) -> Late | None:
    """A suspicion begins, after this last believed place and what had been heard by then: that was judged already."""
    if known is None:
        return None
    return Late(known_at=max([known.at, *(at for _, kind, at in heard.newest if kind is ReadingKind.LOCATION)]))


def settles_at(state: ZoneState) -> datetime | None:
    """The deadline at which a late fix confirms the exit, if one does."""
    return None if state.late is None else state.late.settles_at


def counted(state: ZoneState) -> tuple[ZoneState, datetime | None]:
    """The state with the late fix among those that count, and since when the person has been outside by them."""
    return replace(state, fixes=state.fixes + 1), state.late.at if state.late else state.since


def hear(state: ZoneState, reading: Reading, person: Person, area: SafeArea | None) -> ZoneState:
    """Add one late reading. The same object comes back where it says nothing."""
    late, fix, policy = state.late, reading.fix, person.policy
    if late is None or state.since is None or fix is None or area is None or not usable(fix, policy):
        return state
    if not (late.at or late.known_at) < reading.at <= state.since - policy.zone_apart:
        return state
    sighting = classify(area, fix, moving=False, policy=policy)
    if sighting is Sighting.UNDECIDED:
        return state
    enough = (
        sighting is Sighting.OUTSIDE and _counts(reading, policy) and state.weight + 1 >= policy.zone_confirming_fixes
    )
    settles = reading.received_at + HEARD_WITHIN if enough else None
    return replace(state, late=Late(known_at=late.known_at, at=reading.at, settles_at=settles))


def _counts(reading: Reading, policy: Policy) -> bool:
    """Whether an outside fix counts in full: nothing about it says that the person is at home, and it is not coarse."""
    doubtful = reading.at_home or reading.charging
    return not doubtful and reading.fix is not None and reading.fix.accuracy_m <= policy.zone_coarse_m
