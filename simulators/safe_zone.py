"""A safe zone as the roster writes it: a circle or a polygon, always or by the week."""

from __future__ import annotations

from dataclasses import dataclass


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

    def schedule(self) -> list[dict[str, object]] | None:
        """The weekly schedule in the roster's form."""
        if self.hours is None:
            return None
        return [{"days": list(hour.days), "from": hour.since, "until": hour.until} for hour in self.hours]
