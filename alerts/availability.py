"""Whether a responder can take a case now: duty hours, capacity, what they have answered. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from alerts.receiver import Receiver, Relation
from alerts.weekly import on_duty


class Availability(StrEnum):
    """Why a receiver is told, or passed over."""

    AVAILABLE = "available"
    #: Not in their duty hours.
    OFF_DUTY = "off_duty"
    #: As many open cases as they take at once.
    FULL = "full"
    #: They have said that they cannot go.
    DECLINED = "declined"
    #: No channel that can be used.
    NO_CHANNEL = "no_channel"


def availability(receiver: Receiver, *, local: datetime) -> Availability:
    """Whether a receiver can be asked to go. Family is told whatever they answered before: it is their father.

    Args:
        receiver: who.
        local: now, in the local time that duty hours are written in.
    """
    if receiver.relation is Relation.FAMILY:
        return Availability.AVAILABLE
    if receiver.declined:
        return Availability.DECLINED
    if not on_duty(receiver.duty, local):
        return Availability.OFF_DUTY
    if receiver.capacity is not None and receiver.open_cases >= receiver.capacity:
        return Availability.FULL
    return Availability.AVAILABLE
