"""Devices that speak and are in nobody's use."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, Field

from api.schemas.fields import Instant


class Standing(StrEnum):
    """What the registry knows of a device whose messages are set aside."""

    #: Not registered.
    STRANGER = "stranger"
    #: Registered and issued to nobody.
    UNASSIGNED = "unassigned"
    #: Out of use.
    RETIRED = "retired"


class Stranger(BaseModel):
    """A device whose messages are set aside because it is in nobody's use."""

    device_id: str = Field(description="Who it says it is")
    standing: Standing = Field(description="stranger, unassigned or retired")
    formats: list[str] = Field(description="First levels of its topics: tongxing, owntracks, traccar or watch")
    is_bed: bool = Field(description="Whether it sent what only beds send")
    first_heard_at: Instant = Field(description="Its oldest message that was set aside")
    last_heard_at: Instant = Field(description="Its newest")
    messages: int = Field(description="How many there are, 1 or more")


class StrangerList(BaseModel):
    """Devices that speak and are in nobody's use, the last heard first."""

    items: list[Stranger] = Field(description="Devices; none of them is ever enrolled by itself")
