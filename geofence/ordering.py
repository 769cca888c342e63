"""Which readings may move live state. Event time decides, for each device and kind on its own.

A reading that is not newer than the last of its device and kind is a repeat or came late; one that is old on arrival
belongs to a backlog. Both go to history and move nothing. A safety event is always judged, once: a late SOS is news,
but the position and the battery that it brings are history too.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from geofence.policy import Policy
from geofence.reading import Reading, ReadingKind

#: Safety event ids remembered for each person. A device repeats an event until it is answered, which takes seconds.
REMEMBERED_EVENTS = 64


class Admission(StrEnum):
    """What becomes of a reading."""

    LIVE = "live"
    #: A safety event that is old on arrival: told, but it moves nothing else.
    NEWS = "news"
    #: The same device, kind and instant, or the same event id.
    DUPLICATE = "duplicate"
    #: Older than what was already judged.
    LATE = "late"
    #: Old on arrival.
    STALE = "stale"
    #: More than a device may say: never judged, by the shell's decision.
    SURPLUS = "surplus"


class OrderState(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The newest instant of each stream, and the safety events already judged."""

    #: (device, kind, instant); a row keeps its place, first heard first.
    newest: tuple[tuple[str, ReadingKind, datetime], ...] = ()
    events: tuple[tuple[str, str], ...] = ()


def admit(state: OrderState, reading: Reading, policy: Policy) -> tuple[OrderState, Admission]:
    """Decide on one reading and remember it if it is live."""
    if reading.event is not None:
        return _admit_event(state, reading, reading.event.event_id, policy)
    if old(reading, policy):
        return state, Admission.STALE
    device_id, kind, at, newest = reading.device_id, reading.kind, reading.at, state.newest
    row = (device_id, kind, at)
    for index, (known_device_id, known_kind, last_at) in enumerate(newest):
        if known_device_id == device_id and known_kind is kind:
            if at <= last_at:
                return state, Admission.DUPLICATE if at == last_at else Admission.LATE
            newest = (*newest[:index], row, *newest[index + 1 :]) if len(newest) > 1 else (row,)
            break
    else:
        newest = (*newest, row)
    return OrderState(newest=newest, events=state.events), Admission.LIVE


def old(reading: Reading, policy: Policy) -> bool:
    """Whether a reading was old on arrival."""
    return reading.received_at - reading.at > policy.live_max_age


def _admit_event(state: OrderState, reading: Reading, event_id: str, policy: Policy) -> tuple[OrderState, Admission]:
    key = (reading.device_id, event_id)
    if key in state.events:
        return state, Admission.DUPLICATE
    admission = Admission.NEWS if old(reading, policy) else Admission.LIVE
    return OrderState(newest=state.newest, events=(*state.events, key)[-REMEMBERED_EVENTS:]), admission
