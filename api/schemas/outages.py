"""Outages: many devices of one area silent together."""

from __future__ import annotations

from pydantic import BaseModel, Field

from api.schemas.fields import Instant
from api.schemas.incidents import Severity, State


class Outage(BaseModel):
    """One outage, one fleet incident."""

    outage_id: int = Field(description="Identifier, 1 or more")
    incident_id: int = Field(description="The fleet incident that tells of it")
    division: str = Field(description="The area: a prefix of the statistical code")
    area: str = Field(description="Its name, where the register of divisions knows it; else the code")
    gateway: str | None = Field(description="The gateway whose devices are silent; null: not of one alone")
    since: Instant = Field(description="When it was found")
    until: Instant | None = Field(description="When it was over; null: not yet")
    devices: int = Field(description="Devices that fell silent")
    heard_again: int = Field(description="Of those, heard since")
    expected: int = Field(description="Devices in use in the area, or of the gateway")
    state: State = Field(description="Where the incident stands")
    severity: Severity = Field(description="How bad")


class OutageList(BaseModel):
    """Outages, newest first."""

    items: list[Outage] = Field(description="Newest first, at most 100")
