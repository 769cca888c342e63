"""Outings and company: when somebody is known to be with a person."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from api.schemas.fields import AskedInstant, Instant, Request

OutingKind = Literal["company", "outing"]


class Outing(BaseModel):
    """A span of time in which leaving the zone is kept and told to nobody."""

    outing_id: int = Field(description="Identifier, 1 or more")
    person_id: int = Field(description="Whose")
    kind: OutingKind = Field(description="company: out with me now; outing: planned")
    companion: str = Field(description="Who is with them; may be empty")
    since: Instant = Field(description="When it begins")
    until: Instant = Field(description="When it ends; who is still outside then is told of")
    ended_at: Instant | None = Field(description="When somebody ended it before its time; null: nobody has")


class OutingList(BaseModel):
    """Outings of one person, newest first."""

    items: list[Outing] = Field(description="Newest first, at most 100")


class OutingBody(Request):
    """A new outing. SOS, falls and entering a danger are told all the same."""

    kind: OutingKind = Field(default="company", description="company: out with me now; outing: planned")
    companion: str = Field(default="", max_length=100, description="Who is with them, up to 100 characters")
    since: AskedInstant | None = Field(default=None, description="When it begins; left away: now")
    until: AskedInstant = Field(description="When it ends, at most 24 hours after it begins")
