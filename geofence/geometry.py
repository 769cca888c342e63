"""Distances on the ground: a flat local frame in metres, and the signed distance to a shape's edge.

Each formula stands twice, for one point and for many, side by side. Per point only + - * / and sqrt are used (the
trigonometry is done once, when a frame is made) and both ways call the same GEOS functions, so the two give the same
bits. A local frame serves zones of kilometres, not continents: 5 km from its origin it is 0.56 m off at most (in Zibo).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[np.object_]
#: Of one corner in `Polygon.corners`. Bytes.
_CORNER_BYTES = 8

#: Larger shapes are refused: the flat frame would be metres off at their edge. Metres from the origin.
MAX_EXTENT_M = 20_000.0


class ShapeError(Exception):
    """A zone's geometry cannot be used; the message says what to change."""


class Frame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A flat frame: metres east and north of an origin.

    Metres per degree from the usual series of the WGS-84 ellipsoid (as in NGA TR8350.2, good to centimetres).
    """

    latitude: float
    longitude: float
    metres_per_degree_north: float
    metres_per_degree_east: float

    @classmethod
    def at(cls, latitude: float, longitude: float) -> Frame:
        """The frame whose origin is this place (degrees)."""
        phi = math.radians(latitude)
        return cls(
            latitude=latitude,
            longitude=longitude,
            metres_per_degree_north=111_132.92 - 559.82 * math.cos(2 * phi) + 1.175 * math.cos(4 * phi),
            metres_per_degree_east=111_412.84 * math.cos(phi) - 93.5 * math.cos(3 * phi) + 0.118 * math.cos(5 * phi),
        )

    def to_metres(self, latitude: float, longitude: float) -> tuple[float, float]:
        """(east, north) of a place, in metres."""
        return (
            (longitude - self.longitude) * self.metres_per_degree_east,
            (latitude - self.latitude) * self.metres_per_degree_north,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """All within `radius_m` of the frame's origin."""

    frame: Frame
    radius_m: float

    @property
    def effective_radius_m(self) -> float:
        """The radius itself."""
        return self.radius_m

    @property
    def outer_m(self) -> float:
        """Nothing of it is farther from the frame's origin."""
        return self.radius_m

    @property
    def middle_m(self) -> float:
        """The signed distance of the frame's origin."""
        return -self.radius_m

    def signed_distance_m(self, latitude: float, longitude: float) -> float:
        """Metres beyond the edge; negative inside."""
        east, north = self.frame.to_metres(latitude, longitude)
        return math.sqrt(east * east + north * north) - self.radius_m


@dataclass(frozen=True, slots=True, kw_only=True)
class Polygon:
    """A ring with or without holes, in local metres.

    Held as its corners alone, because a city has three hundred thousand: GEOS takes four times the room, and draws it
    again at once when somebody has to be measured against it.
    """

    frame: Frame
    #: (east, north) of every ring's corners, the first again at the end: metres as 32-bit floats, so to 0.02 mm at
    #: 300 m from the middle and to 2 mm at `MAX_EXTENT_M`.
    corners: bytes
    #: How many corners each ring has, the outer one first; empty when there is only that one.
    rings: tuple[int, ...]
    #: Radius of the circle of the same area.
    effective_radius_m: float
    #: Nothing of it is farther from the frame's origin.
    outer_m: float
    #: The signed distance of the frame's origin; negative when the origin lies inside.
    middle_m: float

    @classmethod
    def from_rings(cls, rings: Sequence[Sequence[Sequence[float]]]) -> Polygon:
        """From the coordinates of a GeoJSON Polygon: rings of (longitude, latitude), the first is the outer one.

        Raises:
            ShapeError: fewer than three corners, edges that cross, or a shape too large for a flat frame.
        """
        return cls.several([rings])[0]

    @classmethod
    def several(cls, polygons: Sequence[Sequence[Sequence[Sequence[float]]]]) -> list[Polygon]:
        """As `from_rings`, of each; of many at once in a third of the time.

        Raises:
            ShapeError: one of them is none.
        """
        if not polygons:
            return []
        frames = [_middle_of(rings) for rings in polygons]
        counts = [tuple([len(ring) for ring in rings]) for rings in polygons]
        sizes = [sum(each) for each in counts]
        places = np.repeat([(frame.longitude, frame.latitude) for frame in frames], sizes, axis=0)
        metres = [(frame.metres_per_degree_east, frame.metres_per_degree_north) for frame in frames]
        local = ((_degrees_of(polygons) - places) * np.repeat(metres, sizes, axis=0)).astype(np.float32)
        ends = np.cumsum(sizes).tolist()
        corners = [local[end - size : end].tobytes() for end, size in zip(ends, sizes, strict=True)]
        rings = [each if len(each) > 1 else () for each in counts]
        areas, edges = _drawn(corners, rings)
        _check_shapes(areas, local)
        begins = [end - size for end, size in zip(ends, sizes, strict=True)]
        # No hole is farther from the middle than the ring around it.
        outer_m = np.sqrt(np.maximum.reduceat((local.astype(np.float64) ** 2).sum(axis=1), begins)).tolist()
        middle_m = np.where(shapely.contains_xy(areas, 0, 0), -1, 1) * shapely.distance(edges, shapely.points(0.0, 0.0))
        return [
            cls(
                frame=frames[n],
                corners=corners[n],
                rings=rings[n],
                effective_radius_m=math.sqrt(area_m2 / math.pi),
                outer_m=outer_m[n],
                middle_m=float(middle_m[n]),
            )
            for n, area_m2 in enumerate(shapely.area(areas).tolist())
        ]

    def signed_distance_m(self, latitude: float, longitude: float) -> float:
        """Metres beyond the edge; negative inside."""
        return signed_distances_m([self], [latitude], [longitude])[0]


