"""Incidents: the open case of one person."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas.fields import Instant, Request

Severity = Literal["info", "warning", "urgent", "critical"]
State = Literal["open", "acknowledged", "responding", "resolved"]
#: What a person may say of how it ended.
OutcomeWord = Literal["found", "returned", "false_alarm", "test"]
#: ... and what it may be without anybody: nothing more came.
EndWord = Literal["found", "returned", "false_alarm", "test", "cleared"]

#: One calm sentence a language.
Sentence = dict[str, str]


class Incident(BaseModel):
    """The case of one person, in short."""

    incident_id: int = Field(description="Identifier, 1 or more")
    person_id: int = Field(description="Whose")
    person_name: str = Field(description="Name of the person")
    state: State = Field(description="Where it stands")
    severity: Severity = Field(description="How bad")
    severity_reasons: list[str] = Field(description="Why that severity, one machine word each")
    kind: str = Field(description="The gravest kind in it")
    kinds: list[str] = Field(description="Kinds of all detections in it")
    opened_at: Instant = Field(description="When it opened")
    updated_at: Instant = Field(description="When it last changed")
    acknowledged_at: Instant | None = Field(description="When somebody took notice; null: nobody yet")
    acknowledged_by: str | None = Field(description="Who took notice")
    responding_at: Instant | None = Field(description="When somebody set out; null: nobody yet")
    responding_by: str | None = Field(description="Who set out")
    resolved_at: Instant | None = Field(description="When it ended; null: not yet")
    resolved_by: str | None = Field(description="Who ended it")
    outcome: EndWord | None = Field(description="How it ended; null: not yet")
    note: str = Field(description="Note written when it ended")
    called: bool = Field(description="Whether somebody is called for it; false: kept, and told to nobody by itself")
    sentence: Sentence = Field(description="What happened in one sentence, by language: zh-CN and en")
    revision: int = Field(description="Grows with every change")


class IncidentPage(BaseModel):
    """Incidents, newest first."""

    items: list[Incident] = Field(description="Incidents, newest first")
    next: int | None = Field(description="Pass as `before` for the next page; null: no more")


class Place(BaseModel):
    """The position a detection speaks of."""

    latitude: float = Field(description="Degrees, WGS-84")
    longitude: float = Field(description="Degrees, WGS-84")
    accuracy_m: float | None = Field(description="Metres, 68 %")
    at: Instant | None = Field(description="When the person was there")


class IncidentDetection(BaseModel):
    """What the engine concluded, with the numbers that fired it."""

    detection_id: UUID = Field(description="The same log gives the same id")
    kind: str = Field(description="What")
    reason: str = Field(description="Why, one machine word")
    at: Instant = Field(description="Event time")
    device_id: str | None = Field(description="Whose reading fired it; null: a deadline")
    place: Place | None = Field(description="Where; null: unknown")
    zone_id: int | None = Field(description="Which zone; null: none")
    evidence: dict[str, Any] = Field(description="The numbers; keys carry their unit")
    sentence: Sentence = Field(description="The same in one sentence, by language")


class TimelineEvent(BaseModel):
    """One thing that happened."""

    at: Instant = Field(description="When")
    kind: str = Field(description="opened, detection, severity, reopened, acknowledged, responding, resolved, step, …")
    actor: str | None = Field(description="Display name of who did it; null: the system")
    data: dict[str, Any] = Field(description="What belongs to it")


class NotificationRecord(BaseModel):
    """One message to one receiver; its channel's address stays here."""

    receiver: str = Field(description="Name of the receiver")
    relation: str = Field(description="family, coordinator, station, county or centre")
    channel: str = Field(description="Sort of channel")
    purpose: str = Field(description="alert, all_clear, digest or sighting")
    state: str = Field(description="pending, delivered, failed or cancelled")
    attempts: int = Field(description="Tries so far, 0 or more")
    created_at: Instant = Field(description="When it was written")
    delivered_wall: datetime | None = Field(description="Real instant of delivery; null: not delivered")


class EscalationStep(BaseModel):
    """One step of the ladder."""

    round: int = Field(description="1 when opened; one more each time it is reopened or repeats")
    position: int = Field(description="0 is the first step")
    due_at: Instant = Field(description="When it is due")
    audiences: list[str] = Field(description="Who is told")
    state: str = Field(description="pending, fired or cancelled")


class IncidentDetail(Incident):
    """The whole case."""

    detections: list[IncidentDetection] = Field(description="Oldest first")
    timeline: list[TimelineEvent] = Field(description="Oldest first")
    notifications: list[NotificationRecord] = Field(description="Oldest first")
    approach: str = Field(description="How to approach and calm this person")
    steps: list[EscalationStep] = Field(description="The ladder, in order")


class Resolution(Request):
    """How it ended."""

    outcome: OutcomeWord = Field(description="found, returned, false_alarm or test")
    note: str = Field(default="", max_length=2000, description="Up to 2,000 characters")


class Note(Request):
    """Something others should know."""

    text: str = Field(min_length=1, max_length=2000, description="1 to 2,000 characters")
