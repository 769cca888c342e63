"""Reads of dangers."""

from __future__ import annotations

from psycopg.rows import dict_row

from api.schemas.dangers import DangerFeature, DangerProperties
from runtime.database import Connection


async def all_of_them(connection: Connection) -> list[DangerFeature]:
    """Every danger of the area, by identifier."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT danger_id, external_id, kind, name, geometry, half_width_m FROM danger_areas ORDER BY danger_id"
        )
        return [
            DangerFeature(
                id=row["external_id"] or str(row["danger_id"]),
                geometry=row["geometry"],
                properties=DangerProperties(kind=row["kind"], name=row["name"], width_m=2 * row["half_width_m"]),
            )
            for row in await cursor.fetchall()
        ]