def _degrees_of(polygons: Sequence[Sequence[Sequence[Sequence[float]]]]) -> NDArray[np.float64]:
    """Longitude and latitude of every corner of every ring, (corners, 2); heights are left out."""
    corners: list[Sequence[float]] = []
    for rings in polygons:
        for ring in rings:
            corners += ring
    if all(map(_PLAIN.__eq__, map(len, corners))):
        return np.array(corners, dtype=np.float64)
    return np.array([corner[:2] for corner in corners], dtype=np.float64)


def _middle_of(rings: Sequence[Sequence[Sequence[float]]]) -> Frame:
    """A frame in the middle of a polygon's corners.

    Raises:
        ShapeError: fewer than three corners.
    """
    if not rings or len(rings[0]) < 4:  # noqa: PLR2004 - three corners and the first again
        raise ShapeError("a polygon needs at least three corners, with the first repeated at the end")
    # The first corner stands twice and must not count twice for the middle.
    corners = [corner for ring in rings for corner in ring[1:]]
    return Frame.at(
        latitude=sum([corner[1] for corner in corners]) / len(corners),
        longitude=sum([corner[0] for corner in corners]) / len(corners),
    )


def _check_shapes(areas: Geometries, corners_m: NDArray[np.float32]) -> None:
    """Polygons in metres from their middles, and the corners of all.

    Raises:
        ShapeError: edges that cross, or a shape too large for a flat frame.
    """
    if not (valid := shapely.is_valid(areas)).all():
        reason = shapely.is_valid_reason(areas[valid.argmin()])
        raise ShapeError(f"the polygon's edges must not cross: {reason} (metres from its middle)")
    if np.abs(corners_m).max() > MAX_EXTENT_M:
        raise ShapeError(f"the polygon must lie within {MAX_EXTENT_M / 1000:.0f} km of its middle: draw smaller zones")


def _drawn(corners: Sequence[bytes], rings: Sequence[tuple[int, ...]]) -> tuple[Geometries, Geometries]:
    """The polygons, and the edge of each, from `Polygon.corners` and `Polygon.rings` of each."""
    places = np.frombuffer(b"".join(corners), dtype=np.float32).astype(np.float64).reshape(-1, 2)
    if any(rings):
        counts = [each or (len(bytes_) // _CORNER_BYTES,) for each, bytes_ in zip(rings, corners, strict=True)]
        lines = shapely.linearrings(places, indices=_numbered([n for each in counts for n in each]))
        areas = shapely.polygons(lines, indices=_numbered([len(each) for each in counts]))
        return areas, shapely.boundary(areas)
    lines = shapely.linearrings(places, indices=_numbered([len(bytes_) // _CORNER_BYTES for bytes_ in corners]))
    return shapely.polygons(lines), lines


def _numbered(counts: Sequence[int]) -> NDArray[np.intp]:
    """0 as often as the first says, 1 as often as the second, ..."""
    return np.repeat(np.arange(len(counts)), counts)


Shape = Circle | Polygon

#: Numbers of a corner that has no height.
_PLAIN = 2
#: Bounds are this much wider than computed, so that rounding never makes one wrong. Metres.
ROUNDING_M = 1e-3


def distance_bounds_m(shape: Shape, latitude: float, longitude: float) -> tuple[float, float]:
    """The least and the most that `shape.signed_distance_m` can be, for the price of one square root.

    A signed distance changes by no more than the way between two places: from the frame's origin that gives the most;
    the ray from the origin through the place, which leaves the shape within `outer_m`, gives the least.
    """
    frame = shape.frame
    east = (longitude - frame.longitude) * frame.metres_per_degree_east
    north = (latitude - frame.latitude) * frame.metres_per_degree_north
    way_m = math.sqrt(east * east + north * north)
    return way_m - shape.outer_m - ROUNDING_M, way_m + shape.middle_m + ROUNDING_M


def signed_distances_m(shapes: Sequence[Shape], latitudes: Sequence[float], longitudes: Sequence[float]) -> list[float]:
    """`shape.signed_distance_m` of n pairs at once.

    Args:
        shapes: n shapes; they may repeat.
        latitudes: n of them, degrees.
        longitudes: n of them, degrees.

    Returns:
        Metres, n of them, equal to the bit to the single calls.
    """
    distances = [0.0] * len(shapes)
    at: list[int] = []
    metres: list[tuple[float, float]] = []
    polygons: list[Polygon] = []
    for index, (shape, latitude, longitude) in enumerate(zip(shapes, latitudes, longitudes, strict=True)):
        if isinstance(shape, Polygon):
            at.append(index)
            polygons.append(shape)
            metres.append(shape.frame.to_metres(latitude, longitude))
        else:
            distances[index] = shape.signed_distance_m(latitude, longitude)
    if at:
        places = np.array(metres, dtype=np.float64)
        areas, edges = _drawn([each.corners for each in polygons], [each.rings for each in polygons])
        beyond = shapely.distance(edges, shapely.points(places))
        inside = shapely.contains_xy(areas, places[:, 0], places[:, 1])
        for index, distance in zip(at, np.where(inside, -beyond, beyond).tolist(), strict=True):
            distances[index] = distance
    return distances


def distance_m(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Metres between two places by the flat frame at the first: good to 1 % over a city."""
    north = (other_latitude - latitude) * 111_132.92
    east = (other_longitude - longitude) * 111_412.84 * math.cos(math.radians(latitude))
    return math.sqrt(east * east + north * north)
