"""Where a place stands to several zones at once: the nearest counts, whichever are ruled out by their radius."""

from __future__ import annotations

import pytest

from geofence.features import area_at
from tests.geofence.scenes import at, circle, fix, person, polygon, square

NEIGHBOURS = person(circle(100.0), circle(100.0, east_m=120.0, zone_id=2), polygon(square(40.0, 300.0), zone_id=3))


@pytest.mark.parametrize(
    ("east_m", "zone_id"), [(0.0, 1), (50.0, 1), (70.0, 2), (120.0, 2), (235.0, 2), (250.0, 3), (300.0, 3), (900.0, 3)]
)
def test_the_nearest_zone_is_measured_to(east_m: float, zone_id: int) -> None:
    place = fix(east_m)
    area = area_at(place, at(0), NEIGHBOURS)
    assert area is not None
    assert area.zone.zone_id == zone_id
    least = min(zone.shape.signed_distance_m(place.latitude, place.longitude) for zone in NEIGHBOURS.zones)
    assert area.distance_m == least


def test_in_the_middle_of_a_yard_the_next_zone_is_not_the_nearer_one() -> None:
    """40 m from its wall, 30 m from the edge of the zone beside it."""
    beside = person(polygon(square(40.0)), circle(50.0, east_m=80.0, zone_id=2))
    area = area_at(fix(0.0), at(0), beside)
    assert area is not None
    assert (area.zone.zone_id, round(area.distance_m)) == (1, -40)
