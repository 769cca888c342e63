"""Metres to degrees and back, good enough for a few kilometres around a home. Not for maps, and not for judging."""

from __future__ import annotations

import math

#: Metres in a degree of latitude on a sphere of 6,371,008.8 m (IUGG mean radius).
METRES_PER_DEGREE = math.pi * 6_371_008.8 / 180.0


def moved(latitude: float, longitude: float, *, east_m: float, north_m: float) -> tuple[float, float]:
    """(latitude, longitude) of the point so many metres east and north of another, WGS-84 degrees."""
    per_degree_east = METRES_PER_DEGREE * math.cos(math.radians(latitude))
    return latitude + north_m / METRES_PER_DEGREE, longitude + east_m / per_degree_east


def offset_m(origin: tuple[float, float], point: tuple[float, float]) -> tuple[float, float]:
    """(east, north) in metres from one (latitude, longitude) to another."""
    per_degree_east = METRES_PER_DEGREE * math.cos(math.radians(origin[0]))
    return (point[1] - origin[1]) * per_degree_east, (point[0] - origin[0]) * METRES_PER_DEGREE


def distance_m(origin: tuple[float, float], point: tuple[float, float]) -> float:
    """Metres between two (latitude, longitude) pairs that are a few kilometres apart."""
    return math.hypot(*offset_m(origin, point))


def heading_deg(east_m: float, north_m: float) -> float:
    """Degrees clockwise from north of a step."""
    return math.degrees(math.atan2(east_m, north_m)) % 360.0
