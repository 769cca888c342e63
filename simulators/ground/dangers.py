"""The barriers of all towns as GeoJSON, for `tongxing import dangers`: canals, rivers, railways and fast roads."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from simulators import geodesy
from simulators.divisions import Town
from simulators.ground.streets import Streets

#: A line ends where another town's streets begin; shorter pieces are left out. Points.
LEAST_POINTS = 3

Position = tuple[float, float]


def collection(seed: int, towns: Sequence[Town]) -> dict[str, object]:
    """A FeatureCollection, WGS-84, of lines with `kind`, `name` and `width_m`; the same seed gives the same one."""
    return {"type": "FeatureCollection", "features": [row for town in towns for row in _features(seed, town, towns)]}


def _features(seed: int, town: Town, towns: Sequence[Town]) -> Iterator[dict[str, object]]:
    streets = Streets(seed, town.code)
    near = [other for other in towns if other is not town and _apart_m(town, other) < 2 * REACH_M]
    for number, barrier in enumerate(streets.barriers):
        points = [_position(town, place) for place in streets.line(barrier)]
        for part, piece in enumerate(_pieces(points, town, near)):
            yield {
                "type": "Feature",
                "id": f"{town.code}-{number}-{part}",
                "properties": {"kind": barrier.kind.value, "name": barrier.name, "width_m": round(barrier.width_m, 1)},
                "geometry": {"type": "LineString", "coordinates": [[lon, lat] for lat, lon in piece]},
            }


#: Lines reach so far from a town's centre at most. Metres.
REACH_M = 4_500.0


def _pieces(points: Sequence[Position], town: Town, near: Sequence[Town]) -> Iterator[list[Position]]:
    """The parts of a line that lie nearer to this town than to any other."""
    piece: list[Position] = []
    for point in points:
        own_m = geodesy.distance_m((town.latitude, town.longitude), point)
        if all(own_m <= geodesy.distance_m((other.latitude, other.longitude), point) for other in near):
            piece.append(point)
            continue
        if len(piece) >= LEAST_POINTS:
            yield _straightened(piece)
        piece = []
    if len(piece) >= LEAST_POINTS:
        yield _straightened(piece)


def _straightened(piece: Sequence[Position]) -> list[Position]:
    """Only the ends: between them the line is straight."""
    assert all(here != there for here, there in pairwise(piece))
    return [piece[0], piece[-1]]


def _position(town: Town, place: tuple[float, float]) -> Position:
    latitude, longitude = geodesy.moved(town.latitude, town.longitude, east_m=place[0], north_m=place[1])
    return round(latitude, 6), round(longitude, 6)


def _apart_m(town: Town, other: Town) -> float:
    return math.hypot(*geodesy.offset_m((town.latitude, town.longitude), (other.latitude, other.longitude)))
