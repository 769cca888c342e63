"""Reads of outages. Nothing here names a person or a place smaller than a village."""

from __future__ import annotations

from psycopg.rows import class_row

from api.schemas.outages import Outage
from runtime.database import Connection


async def newest(connection: Connection, *, open_only: bool, outage_id: int | None = None) -> list[Outage]:
    """Outages, newest first."""
    async with connection.cursor(row_factory=class_row(Outage)) as cursor:
        await cursor.execute(
            """
            SELECT o.outage_id, o.incident_id, o.division, coalesce(v.name, o.division) AS area, o.gateway,
                o.since, o.until, i.state, i.severity, m.devices, m.heard_again,
                coalesce(o.expected, (SELECT count(*) FROM devices d JOIN persons p USING (person_id)
                 WHERE d.retired_at IS NULL AND d.kind = 'bracelet' AND starts_with(p.division, o.division)))
                 AS expected
            FROM outages o JOIN incidents i USING (incident_id)
            LEFT JOIN divisions v ON v.code = rpad(o.division, 12, '0')
            CROSS JOIN LATERAL (
                SELECT count(*) AS devices, count(*) FILTER (WHERE s.last_seen_at > x.joined_at) AS heard_again
                FROM outage_devices x LEFT JOIN devices d ON d.device_id = x.device_id
                LEFT JOIN device_states s ON s.device_key = d.device_key WHERE x.outage_id = o.outage_id) m
            WHERE (NOT %(open_only)s OR o.until IS NULL)
              AND (%(outage_id)s::bigint IS NULL OR o.outage_id = %(outage_id)s)
            ORDER BY o.outage_id DESC LIMIT 100""",
            {"open_only": open_only, "outage_id": outage_id},
        )
        return await cursor.fetchall()
