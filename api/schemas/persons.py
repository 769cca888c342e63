"""Persons who are looked after."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, Field

from api.schemas.devices import Device
from api.schemas.fields import DIVISION_PATTERN, Instant, Name, Request


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("no IANA time zone of that name: write one like Asia/Shanghai") from None
    return name


TimeZone = Annotated[
    str, Field(min_length=1, max_length=64, description="IANA name, e.g. Asia/Shanghai"), AfterValidator(_known_zone)
]
BirthYear = Annotated[int | None, Field(ge=1900, le=2100, description="Year of birth, 1900 to 2100")]
DivisionCode = Annotated[
    str, Field(pattern=DIVISION_PATTERN, description="12-digit statistical code or a prefix of it; '' is unknown")
]
Approach = Annotated[str, Field(max_length=4000, description="How to approach and calm this person; up to 4,000")]
ExternalId = Annotated[
    str | None, Field(min_length=1, max_length=100, description="The programme's own number, unique")
]


class Person(BaseModel):
    """A person who is looked after."""

    person_id: int = Field(description="Identifier, 1 or more")
    external_id: ExternalId
    display_name: str = Field(description="Name that family and responders see")
    birth_year: int | None = Field(description="Year of birth, 1900 to 2100; null: unknown")
    time_zone: str = Field(description="IANA name; nights and schedules are local")
    division: str = Field(description="Statistical code of the village or community, up to 12 digits")
    approach: str = Field(description="How to approach and calm this person")
    devices: list[Device] = Field(description="Devices issued to this person")
    open_incident_id: int | None = Field(description="The unresolved incident; null: none")


class PersonPage(BaseModel):
    """Persons in order of their identifier."""

    items: list[Person] = Field(description="Persons")
    next: int | None = Field(description="Pass as `after` for the next page; null: no more")


class PersonCreate(Request):
    """A new person."""

    external_id: ExternalId = None
    display_name: Name
    birth_year: BirthYear = None
    time_zone: TimeZone = "Asia/Shanghai"
    division: DivisionCode = ""
    approach: Approach = ""


class PersonChange(Request):
    """What changes of a person; what is left away stays."""

    external_id: ExternalId = None
    display_name: Name = ""
    birth_year: BirthYear = None
    time_zone: TimeZone = "Asia/Shanghai"
    division: DivisionCode = ""
    approach: Approach = ""


class Access(BaseModel):
    """One look at a person's whereabouts."""

    at: Instant = Field(description="When")
    user: str | None = Field(description="Display name of who looked; null: a login that is gone")
    role: str | None = Field(description="What that login is for; null: a login that is gone")
    what: str = Field(
        description="position, positions, track, incident, live, search, brief, profile, reports, cap; of a link:"
        " police_page, sheet_page, finder_page"
    )
    link: str | None = Field(description="For whom the link was that was looked through; null: a login")


class AccessPage(BaseModel):
    """Who looked, newest first."""

    items: list[Access] = Field(description="Looks, newest first")
    next: int | None = Field(description="Pass as `before` for the next page; null: no more")
