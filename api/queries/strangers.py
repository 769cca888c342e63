"""Reads of devices that speak and are in nobody's use: who they say they are, never where they were."""

from __future__ import annotations

from datetime import datetime

from psycopg.rows import class_row

from api.schemas.strangers import Stranger
from runtime.database import Connection


async def page(connection: Connection, *, since: datetime, limit: int) -> list[Stranger]:
    """Devices whose messages were set aside because nobody wears them, the last heard first.

    Args:
        connection: any.
        since: messages received from here on; an instant of our clock.
        limit: at most so many.
    """
    async with connection.cursor(row_factory=class_row(Stranger)) as cursor:
        await cursor.execute(
            """
            SELECT q.device_id, min(q.received_at) AS first_heard_at, max(q.received_at) AS last_heard_at,
                count(*) AS messages, array_agg(DISTINCT split_part(q.topic, '/', 1)) AS formats,
                bool_or(q.topic LIKE '%%/bed') AS is_bed,
                CASE WHEN d.device_key IS NULL THEN 'stranger' WHEN d.retired_at IS NULL THEN 'unassigned'
                    ELSE 'retired' END AS standing
            FROM quarantine q LEFT JOIN devices d ON d.device_id = q.device_id
            WHERE q.reason = 'unknown_device' AND q.device_id IS NOT NULL AND q.received_at >= %(since)s
                AND (d.device_key IS NULL OR d.person_id IS NULL OR d.retired_at IS NOT NULL)
            GROUP BY q.device_id, d.device_key, d.retired_at
            ORDER BY last_heard_at DESC, q.device_id LIMIT %(limit)s""",
            {"since": since, "limit": limit},
        )
        return await cursor.fetchall()
