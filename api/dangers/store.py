"""Writes of dangers."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.types.json import Jsonb

from api.dangers.features import DangerRow
from runtime.database import Connection


async def replace(connection: Connection, rows: Sequence[DangerRow], *, keep_others: bool) -> None:
    """Write these dangers; those that are not among them are removed, unless they are to be kept."""
    async with connection.transaction():
        if not keep_others:
            await connection.execute(
                "DELETE FROM danger_areas WHERE external_id IS NULL OR NOT external_id = ANY (%s)",
                [[row.external_id for row in rows]],
            )
        async with connection.cursor() as cursor:
            await cursor.executemany(
                "INSERT INTO danger_areas AS d (external_id, kind, name, geometry, half_width_m)"
                " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (external_id) DO UPDATE SET kind = excluded.kind,"
                " name = excluded.name, geometry = excluded.geometry, half_width_m = excluded.half_width_m"
                " WHERE (d.kind, d.name, d.geometry, d.half_width_m)"
                " IS DISTINCT FROM (excluded.kind, excluded.name, excluded.geometry, excluded.half_width_m)",
                [(row.external_id, row.kind, row.name, Jsonb(row.geometry), row.half_width_m) for row in rows],
            )
