"""What is measured on a reading before any rule looks at it: where it stands to the person's safe area.

The safe area is the union of the zones that count at that time (docs/decisions/0006): the distance to it is the least
of the signed distances to the zones. `safe_area` does one reading, `safe_areas` many; both give the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geofence.geometry import Shape, signed_distances_m
from geofence.person import Person
from geofence.reading import Fix, Reading
from geofence.zone import Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeArea:
    """Where a fix stands to the safe area."""

    #: Metres beyond the nearest edge; negative inside.
    distance_m: float
    #: The zone that distance is measured to.
    zone: Zone


def safe_area(reading: Reading, person: Person) -> SafeArea | None:
    """Where a reading's fix stands, or None without a fix or without a zone that counts."""
    if reading.fix is None:
        return None
    zones = person.active_zones(reading.at)
    if not zones:
        return None
    fix = reading.fix
    distances = [zone.shape.signed_distance_m(fix.latitude, fix.longitude) for zone in zones]
    return _nearest(zones, distances)


def safe_areas(readings: Sequence[Reading], persons: Sequence[Person]) -> list[SafeArea | None]:
    """`safe_area` of n readings and the person of each."""
    zones_of = [person.active_zones(r.at) if r.fix else () for r, person in zip(readings, persons, strict=True)]
    shapes: list[Shape] = []
    fixes: list[Fix] = []
    for reading, zones in zip(readings, zones_of, strict=True):
        for zone in zones:
            assert reading.fix is not None
            shapes.append(zone.shape)
            fixes.append(reading.fix)
    if not shapes:
        return [None] * len(readings)
    latitudes = np.array([fix.latitude for fix in fixes], dtype=np.float64)
    longitudes = np.array([fix.longitude for fix in fixes], dtype=np.float64)
    distances = signed_distances_m(shapes, latitudes, longitudes).tolist()
    results: list[SafeArea | None] = []
    position = 0
    for zones in zones_of:
        results.append(_nearest(zones, distances[position : position + len(zones)]) if zones else None)
        position += len(zones)
    return results


def _nearest(zones: Sequence[Zone], distances: Sequence[float]) -> SafeArea:
    index = min(range(len(zones)), key=distances.__getitem__)
    return SafeArea(distance_m=distances[index], zone=zones[index])
