"""Positions and tracks as GeoJSON. PostgreSQL writes these documents itself; the models only document them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from api.schemas.fields import BatteryPct, Instant
from api.schemas.zones import PointGeometry


class PositionProperties(BaseModel):
    """What is known about one person's newest fix."""

    person_id: int = Field(description="Who")
    display_name: str = Field(description="Name of the person")
    at: Instant = Field(description="When the person was there")
    accuracy_m: float = Field(description="Radius that holds the true place with 68 % probability, metres")
    source: str = Field(description="gnss, wifi, cell or beacon")
    speed_mps: float | None = Field(description="Metres a second, 0 or more; null: unknown")
    heading_deg: float | None = Field(description="Degrees clockwise from true north, 0 to 360; null: unknown")
    battery_pct: BatteryPct
    safety: Literal["unknown", "inside", "suspect", "outside"] = Field(description="Where it stands to the safe zones")
    incident_id: int | None = Field(description="The unresolved incident; null: none")


class Position(BaseModel):
    """A GeoJSON Feature."""

    type: Literal["Feature"] = Field(description="Feature")
    geometry: PointGeometry = Field(description="[longitude, latitude], degrees, WGS-84")
    properties: PositionProperties = Field(description="Whose, when, how sure")


class Positions(BaseModel):
    """A GeoJSON FeatureCollection."""

    type: Literal["FeatureCollection"] = Field(description="FeatureCollection")
    features: list[Position] = Field(description="One for each person with a fix")


class TrackPoint(BaseModel):
    """What belongs to one coordinate of a track."""

    at: Instant = Field(description="When")
    accuracy_m: float = Field(description="Metres, 68 %")
    source: str = Field(description="gnss, wifi, cell or beacon")
    speed_mps: float | None = Field(description="Metres a second; null: unknown")


class TrackProperties(BaseModel):
    """Parallel to the coordinates."""

    points: list[TrackPoint] = Field(description="One for each coordinate, oldest first")


class LineGeometry(BaseModel):
    """The way taken."""

    type: Literal["LineString"] = Field(description="LineString, also for no point or one")
    coordinates: list[list[float]] = Field(description="[longitude, latitude], degrees, WGS-84, oldest first")


class Track(BaseModel):
    """A GeoJSON Feature with the way of one person."""

    type: Literal["Feature"] = Field(description="Feature")
    geometry: LineGeometry = Field(description="The way taken")
    properties: TrackProperties = Field(description="When and how sure, point by point")
