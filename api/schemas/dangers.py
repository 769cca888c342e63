"""Dangers of the area as GeoJSON."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field


class DangerProperties(BaseModel):
    """What a danger is."""

    kind: Literal["water", "rail", "highway"] = Field(description="water, rail or highway")
    name: str = Field(description="Name; may be empty")
    width_m: float = Field(description="Of a line, in metres; 0 for an area")


class DangerFeature(BaseModel):
    """One danger, WGS-84."""

    type: Literal["Feature"] = Field(default="Feature", description="Feature")
    id: str = Field(description="Of the source it came from")
    geometry: dict[str, Any] = Field(description="LineString, MultiLineString, Polygon or MultiPolygon")
    properties: DangerProperties = Field(description="What it is")


class DangerMap(BaseModel):
    """All dangers of the area."""

    type: Literal["FeatureCollection"] = Field(default="FeatureCollection", description="FeatureCollection")
    features: list[DangerFeature] = Field(description="Dangers")


class DangerMapBody(BaseModel):
    """A GeoJSON FeatureCollection. A feature's `kind` is water, rail or highway, or it has OpenStreetMap's tags."""

    type: Literal["FeatureCollection"] = Field(description="FeatureCollection")
    features: list[dict[str, Any]] = Field(description="GeoJSON features")


class DangersLoaded(BaseModel):
    """What an import did."""

    dangers: int = Field(description="Dangers there are now, 0 or more")
