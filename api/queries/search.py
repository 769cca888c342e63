"""What a search plan is made of: fixes, dangers around them, places the person may be drawn to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import shapely
from psycopg.rows import class_row

from alerts.search import Danger, Fix, KnownPlace
from geofence.geometry import Frame
from runtime.database import Connection

#: Dangers looked at for one plan; beyond that the ring is so wide that a list helps nobody. Count.
MOST_DANGERS = 2_000


async def fixes(connection: Connection, person_id: int, *, since: datetime, until: datetime) -> list[Fix]:
    """The person's fixes of a while, oldest first."""
    async with connection.cursor(row_factory=class_row(Fix)) as cursor:
        await cursor.execute(
            "SELECT at, latitude, longitude, accuracy_m, speed_mps, heading_deg FROM locations"
            " WHERE person_id = %s AND at >= %s AND at <= %s ORDER BY at",
            (person_id, since, until),
        )
        return await cursor.fetchall()


async def newest(connection: Connection, person_id: int) -> Fix | None:
    """The newest believed fix, however old."""
    async with connection.cursor(row_factory=class_row(Fix)) as cursor:
        await cursor.execute(
            "SELECT at, latitude, longitude, accuracy_m, speed_mps, heading_deg FROM latest_positions"
            " WHERE person_id = %s",
            (person_id,),
        )
        return await cursor.fetchone()


async def dangers(connection: Connection, fix: Fix, *, within_m: float) -> list[Danger]:
    """Water, rails and fast roads whose box touches that of a circle."""
    frame = Frame.at(fix.latitude, fix.longitude)
    north, east = within_m / frame.metres_per_degree_north, within_m / max(frame.metres_per_degree_east, 1.0)
    cursor = await connection.execute(
        "SELECT danger_id, kind, name, geometry::text FROM danger_areas"
        " WHERE extent && box(point(%(west)s, %(south)s), point(%(east)s, %(north)s)) LIMIT %(limit)s",
        {
            "west": fix.longitude - east,
            "east": fix.longitude + east,
            "south": fix.latitude - north,
            "north": fix.latitude + north,
            "limit": MOST_DANGERS,
        },
    )
    return [
        Danger(danger_id=danger_id, kind=kind, name=name, geometry=shapely.from_geojson(geometry))
        for danger_id, kind, name, geometry in await cursor.fetchall()
    ]


async def places(connection: Connection, person_id: int) -> list[KnownPlace]:
    """Middles of the person's safe zones, and the places of the profile that have a position."""
    cursor = await connection.execute(
        "SELECT name, geometry FROM zones WHERE person_id = %s ORDER BY zone_id", (person_id,)
    )
    zones = [_zone(name, geometry) for name, geometry in await cursor.fetchall()]
    cursor = await connection.execute("SELECT places FROM person_profiles WHERE person_id = %s", (person_id,))
    row = await cursor.fetchone()
    return zones + _placed(row[0] if row else [])


def _zone(name: str, geometry: Mapping[str, Any]) -> KnownPlace:
    coordinates = geometry["coordinates"]
    corners = [coordinates] if geometry["type"] == "Point" else coordinates[0][:-1]
    return KnownPlace(
        name=name,
        kind="zone",
        latitude=sum(corner[1] for corner in corners) / len(corners),
        longitude=sum(corner[0] for corner in corners) / len(corners),
    )


def _placed(rows: Sequence[Mapping[str, Any]]) -> list[KnownPlace]:
    return [
        KnownPlace(name=row["name"], kind=row["kind"], latitude=row["latitude"], longitude=row["longitude"])
        for row in rows
        if row.get("latitude") is not None
    ]
