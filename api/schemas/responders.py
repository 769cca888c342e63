"""Divisions, stations, coordinators; who answers an incident and how."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from api.importing.loading import Register
from api.schemas.fields import Instant, Request

LevelWord = Literal["province", "city", "county", "town", "village"]
ResponseWord = Literal["accepted", "arrived", "found", "declined"]
StandingWord = Literal["leads", "joined", "arrived", "found", "declined", "stepped_back", "nobody_left", "unchanged"]


class Division(BaseModel):
    """A statistical division."""

    code: str = Field(description="12-digit statistical code")
    level: LevelWord = Field(description="What the code names")
    name: str = Field(description="Name")
    name_en: str = Field(description="Name in English; may be empty")
    latitude: float | None = Field(description="Of its seat, degrees, WGS-84; null: not known")
    longitude: float | None = Field(description="Of its seat, degrees, WGS-84; null: not known")


class Divisions(BaseModel):
    """Divisions in order of their codes."""

    items: list[Division] = Field(description="Divisions")


class Station(BaseModel):
    """Where responders start from."""

    station_id: str = Field(description="The programme's own number")
    name: str = Field(description="Name")
    division: str = Field(description="12-digit statistical code")
    latitude: float | None = Field(description="Degrees, WGS-84; null: not known")
    longitude: float | None = Field(description="Degrees, WGS-84; null: not known")
    duty: list[dict[str, Any]] | None = Field(description="Weekly windows, local time; null: always")
    active: bool = Field(description="Whether it is in use")
    coordinators: int = Field(description="Coordinators in use that start from here, 0 or more")


class StationPage(BaseModel):
    """Stations in order of their numbers."""

    items: list[Station] = Field(description="Stations")
    next: str | None = Field(description="Pass as `after` for the next page; null: no more")


class Coordinator(BaseModel):
    """Somebody who goes. The addresses of their channels stay here."""

    coordinator_id: str = Field(description="The programme's own number")
    name: str = Field(description="Name")
    station_id: str | None = Field(description="Where they start from")
    division: str = Field(description="Area they answer for, statistical code without the zeros that fill it")
    latitude: float | None = Field(description="Degrees, WGS-84; null: not known")
    longitude: float | None = Field(description="Degrees, WGS-84; null: not known")
    duty: list[dict[str, Any]] | None = Field(description="Weekly windows, local time; null: always")
    capacity: int | None = Field(description="Open cases at once; null: any number")
    open_cases: int = Field(description="Open cases they have accepted, 0 or more")
    username: str | None = Field(description="Their login; null: none")
    channels: list[str] = Field(description="Kinds of their channels, in order")
    active: bool = Field(description="Whether they are in use")


class CoordinatorPage(BaseModel):
    """Coordinators in order of their numbers."""

    items: list[Coordinator] = Field(description="Coordinators")
    next: str | None = Field(description="Pass as `after` for the next page; null: no more")


class Imported(BaseModel):
    """What was loaded."""

    register_name: Register = Field(serialization_alias="register", description="Which register")
    rows: int = Field(description="Rows added or updated")


class Answered(BaseModel):
    """What an answer came to."""

    incident_id: int = Field(description="Of which incident")
    standing: StandingWord = Field(
        description="leads: the first to accept; joined: somebody else leads; nobody_left: the ladder climbs again"
    )


class FoundBody(Request):
    """The person is found and safe."""

    note: str = Field(default="", max_length=2000, description="Where and how; up to 2,000 characters")


class ResponseRow(BaseModel):
    """What one responder has said."""

    name: str = Field(description="Display name")
    relation: str | None = Field(description="family, coordinator, station, county or centre; null: none of them")
    state: ResponseWord = Field(description="Where they stand")
    leads: bool = Field(description="Whether the others ask them")
    accepted_at: Instant | None = Field(description="When they set out; null: not")
    arrived_at: Instant | None = Field(description="When they were there; null: not yet")
    ended_at: Instant | None = Field(description="When they found the person or stepped back; null: neither")
    mine: bool = Field(description="Whether it is your own")


class Responses(BaseModel):
    """Who goes, first accepted first."""

    items: list[ResponseRow] = Field(description="Responses")
