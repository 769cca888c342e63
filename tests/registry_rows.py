"""Puts persons, devices and zones into a test's database, as api would."""

from __future__ import annotations

import psycopg
from psycopg.types.json import Jsonb

HOME_LATITUDE, HOME_LONGITUDE = 36.81, 118.05


def add_person(
    url: str,
    *,
    bracelet: str | None = None,
    bed: str | None = None,
    radius_m: float = 150.0,
    zones: bool = True,
    overrides: dict[str, object] | None = None,
) -> int:
    """One person with a round safe zone around home; returns person_id."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "INSERT INTO persons (display_name, division) VALUES ('Test', '370303001001') RETURNING person_id"
        ).fetchone()
        assert row is not None
        person_id = int(row[0])
        for device_id, kind in ((bracelet, "bracelet"), (bed, "bed")):
            if device_id:
                connection.execute(
                    "INSERT INTO devices (device_id, kind, person_id) VALUES (%s, %s, %s)", (device_id, kind, person_id)
                )
        if zones:
            connection.execute(
                "INSERT INTO zones (person_id, name, geometry, radius_m) VALUES (%s, 'home', %s, %s)",
                (
                    person_id,
                    Jsonb({"type": "Point", "coordinates": [HOME_LONGITUDE, HOME_LATITUDE]}),
                    radius_m,
                ),
            )
        if overrides:
            connection.execute(
                "INSERT INTO policies (person_id, overrides) VALUES (%s, %s)", (person_id, Jsonb(overrides))
            )
        return person_id
