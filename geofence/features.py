"""What is measured on a reading before any rule looks at it: where it stands to the person's safe area.

The safe area is the union of the zones that count at that time (docs/decisions/0006): the distance to it is the least
of the signed distances to the zones. `safe_area` does one reading, `safe_areas` many; both give the same bits. Only the
zones that can be the nearest are measured exactly; most are ruled out by their radius (docs/decisions/0008).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from geofence.detection import Place
from geofence.geometry import Shape, distance_bounds_m, signed_distances_m
from geofence.person import Person
from geofence.reading import Fix, Reading
from geofence.zone import Zone


class SafeArea(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a fix stands to the safe area."""

    #: Metres beyond the nearest edge; negative inside.
    distance_m: float
    #: The zone that distance is measured to.
    zone: Zone


def safe_area(reading: Reading, person: Person) -> SafeArea | None:
    """Where a reading's fix stands, or None without a fix or without a zone that counts."""
    return None if reading.fix is None else area_at(reading.fix, reading.at, person)


def area_at(place: Fix | Place, at: datetime, person: Person) -> SafeArea | None:
    """Where a place stands to the zones that count at an instant, or None if none does."""
    zones = _contenders(place, person.active_zones(at))
    if not zones:
        return None
    shapes, count = [zone.shape for zone in zones], len(zones)
    return _nearest(zones, signed_distances_m(shapes, [place.latitude] * count, [place.longitude] * count))


def safe_areas(readings: Sequence[Reading], persons: Sequence[Person]) -> list[SafeArea | None]:
    """`safe_area` of n readings and the person of each."""
    zones_of: list[tuple[Zone, ...]] = []
    shapes: list[Shape] = []
    fixes: list[Fix] = []
    for reading, person in zip(readings, persons, strict=True):
        fix = reading.fix
        zones = () if fix is None else _contenders(fix, person.active_zones(reading.at))
        zones_of.append(zones)
        for zone in zones:
            assert fix is not None
            shapes.append(zone.shape)
            fixes.append(fix)
    if not shapes:
        return [None] * len(readings)
    distances = signed_distances_m(shapes, [fix.latitude for fix in fixes], [fix.longitude for fix in fixes])
    results: list[SafeArea | None] = []
    position = 0
    for zones in zones_of:
        results.append(_nearest(zones, distances[position : position + len(zones)]) if zones else None)
        position += len(zones)
    return results


def _contenders(place: Fix | Place, zones: tuple[Zone, ...]) -> tuple[Zone, ...]:
    """The zones that can be the nearest one, in their order."""
    if len(zones) < 2:  # noqa: PLR2004 - nothing to compare
        return zones
    latitude, longitude = place.latitude, place.longitude
    bounds = [distance_bounds_m(zone.shape, latitude, longitude) for zone in zones]
    nearest_m = min([most_m for _, most_m in bounds])
    return tuple([zone for zone, (least_m, _) in zip(zones, bounds, strict=True) if least_m <= nearest_m])


def _nearest(zones: Sequence[Zone], distances: Sequence[float]) -> SafeArea:
    if len(zones) == 1:
        return SafeArea(distance_m=distances[0], zone=zones[0])
    index = min(range(len(zones)), key=distances.__getitem__)
    return SafeArea(distance_m=distances[index], zone=zones[index])
