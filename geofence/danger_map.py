"""Water, rails and fast roads of an area, shared by everybody who lives in it: `DangerMap`.

A feature keeps a flat frame of its own, as zones do; a tree over their boxes finds the few that matter, so thousands
cost no more than dozens. The map is built once and each `Person` refers to the same one. A feature of 80 km is within
1 % along its whole length, which is 5 m where it matters, at 500 m.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import shapely

from geofence.geometry import Frame

#: Metres that a degree of latitude has at least, for boxes that must not be too small.
_LEAST_METRES_PER_DEGREE = 110_500.0
#: Half the width of a line that is given without one. Metres: a canal or a road of two lanes.
DEFAULT_HALF_WIDTH_M = 5.0
#: A feature that is further across does not fit a flat frame. Degrees; about 200 km.
MOST_ACROSS_DEG = 2.0


class DangerKind(StrEnum):
    """What kind of danger."""

    WATER = "water"
    RAIL = "rail"
    HIGHWAY = "highway"


class DangerError(Exception):
    """A feature cannot be used; the message says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """One feature: a line with a width, or an area."""

    danger_id: int
    kind: DangerKind
    name: str
    frame: Frame
    #: In metres of the frame.
    shape: shapely.Geometry
    half_width_m: float = 0.0

    def distance_m(self, latitude: float, longitude: float) -> float:
        """Metres to its edge; 0 within it."""
        east, north = self.frame.to_metres(latitude, longitude)
        return max(0.0, float(shapely.distance(self.shape, shapely.points(east, north))) - self.half_width_m)

    def crosses(self, start: tuple[float, float], end: tuple[float, float]) -> bool:
        """Whether the straight way between two places, each (latitude, longitude), goes through it."""
        way = shapely.LineString([self.frame.to_metres(*start), self.frame.to_metres(*end)])
        return bool(shapely.distance(self.shape, way) <= self.half_width_m)


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A danger and how far it is."""

    danger: Danger
    distance_m: float


@dataclass(frozen=True, slots=True, eq=False)
class DangerMap:
    """All features of an area."""

    dangers: tuple[Danger, ...] = ()
    _tree: shapely.STRtree | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        boxes = [_box(danger) for danger in self.dangers]
        object.__setattr__(self, "_tree", shapely.STRtree(boxes) if boxes else None)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self._tree is not None

    def near(self, latitude: float, longitude: float, reach_m: float) -> list[Near]:
        """What lies within reach, the nearest first; of two as near, the one with the lower id."""
        found = []
        for danger in self._candidates((latitude, longitude), (latitude, longitude), reach_m):
            distance_m = danger.distance_m(latitude, longitude)
            if distance_m <= reach_m:
                found.append(Near(danger=danger, distance_m=distance_m))
        return sorted(found, key=lambda near: (near.distance_m, near.danger.danger_id))

    def crossed(self, start: tuple[float, float], end: tuple[float, float]) -> list[Danger]:
        """What the straight way between two places, each (latitude, longitude), goes through, by id."""
        candidates = self._candidates(start, end, 0.0)
        return sorted((d for d in candidates if d.crosses(start, end)), key=lambda danger: danger.danger_id)

    def _candidates(self, start: tuple[float, float], end: tuple[float, float], reach_m: float) -> Iterable[Danger]:
        """Those whose box meets the box around two places."""
        if self._tree is None:
            return ()
        south, north = sorted((start[0], end[0]))
        west, east = sorted((start[1], end[1]))
        up = reach_m / _LEAST_METRES_PER_DEGREE
        aside = up / max(0.01, math.cos(math.radians(max(abs(south), abs(north)))))
        found = self._tree.query(shapely.box(west - aside, south - up, east + aside, north + up))
        return [self.dangers[int(index)] for index in found]


#: A city nobody has drawn the dangers of.
NO_DANGERS = DangerMap()


def danger_from_geojson(
    geometry: Mapping[str, Any], *, danger_id: int, kind: str, name: str = "", half_width_m: float | None = None
) -> Danger:
    """One feature from GeoJSON, WGS-84: LineString, MultiLineString, Polygon or MultiPolygon.

    Args:
        geometry: with coordinates in degrees, longitude first.
        danger_id: of its row.
        kind: water, rail or highway.
        name: as people call it.
        half_width_m: of a line; `DEFAULT_HALF_WIDTH_M` when not known. An area has none.

    Raises:
        DangerError: another type or kind, coordinates that are none, an edge that crosses itself.
    """
    if kind not in list(DangerKind):
        raise DangerError(f"{kind!r} is no kind of danger: write {', '.join(DangerKind)}")
    lines = geometry.get("type") in {"LineString", "MultiLineString"}
    if not lines and geometry.get("type") not in {"Polygon", "MultiPolygon"}:
        raise DangerError(f"{geometry.get('type')!r} is refused: write a LineString, a Polygon, or several of them")
    outline = _outline(geometry)
    west, south, east, north = (float(value) for value in shapely.bounds(outline))
    frame = Frame.at(latitude=(south + north) / 2, longitude=(west + east) / 2)
    shape = shapely.transform(outline, lambda corners: _in_metres(frame, corners))
    shapely.prepare(shape)
    width_m = (DEFAULT_HALF_WIDTH_M if half_width_m is None else half_width_m) if lines else 0.0
    return Danger(danger_id=danger_id, kind=DangerKind(kind), name=name, frame=frame, shape=shape, half_width_m=width_m)


def _outline(geometry: Mapping[str, Any]) -> shapely.Geometry:
    """The geometry in degrees, checked."""
    try:
        outline = shapely.geometry.shape(dict(geometry))
    except Exception as error:
        raise DangerError(f"its coordinates cannot be read: {error}") from error
    corners = shapely.get_coordinates(outline)
    if not len(corners) or not np.isfinite(corners).all():
        raise DangerError("it has no coordinates, or one that is not a number")
    if (np.abs(corners) > (180.0, 90.0)).any():
        raise DangerError("a coordinate is beyond ±180, ±90 degrees: write [longitude, latitude]")
    west, south, east, north = shapely.bounds(outline)
    if max(east - west, north - south) > MOST_ACROSS_DEG:
        raise DangerError(f"it is more than {MOST_ACROSS_DEG:g} degrees across: split it into several features")
    if not outline.is_valid:
        raise DangerError(f"its edge crosses or touches itself: {shapely.is_valid_reason(outline)} (degrees)")
    return outline


def _in_metres(frame: Frame, corners: Any) -> Any:
    """(longitude, latitude) of n corners in metres, shape (n, 2)."""
    east = (corners[:, 0] - frame.longitude) * frame.metres_per_degree_east
    north = (corners[:, 1] - frame.latitude) * frame.metres_per_degree_north
    return np.column_stack((east, north))


def _box(danger: Danger) -> shapely.Geometry:
    """The box around a feature with its width, in degrees."""
    west, south, east, north = (float(value) for value in shapely.bounds(danger.shape))
    frame, wide_m = danger.frame, danger.half_width_m
    return shapely.box(
        frame.longitude + (west - wide_m) / frame.metres_per_degree_east,
        frame.latitude + (south - wide_m) / frame.metres_per_degree_north,
        frame.longitude + (east + wide_m) / frame.metres_per_degree_east,
        frame.latitude + (north + wide_m) / frame.metres_per_degree_north,
    )


def nearest_by_kind(near: Sequence[Near]) -> dict[DangerKind, Near]:
    """The nearest of each kind, of what `DangerMap.near` gave."""
    found: dict[DangerKind, Near] = {}
    for each in near:
        found.setdefault(each.danger.kind, each)
    return found
