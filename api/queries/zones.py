"""Reads of zones."""

from __future__ import annotations

from typing import LiteralString

from psycopg.rows import class_row

from api.queries import visible
from api.schemas.zones import Zone
from api.viewer import Viewer
from runtime.database import Connection

_ZONES: LiteralString = (
    "SELECT z.zone_id, z.person_id, z.name, z.kind, z.geometry, z.radius_m, z.schedule"
    " FROM zones z JOIN persons p ON p.person_id = z.person_id CROSS JOIN " + visible.VIEWER + " WHERE "
)


async def of_person(connection: Connection, viewer: Viewer, person_id: int) -> list[Zone]:
    """The zones of one person a viewer may see, in the order they were drawn."""
    async with connection.cursor(row_factory=class_row(Zone)) as cursor:
        await cursor.execute(
            _ZONES + visible.PERSON[viewer.scope] + " AND z.person_id = %(person_id)s ORDER BY z.zone_id",
            viewer.parameters | {"person_id": person_id},
        )
        return await cursor.fetchall()


async def one(connection: Connection, viewer: Viewer, zone_id: int) -> Zone | None:
    """One zone a viewer may see."""
    async with connection.cursor(row_factory=class_row(Zone)) as cursor:
        await cursor.execute(
            _ZONES + visible.PERSON[viewer.scope] + " AND z.zone_id = %(zone_id)s",
            viewer.parameters | {"zone_id": zone_id},
        )
        return await cursor.fetchone()
