"""A safe zone as the roster writes it: a circle or a polygon, always or by the week."""

from __future__ import annotations

import math
from dataclasses import dataclass

import shapely

from simulators import geodesy


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When a zone holds, local time."""

    #: 1 is Monday.
    days: tuple[int, ...]
    #: "HH:MM"
    since: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeZone:
    """A circle (centre and radius) or a polygon (corners)."""

    name: str
    #: Centre, WGS-84 degrees.
    latitude: float
    longitude: float
    #: None for a polygon.
    radius_m: float | None = None
    #: (latitude, longitude) of a polygon's corners, in order, not closed.
    corners: tuple[tuple[float, float], ...] = ()
    #: None: always.
    hours: tuple[Hours, ...] | None = None

    def geometry(self) -> dict[str, object]:
        """GeoJSON, WGS-84."""
        if not self.corners:
            return {"type": "Point", "coordinates": [self.longitude, self.latitude]}
        ring = [[longitude, latitude] for latitude, longitude in (*self.corners, self.corners[0])]
        return {"type": "Polygon", "coordinates": [ring]}

    def counts(self, weekday: int, moment_s: float) -> bool:
        """Whether it holds on a weekday (1 is Monday), so many seconds after local midnight."""
        if self.hours is None:
            return True
        return any(weekday in one.days and _seconds(one.since) <= moment_s < _seconds(one.until) for one in self.hours)

    def beyond_m(self, home: tuple[float, float], place: tuple[float, float]) -> float:
        """Metres beyond its edge, negative within; `place` in metres east and north of `home`, in degrees."""
        east_m, north_m = geodesy.offset_m(home, (self.latitude, self.longitude))
        if self.radius_m is not None:
            return math.dist(place, (east_m, north_m)) - self.radius_m
        corners = [geodesy.offset_m(home, corner) for corner in self.corners]
        edge_m = float(shapely.distance(shapely.LinearRing(corners), shapely.Point(place)))
        return -edge_m if shapely.contains_xy(shapely.Polygon(corners), *place) else edge_m

    def schedule(self) -> list[dict[str, object]] | None:
        """The weekly schedule in the roster's form."""
        if self.hours is None:
            return None
        return [{"days": list(hour.days), "from": hour.since, "until": hour.until} for hour in self.hours]


def _seconds(text: str) -> float:
    """Of "HH:MM", since midnight."""
    hours, minutes = text.split(":")
    return int(hours) * 3600.0 + int(minutes) * 60.0
