"""Signing in, and what is said about oneself and the server."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from api.access import Role
from api.schemas.fields import Instant


class Token(BaseModel):
    """A bearer token and whom it speaks for."""

    access_token: str = Field(description="Send as `Authorization: Bearer …`")
    token_type: Literal["bearer"] = Field(default="bearer", description="Always bearer")
    expires_in: int = Field(description="Real seconds until it expires, above 0")
    role: Role = Field(description="What this login is for")
    display_name: str = Field(description="Name to greet with")
    language: Literal["zh-CN", "en"] = Field(description="Language of this login")


class Me(BaseModel):
    """Who is signed in."""

    user_id: int = Field(description="Identifier, 1 or more")
    username: str = Field(description="Name to sign in with")
    display_name: str = Field(description="Name that others see")
    role: Role = Field(description="What this login is for")
    language: Literal["zh-CN", "en"] = Field(description="Language of this login")
    division: str = Field(description="Prefix of the 12-digit statistical code a responder works in; '' is none")


class DivisionInfo(BaseModel):
    """A district or county."""

    code: str = Field(description="First 6 digits of the statistical code")
    name: str = Field(description="Name in Chinese")
    name_en: str = Field(description="Name in English")
    latitude: float = Field(description="Approximate centre, degrees, WGS-84")
    longitude: float = Field(description="Approximate centre, degrees, WGS-84")


class Info(BaseModel):
    """The server's clock, version and map."""

    now: Instant = Field(description="The server's clock, which may be scaled")
    clock_rate: float = Field(description="Seconds of that clock in a real second, above 0")
    version: str = Field(description="Version of Tongxing")
    basemap_style_url: str | None = Field(description="MapLibre style of the base map; null: plain background")
    divisions: list[DivisionInfo] = Field(description="Districts and counties served")
