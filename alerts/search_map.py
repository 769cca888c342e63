"""A search plan as GeoJSON (RFC 7946): what the map draws, the widest ring first, the smallest on top of it. Pure.

Every feature says what it is in `properties.what`: ring, last_fix, heading, track, danger, place.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import shapely

from alerts.search import HEADING_SPEED_MPS, Basis, Danger, Fix, Near, SearchPlan, lean, to_degrees

#: Length of the arrow of the last heading, as a share of the smallest ring.
_ARROW = 1.0


def nothing_known(*, at: datetime) -> dict[str, Any]:
    """The collection of somebody who was never seen."""
    return _collection([], {"basis": str(Basis.NO_FIX), "at": at.isoformat(), "elapsed_s": None})


def collection(plan: SearchPlan, track: Sequence[Fix], *, at: datetime) -> dict[str, Any]:
    """A FeatureCollection; beside the features it says what the rings stand on and how old that is.

    Args:
        plan: where to look.
        track: fixes of the last hour, oldest first.
        at: for which instant the plan is.
    """
    features = [
        *_rings(plan),
        *(_near(plan, near) for near in plan.dangers),
        *_track(track),
        *(_near(plan, near) for near in plan.places),
        *_heading(plan),
        _last_fix(plan),
    ]
    properties = {
        "basis": str(plan.basis),
        "at": at.isoformat(),
        "elapsed_s": round(plan.elapsed.total_seconds()),
        "lean": round(lean(plan.fix, plan.elapsed), 3),
    }
    return _collection(features, properties)


def _collection(features: list[dict[str, Any]], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features, "properties": properties}


def _feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _geojson(plan: SearchPlan, shape: shapely.Geometry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shapely.to_geojson(to_degrees(plan.frame, shape)))
    return found


def _rings(plan: SearchPlan) -> list[dict[str, Any]]:
    return [
        _feature(_geojson(plan, ring.outline), what="ring", share=ring.share, radius_m=round(ring.radius_m))
        for ring in reversed(plan.rings)
    ]


def _near(plan: SearchPlan, near: Near) -> dict[str, Any]:
    what = near.what
    more: dict[str, Any] = {"danger_id": what.danger_id} if isinstance(what, Danger) else {}
    return _feature(
        _geojson(plan, near.inside),
        what="danger" if isinstance(what, Danger) else "place",
        kind=what.kind,
        name=what.name,
        distance_m=round(near.distance_m),
        bearing_deg=round(near.bearing_deg),
        walking_min=round(near.walking_min, 1),
        share=near.share,
        **more,
    )


def _track(track: Sequence[Fix]) -> list[dict[str, Any]]:
    if len(track) < 2:  # noqa: PLR2004 - a line has two ends
        return []
    geometry = {"type": "LineString", "coordinates": [[fix.longitude, fix.latitude] for fix in track]}
    return [_feature(geometry, what="track", since=track[0].at.isoformat(), until=track[-1].at.isoformat())]


def _heading(plan: SearchPlan) -> list[dict[str, Any]]:
    fix = plan.fix
    if fix.heading_deg is None or (fix.speed_mps or 0.0) < HEADING_SPEED_MPS:
        return []
    radians, length_m = math.radians(fix.heading_deg), _ARROW * plan.rings[0].radius_m
    arrow = shapely.LineString([(0.0, 0.0), (length_m * math.sin(radians), length_m * math.cos(radians))])
    return [_feature(_geojson(plan, arrow), what="heading", heading_deg=round(fix.heading_deg))]


def _last_fix(plan: SearchPlan) -> dict[str, Any]:
    fix = plan.fix
    return _feature(
        {"type": "Point", "coordinates": [round(fix.longitude, 6), round(fix.latitude, 6)]},
        what="last_fix",
        at=fix.at.isoformat(),
        accuracy_m=round(fix.accuracy_m),
        speed_mps=fix.speed_mps,
        good=fix.good,
    )
