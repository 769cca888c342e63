"""What is handed to others: links, finders' reports, CAP messages, hooks of the city's platform."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field, SecretStr

from api.schemas.fields import DIVISION_PATTERN, Instant, Name, Request

LinkKindWord = Literal["police", "sheet"]


class LinkBody(Request):
    """A link for somebody without a login."""

    kind: LinkKindWord = Field(description="police: all a search needs, read only; sheet: to be printed, with a code")
    hours: float = Field(default=12.0, ge=0.25, le=72, description="How long it opens, 0.25 to 72")
    label: str = Field(default="", max_length=200, description="For whom, e.g. the police station's name")
    with_name: bool = Field(default=False, description="Whether a sheet carries the full name")
    wearing: str = Field(default="", max_length=500, description="What the person wears today; up to 500")


class LinkGiven(BaseModel):
    """A link that was given. Its address is said this once: only a digest of it is kept."""

    link_id: int = Field(description="Identifier, 1 or more")
    url: str = Field(description="Address to hand over")
    until: Instant = Field(description="When it stops opening")


class LinkRow(BaseModel):
    """A link as it stands."""

    link_id: int = Field(description="Identifier, 1 or more")
    kind: Literal["police", "sheet", "finder"] = Field(description="finder: behind the code on a sheet")
    label: str = Field(description="For whom")
    since: Instant = Field(description="From when it opens")
    until: Instant = Field(description="When it stops opening")
    revoked_at: Instant | None = Field(description="When it was taken back; null: not")
    created_by: str | None = Field(description="Display name of who gave it")
    looks: int = Field(description="How often it was looked through")
    last_look_at: Instant | None = Field(description="The last look; null: none yet")


class Links(BaseModel):
    """Links of one incident, newest first."""

    items: list[LinkRow] = Field(description="Links")


class FinderReportRow(BaseModel):
    """What a finder told."""

    number: int = Field(description="1 for the first of its incident")
    at: Instant = Field(description="When")
    place: str = Field(description="Where, in the finder's words")
    latitude: float | None = Field(description="Of the finder's device, degrees, WGS-84; null: not given")
    longitude: float | None = Field(description="Of the finder's device, degrees, WGS-84; null: not given")
    accuracy_m: float | None = Field(description="Metres, as the device says; null: not given")
    note: str = Field(description="Note")
    callback: str = Field(description="Number to call back; may be empty")


class FinderReports(BaseModel):
    """Reports of one incident, newest first."""

    items: list[FinderReportRow] = Field(description="Reports")


class CapRow(BaseModel):
    """A CAP message as it was issued."""

    number: int = Field(description="1 for the first of its incident")
    identifier: str = Field(description="Unique for its sender")
    message_type: Literal["Alert", "Update", "Cancel"] = Field(description="What it is to those before it")
    sent: Instant = Field(description="When it was issued")
    issued_by: str | None = Field(description="Display name of who issued it")


class CapMessages(BaseModel):
    """CAP messages of one incident, oldest first."""

    items: list[CapRow] = Field(description="Messages")


class HookBody(Request):
    """Where a platform hears of incidents."""

    name: Name
    url: str = Field(
        pattern=r"^https?://[^\s]+$", max_length=500, description="Where events are posted, e.g. https://…"
    )
    secret: SecretStr = Field(min_length=32, max_length=200, description="Events are signed with it; 32 or more")
    division: str = Field(default="", pattern=DIVISION_PATTERN, description="Only incidents of this area; '' is all")
    with_position: bool = Field(default=False, description="Whether events carry the last position")


class Hook(BaseModel):
    """A hook as it stands. Its secret stays here."""

    hook_id: int = Field(description="Identifier, 1 or more")
    name: str = Field(description="Name")
    url: str = Field(description="Where events are posted")
    division: str = Field(description="Only incidents of this area; '' is all")
    with_position: bool = Field(description="Whether events carry the last position")
    disabled_at: datetime | None = Field(description="Real instant at which it was taken back; null: it works")
    pending: int = Field(description="Events that wait")
    failed: int = Field(description="Events given up")
    delivered_wall: datetime | None = Field(description="Real instant of the last delivery; null: none yet")


class Hooks(BaseModel):
    """Hooks in the order they were made."""

    items: list[Hook] = Field(description="Hooks")
