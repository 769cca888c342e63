"""Where a person may be: `Zone`, with an optional weekly schedule in the person's own time zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from geofence.geometry import MAX_EXTENT_M, Circle, Frame, Polygon, Shape, ShapeError


class ScheduleError(Exception):
    """A zone's schedule cannot be used; the message says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span of local time on some weekdays. One that ends before it begins runs past midnight."""

    #: ISO weekdays on which it begins, Monday is 1.
    days: frozenset[int]
    start: time
    end: time

    def contains(self, local: datetime) -> bool:
        """Whether a local time lies in it: from `start` on, before `end`."""
        at = local.time()
        if self.start < self.end:
            return local.isoweekday() in self.days and self.start <= at < self.end
        yesterday = (local - timedelta(days=1)).isoweekday()
        return (local.isoweekday() in self.days and at >= self.start) or (yesterday in self.days and at < self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A safe zone of one person."""

    zone_id: int
    name: str
    shape: Shape
    #: When it counts; empty means always.
    schedule: tuple[Window, ...] = ()

    def active(self, local: datetime) -> bool:
        """Whether it counts at this local time."""
        return not self.schedule or any(window.contains(local) for window in self.schedule)


def shape_from_geojson(geometry: Mapping[str, Any], radius_m: float | None) -> Shape:
    """A Point with a radius, or a Polygon.

    Raises:
        ShapeError: another type, a missing radius, a ring that crosses itself.
    """
    if geometry.get("type") == "Polygon":
        return Polygon.from_rings(geometry["coordinates"])
    if geometry.get("type") != "Point":
        raise ShapeError("a zone is a GeoJSON Point with radius_m, or a Polygon")
    if radius_m is None or not 0 < radius_m <= MAX_EXTENT_M:
        raise ShapeError(f"a round zone needs radius_m, above 0 and at most {MAX_EXTENT_M:.0f}")
    longitude, latitude = geometry["coordinates"][:2]
    return Circle(frame=Frame.at(latitude, longitude), radius_m=radius_m)


def shapes_from_geojson(described: Sequence[tuple[Any, float | None]]) -> list[Shape | Exception]:
    """`shape_from_geojson` of each geometry and radius, or what is wrong with it; of many in a third of the time."""
    rings = [geometry["coordinates"] for geometry, _ in described if _is_polygon(geometry)]
    try:
        polygons = iter(Polygon.several(rings))
    except (ShapeError, LookupError, TypeError, ValueError):
        # One of them is wrong: each for itself.
        return [_shape_or_error(*each) for each in described]
    return [next(polygons) if _is_polygon(each[0]) else _shape_or_error(*each) for each in described]


def _is_polygon(geometry: Any) -> bool:
    return isinstance(geometry, Mapping) and geometry.get("type") == "Polygon" and "coordinates" in geometry


def _shape_or_error(geometry: Any, radius_m: float | None) -> Shape | Exception:
    try:
        return shape_from_geojson(geometry, radius_m)
    except (ShapeError, LookupError, AttributeError, TypeError, ValueError) as error:
        return error


def schedule_from_rows(rows: Sequence[Mapping[str, Any]] | None) -> tuple[Window, ...]:
    """From [{"days": [1..7], "from": "HH:MM", "until": "HH:MM"}, ...]; None means always.

    Raises:
        ScheduleError: no or unknown days, a time that is none, a span of no length.
    """
    return tuple(_window(row) for row in rows or ())


def _window(row: Mapping[str, Any]) -> Window:
    try:
        days = frozenset(int(day) for day in row["days"])
        start, end = time.fromisoformat(row["from"]), time.fromisoformat(row["until"])
    except (KeyError, TypeError, ValueError) as error:
        raise ScheduleError('a schedule entry is {"days": [1..7], "from": "HH:MM", "until": "HH:MM"}') from error
    if not days or not days <= set(range(1, 8)):
        raise ScheduleError("days are 1 (Monday) to 7 (Sunday), at least one")
    if start.tzinfo or end.tzinfo:
        raise ScheduleError("from and until are the person's own local time: leave the offset away")
    if start == end:
        raise ScheduleError("from and until are the same time: leave the schedule away for a zone that always counts")
    return Window(days=days, start=start, end=end)
