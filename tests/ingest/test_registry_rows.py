"""Persons out of rows: what is wrong with a zone costs that zone, and nobody else's."""

from __future__ import annotations

from typing import Any

from geofence.danger_map import NO_DANGERS
from ingest.registry import _persons

HOME = {"type": "Point", "coordinates": [118.05, 36.81]}
CROSSED = {
    "type": "Polygon",
    "coordinates": [[[118.0, 36.8], [118.1, 36.9], [118.1, 36.8], [118.0, 36.95], [118.0, 36.8]]],
}


def zone(zone_id: int, geometry: Any, **further: Any) -> dict[str, Any]:
    return {"zone_id": zone_id, "name": "home", "geometry": geometry, "radius_m": 150.0, "schedule": None} | further


def person(person_id: int, *zones: dict[str, Any]) -> dict[str, Any]:
    return {"person_id": person_id, "time_zone": "Asia/Shanghai", "overrides": None, "zones": list(zones)}


def test_a_zone_that_is_none_costs_no_other() -> None:
    rows = [
        person(1, zone(11, HOME), zone(12, CROSSED)),
        person(2),
        person(3, zone(31, None), zone(32, HOME, schedule=[{"days": []}]), zone(33, HOME, radius_m=80.0)),
    ]
    found = list(_persons(rows, NO_DANGERS))
    assert [[each.zone_id for each in person.zones] for person in found] == [[11], [], [33]]
    assert [person.person_id for person in found] == [1, 2, 3]
    assert found[2].zones[0].shape.radius_m == 80.0  # type: ignore[union-attr]
