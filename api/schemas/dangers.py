"""Dangers of the area as GeoJSON."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field


class DangerProperties(BaseModel):
    """What a danger is."""

    kind: Literal["water", "rail", "highway"]
    name: str
    width_m: float = Field(description="Of a line, in metres; 0 for an area")


class DangerFeature(BaseModel):
    """One danger, WGS-84."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: dict[str, Any] = Field(description="LineString, MultiLineString, Polygon or MultiPolygon")
    properties: DangerProperties


class DangerMap(BaseModel):
    """All dangers of the area."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[DangerFeature]


class DangerMapBody(BaseModel):
    """A GeoJSON FeatureCollection. A feature's `kind` is water, rail or highway, or it has OpenStreetMap's tags."""

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]


class DangersLoaded(BaseModel):
    """What an import did."""

    dangers: int
