"""A person's profile, after the fields of the Herbert protocol (UK police)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from api.schemas.fields import Instant, Request

Text = Annotated[str, Field(max_length=2_000, description="Up to 2,000 characters; '' is not known")]
PlaceKind = Literal["home", "work", "relative", "market", "park", "temple", "other"]


class ProfilePlace(Request):
    """Where the person may be drawn to: an old home, an old workplace, the market."""

    name: str = Field(min_length=1, max_length=200, description="What it is, 1 to 200 characters")
    kind: PlaceKind = Field(default="other", description="home, work, relative, market, park, temple or other")
    latitude: float | None = Field(default=None, ge=-90, le=90, description="Degrees, WGS-84; null: not known")
    longitude: float | None = Field(default=None, ge=-180, le=180, description="Degrees, WGS-84; null: not known")
    note: str = Field(default="", max_length=500, description="Up to 500 characters")

    @model_validator(mode="after")
    def _both_or_none(self) -> ProfilePlace:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude belong together: write both or neither")
        return self


class KeyPerson(Request):
    """Whom else to ask."""

    name: str = Field(min_length=1, max_length=100, description="Name")
    relation: str = Field(default="", max_length=100, description="What they are to the person")
    phone: str = Field(default="", pattern=r"^[0-9+() -]{0,40}$", description="Telephone number; '' is not known")


class ProfileBody(Request):
    """A profile as the family writes it. What is left away is empty."""

    called: str = Field(default="", max_length=50, description="How the person likes to be called; stands on sheets")
    gender: Literal["", "female", "male"] = Field(default="", description="female, male or '': not said")
    height_cm: int | None = Field(default=None, ge=80, le=230, description="Centimetres; null: not known")
    description: Text = Field(default="", description="Build, hair, glasses, marks, usual clothes")
    gait: Text = Field(default="", description="How they walk")
    aids: Text = Field(default="", description="Stick, frame, wheelchair, hearing aid, glasses")
    medication: Text = Field(default="", description="What they must take, and by when it is urgent")
    routine: Text = Field(default="", description="What a usual day looks like")
    travel_habits: Text = Field(default="", description="On foot, bus 12, an old bicycle")
    speech: Text = Field(default="", description="Dialect, words left, hard of hearing")
    calms: Text = Field(default="", description="What calms them")
    places: list[ProfilePlace] = Field(default_factory=list, max_length=50, description="Where they may be drawn to")
    key_people: list[KeyPerson] = Field(default_factory=list, max_length=20, description="Whom else to ask")


class Profile(ProfileBody):
    """A profile as it is kept."""

    person_id: int = Field(description="Whose")
    has_photo: bool = Field(description="Whether there is a photo, at …/photo")
    updated_at: Instant | None = Field(description="When it was last written; null: never")
    updated_by: str | None = Field(description="Who wrote it")


class Brief(BaseModel):
    """Who to look for, for whoever goes: looks and manner, nothing that does not help to find and to calm."""

    display_name: str = Field(description="Name")
    called: str = Field(description="How the person likes to be called")
    age: int | None = Field(description="Years, about; null: not known")
    gender: Literal["", "female", "male"] = Field(description="female, male or '': not said")
    height_cm: int | None = Field(description="Centimetres; null: not known")
    description: str = Field(description="Build, hair, glasses, marks, usual clothes")
    gait: str = Field(description="How they walk")
    aids: str = Field(description="Stick, frame, wheelchair, hearing aid, glasses")
    travel_habits: str = Field(description="How they get about")
    speech: str = Field(description="Dialect, words left, hard of hearing")
    calms: str = Field(description="What calms them")
    approach: str = Field(description="How to approach and calm this person")
    has_photo: bool = Field(description="Whether there is a photo, at …/photo")


class PhotoKept(BaseModel):
    """A photo as it is kept."""

    width_px: int = Field(description="Pixels")
    height_px: int = Field(description="Pixels")
    bytes: int = Field(description="Size, bytes")
