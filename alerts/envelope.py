"""The noun `Envelope`: a claimed notification with everything a channel may say of it. No position is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What is handed to a channel. A location is sensitive and would pass through third parties: there is a link."""

    notification_id: UUID
    #: 1 for the first; the identifier stays the same.
    attempt: int
    incident_id: int
    purpose: str
    receiver_id: int
    channel: Mapping[str, Any]
    destination: str
    language: str
    title: str
    body: str
    #: Where the incident can be opened, signed in.
    link: str
    #: Where it can be answered without signing in, and the last part of that address; None and "" in an all-clear.
    answer_link: str | None
    answer_code: str
    #: The console's address, without a closing slash.
    console_url: str
    #: Scaled clock.
    created_at: datetime
    severity: str
    #: The gravest kind of the incident.
    kind: str
    person_name: str
    opened_at: datetime
    detection_kind: str | None
    detection_reason: str | None
    detection_at: datetime | None
    evidence: Mapping[str, Any]
