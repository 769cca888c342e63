"""The noun `Notification`: one message to one receiver through one channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from runtime import identifiers

#: Stands in a stored body where the link to the incident goes; filled in when it is sent, by the one process that knows
#: the console's address.
LINK = "{link}"


class Purpose(StrEnum):
    """Why somebody is told."""

    ALERT = "alert"
    #: It is over; told to everyone who was alarmed.
    ALL_CLEAR = "all_clear"
    #: What could wait, in one message.
    DIGEST = "digest"
    #: A finder has reported through the code on a sheet.
    SIGHTING = "sighting"


class NotificationState(StrEnum):
    """Where a notification stands in the outbox."""

    PENDING = "pending"
    DELIVERED = "delivered"
    #: Given up on this channel; the next one, if there is any, has its own row.
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One message to one receiver through one channel."""

    incident_id: int
    detection_id: UUID | None
    #: Written in the transaction that handled the detection: its latency is ours, not the ladder's.
    direct: bool
    purpose: Purpose
    receiver_id: int
    round: int
    position: int
    channel_index: int
    channel: Mapping[str, Any]
    #: What hangs together when it hangs: a host or a service.
    destination: str
    language: str
    title: str
    body: str
    created_at: datetime

    @property
    def notification_id(self) -> UUID:
        """The same step, receiver and channel always give the same identifier, so nothing is written twice."""
        return identifiers.deterministic(
            "notification",
            self.incident_id,
            self.round,
            self.position,
            self.receiver_id,
            self.channel_index,
            self.purpose,
        )
