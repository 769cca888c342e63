"""Where to look, as GeoJSON. `alerts.search_map` writes the document; the models only describe it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from api.schemas.fields import Instant


class SearchFeature(BaseModel):
    """A GeoJSON Feature."""

    type: Literal["Feature"] = Field(description="Feature")
    geometry: dict[str, Any] = Field(description="GeoJSON geometry, degrees, WGS-84, longitude first")
    properties: dict[str, Any] = Field(
        description="what: ring (share, radius_m), last_fix (at, accuracy_m, good), heading (heading_deg), track"
        " (since, until), danger or place (kind, name, distance_m, bearing_deg, walking_min, share of the smallest ring"
        " that reaches it)"
    )


class SearchProperties(BaseModel):
    """What the rings stand on."""

    basis: Literal["good_fix", "coarse_fix", "vehicle", "no_fix"] = Field(
        description="vehicle: findings about walkers do not hold; no_fix: never seen, no rings"
    )
    at: Instant = Field(description="For which instant")
    elapsed_s: int | None = Field(description="Seconds since the fix they start from; null: no fix")
    lean: float = Field(default=0.0, description="How far rings lean towards the last heading, 0 to 1")


class Search(BaseModel):
    """A GeoJSON FeatureCollection, in the order in which it is drawn."""

    type: Literal["FeatureCollection"] = Field(description="FeatureCollection")
    features: list[SearchFeature] = Field(description="Widest ring first")
    properties: SearchProperties = Field(description="What the rings stand on")
