"""Everything that happened in an incident, in one list that can be exported."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from api.schemas.fields import Instant
from api.schemas.incidents import EndWord, State


class TimelineEntry(BaseModel):
    """One thing that happened, or one place where the person was believed to be."""

    at: Instant = Field(description="When")
    kind: str = Field(description="opened, detection, notified, acknowledged, note, resolved, position, …")
    actor: str | None = Field(description="Display name of who did it; null: the system")
    text: str = Field(description="In words, in your language; empty where the kind says it all")
    latitude: float | None = Field(description="Degrees, WGS-84; null: no place belongs to it")
    longitude: float | None = Field(description="Degrees, WGS-84; null: no place belongs to it")
    accuracy_m: float | None = Field(description="Metres, 68 %; null: no place belongs to it")
    source: str | None = Field(description="Where a position comes from: gnss, wifi, cell, beacon")
    data: dict[str, Any] = Field(description="What belongs to it")


class TimelineExport(BaseModel):
    """One incident from the first sign to the end."""

    incident_id: int = Field(description="Identifier, 1 or more")
    person_id: int = Field(description="Whose")
    person_name: str = Field(description="Name of the person")
    state: State = Field(description="Where it stands")
    outcome: EndWord | None = Field(description="How it ended; null: not yet")
    opened_at: Instant = Field(description="When it opened")
    resolved_at: Instant | None = Field(description="When it ended; null: not yet")
    entries: list[TimelineEntry] = Field(description="Oldest first")
    truncated: bool = Field(description="Whether positions were left out because there are too many")
