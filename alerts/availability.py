"""Whether a responder can take a case now: duty hours, capacity, what they have answered. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from alerts.receiver import Receiver, Relation


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


def availability(receiver: Receiver, *, at: datetime) -> Availability:
    """Whether a receiver can be asked to go. Family is told whatever they answered before: it is their father."""
    if receiver.relation is Relation.FAMILY:
        return Availability.AVAILABLE
    if receiver.declined:
        return Availability.DECLINED
    if not on_duty(receiver, at=at):
        return Availability.OFF_DUTY
    if receiver.capacity is not None and receiver.open_cases >= receiver.capacity:
        return Availability.FULL
    return Availability.AVAILABLE


def on_duty(receiver: Receiver, *, at: datetime) -> bool:
    """Whether the instant lies in one of their windows, in their own time zone."""
    if not receiver.duty:
        return True
    local = at.astimezone(ZoneInfo(receiver.time_zone))
    return any(window.contains(local) for window in receiver.duty)
