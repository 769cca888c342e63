"""Whether a zone's shape and schedule can be used, and if not, where and why. Pure; knows neither HTTP nor SQL.

The engine has the last word (`geofence.zone`): whatever is let through here, it accepts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import shapely
from shapely.validation import explain_validity

from geofence.geometry import Frame, ShapeError
from geofence.zone import shape_from_geojson

#: Radius of a circle. Metres. Below it GPS noise alone leaves the zone; above it the flat frame is metres off.
MIN_RADIUS_M = 20.0
MAX_RADIUS_M = 20_000.0
#: Corners of a polygon, without the repeated first one.
MIN_CORNERS = 3
MAX_CORNERS = 500
#: Largest width or height of a polygon. Metres: twice the reach of the engine's flat frame.
MAX_EXTENT_M = 40_000.0
#: Smallest area. Square metres: ten by ten, below any fix's accuracy.
MIN_AREA_M2 = 100.0

Ring = list[tuple[float, float]]


class ZoneReason(StrEnum):
    """Why a zone was refused."""

    WRONG_TYPE = "wrong_type"
    WRONG_RADIUS = "wrong_radius"
    BAD_COORDINATE = "bad_coordinate"
    TOO_FEW_CORNERS = "too_few_corners"
    TOO_MANY_CORNERS = "too_many_corners"
    HAS_HOLES = "has_holes"
    SELF_CROSSING = "self_crossing"
    TOO_LARGE = "too_large"
    TOO_SMALL = "too_small"


class ZoneError(Exception):
    """A zone cannot be used; the message says where and what to do."""

    def __init__(self, reason: ZoneReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def checked(geometry: Mapping[str, Any], radius_m: float | None) -> dict[str, Any]:
    """The geometry as it is stored: two numbers a corner, one closed ring.

    Args:
        geometry: GeoJSON Point or Polygon, WGS-84, longitude first.
        radius_m: Metres, with a Point only.

    Raises:
        ZoneError: it cannot be used.
    """
    match geometry.get("type"):
        case "Point":
            stored = {"type": "Point", "coordinates": list(_place(geometry.get("coordinates"), "the centre"))}
            _check_radius(radius_m)
        case "Polygon":
            if radius_m is not None:
                raise ZoneError(ZoneReason.WRONG_RADIUS, "A polygon has no radius_m: leave it away.")
            stored = {"type": "Polygon", "coordinates": [_ring(geometry.get("coordinates"))]}
        case other:
            raise ZoneError(ZoneReason.WRONG_TYPE, f"A zone is a Point with radius_m or a Polygon, not {other!r}.")
    try:
        shape_from_geojson(stored, radius_m)
    except ShapeError as error:
        raise ZoneError(ZoneReason.TOO_LARGE, str(error)) from error
    return stored


def _check_radius(radius_m: float | None) -> None:
    if radius_m is None or not MIN_RADIUS_M <= radius_m <= MAX_RADIUS_M:
        raise ZoneError(
            ZoneReason.WRONG_RADIUS,
            f"A round zone needs radius_m from {MIN_RADIUS_M:g} to {MAX_RADIUS_M:g} metres.",
        )


def _place(value: object, name: str) -> tuple[float, float]:
    """(longitude, latitude) of one GeoJSON position; a height is dropped."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) not in (2, 3):
        raise ZoneError(ZoneReason.BAD_COORDINATE, f"{name} must be [longitude, latitude].")
    longitude, latitude = value[0], value[1]
    if not _within(longitude, 180) or not _within(latitude, 90):
        raise ZoneError(
            ZoneReason.BAD_COORDINATE,
            f"{name} is [{longitude}, {latitude}]: longitude must be within ±180 and latitude within ±90 degrees, "
            "longitude first.",
        )
    return float(longitude), float(latitude)


def _within(value: object, limit: float) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return math.isfinite(value) and -limit <= value <= limit


def _ring(rings: object) -> Ring:
    if not isinstance(rings, Sequence) or isinstance(rings, str) or not rings:
        raise ZoneError(ZoneReason.TOO_FEW_CORNERS, f"A polygon needs at least {MIN_CORNERS} corners.")
    if len(rings) > 1:
        raise ZoneError(ZoneReason.HAS_HOLES, "A zone has no holes: send one ring.")
    corners = _corners(rings[0])
    if len(set(corners)) < MIN_CORNERS:
        raise ZoneError(ZoneReason.TOO_FEW_CORNERS, f"A polygon needs at least {MIN_CORNERS} different corners.")
    ring = [*corners, corners[0]]
    _check_extent(ring)
    _check_crossing(ring)
    _check_area(ring)
    return ring


def _corners(values: object) -> Ring:
    """The corners in order, without repetitions and without the closing one."""
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise ZoneError(ZoneReason.BAD_COORDINATE, "A polygon's ring must be a list of [longitude, latitude].")
    if len(values) > MAX_CORNERS + 1:
        raise ZoneError(
            ZoneReason.TOO_MANY_CORNERS,
            f"The polygon has {len(values)} corners; {MAX_CORNERS} are allowed. Draw it more simply.",
        )
    places = [_place(value, f"corner {number}") for number, value in enumerate(values, start=1)]
    corners = [place for place, before in zip(places, [None, *places], strict=False) if place != before]
    while len(corners) > 1 and corners[-1] == corners[0]:
        corners.pop()
    if len(corners) > MAX_CORNERS:
        raise ZoneError(ZoneReason.TOO_MANY_CORNERS, f"At most {MAX_CORNERS} corners are allowed.")
    return corners


def _in_metres(ring: Ring) -> list[tuple[float, float]]:
    west, south, east, north = shapely.LineString(ring).bounds
    frame = Frame.at(latitude=(south + north) / 2, longitude=(west + east) / 2)
    return [frame.to_metres(latitude, longitude) for longitude, latitude in ring]


def _check_extent(ring: Ring) -> None:
    west, south, east, north = shapely.LineString(_in_metres(ring)).bounds
    size_m = max(east - west, north - south)
    if size_m > MAX_EXTENT_M:
        raise ZoneError(
            ZoneReason.TOO_LARGE,
            f"The polygon is {size_m / 1000:.1f} km across; {MAX_EXTENT_M / 1000:.0f} km is the most. "
            "Draw a smaller zone, or several.",
        )


_WHERE = re.compile(r"\[(?P<longitude>\S+) (?P<latitude>\S+)\]")


def _check_crossing(ring: Ring) -> None:
    polygon = shapely.Polygon(ring)
    if polygon.is_valid:
        return
    found = _WHERE.search(explain_validity(polygon))
    where = f" at longitude {float(found['longitude']):.6f}, latitude {float(found['latitude']):.6f}" if found else ""
    raise ZoneError(
        ZoneReason.SELF_CROSSING,
        f"The polygon's edge crosses or touches itself{where}. Move the corners so that no two edges meet there.",
    )


def _check_area(ring: Ring) -> None:
    area_m2 = shapely.Polygon(_in_metres(ring)).area
    if area_m2 < MIN_AREA_M2:
        raise ZoneError(
            ZoneReason.TOO_SMALL,
            f"The polygon covers {area_m2:.0f} m²; at least {MIN_AREA_M2:.0f} m² are needed, or GPS noise would "
            "leave it all the time.",
        )
