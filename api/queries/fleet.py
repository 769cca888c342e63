"""Reads for fleet operators: quarantine and counts. Nothing here names a person or a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from runtime.database import Connection, rows_as_dicts


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRow:
    """A rejected message with the beginning of its bytes."""

    quarantine_id: int
    received_at: datetime
    topic: str
    device_id: str | None
    reason: str
    detail: str
    payload_size: int
    payload: bytes


async def quarantine(
    connection: Connection, *, reason: str | None, limit: int, preview_bytes: int
) -> list[QuarantineRow]:
    """Rejected messages, newest first."""
    async with connection.cursor(row_factory=class_row(QuarantineRow)) as cursor:
        await cursor.execute(
            "SELECT quarantine_id, received_at, topic, device_id, reason, detail, payload_size,"
            " substring(payload FROM 1 FOR %(preview_bytes)s) AS payload FROM quarantine"
            " WHERE %(reason)s::text IS NULL OR reason = %(reason)s ORDER BY received_at DESC LIMIT %(limit)s",
            {"reason": reason, "limit": limit, "preview_bytes": preview_bytes},
        )
        return await cursor.fetchall()


async def readings_committed(connection: Connection, *, since: datetime) -> int:
    """Rows stored since an instant of our clock, in all four series."""
    cursor = await connection.execute(
        "SELECT (SELECT count(*) FROM locations WHERE received_at >= %(since)s)"
        " + (SELECT count(*) FROM bed_reports WHERE received_at >= %(since)s)"
        " + (SELECT count(*) FROM heartbeats WHERE received_at >= %(since)s)"
        " + (SELECT count(*) FROM safety_events WHERE received_at >= %(since)s)",
        {"since": since},
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def readings_rejected(connection: Connection, *, since: datetime) -> int:
    """Messages quarantined since an instant of our clock."""
    cursor = await connection.execute("SELECT count(*) FROM quarantine WHERE received_at >= %s", (since,))
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def detections_by_kind(connection: Connection, *, since: datetime) -> dict[str, int]:
    """Detections concluded since an instant of our clock."""
    cursor = await connection.execute(
        "SELECT kind, count(*) FROM detections WHERE judged_at >= %s GROUP BY kind ORDER BY kind", (since,)
    )
    return dict(await cursor.fetchall())


async def incidents_by_kind(connection: Connection, *, since: datetime) -> dict[str, int]:
    """Incidents opened since an instant of our clock, each counted once under every kind in it."""
    cursor = await connection.execute(
        "SELECT each.kind, count(DISTINCT i.incident_id) FROM incidents i"
        " CROSS JOIN LATERAL unnest(i.kinds || i.kind) AS each(kind)"
        " WHERE i.opened_at >= %s GROUP BY each.kind ORDER BY each.kind",
        (since,),
    )
    return dict(await cursor.fetchall())


async def notifications(connection: Connection, *, since: datetime, since_wall: datetime) -> Mapping[str, int]:
    """Notifications `sent` since a real instant, and `failed` among those written since."""
    [row] = await rows_as_dicts(
        connection,
        "SELECT count(*) FILTER (WHERE state = 'delivered' AND delivered_wall >= %(since_wall)s) AS sent,"
        " count(*) FILTER (WHERE state = 'failed' AND created_at >= %(since)s) AS failed FROM notifications",
        {"since": since, "since_wall": since_wall},
    )
    return row


async def publish_to_notification_ms(
    connection: Connection, *, since_wall: datetime
) -> tuple[float | None, float | None]:
    """p50 and p99 of the real time from a device's publish to the first hand-over of the ladder's first step."""
    cursor = await connection.execute(
        """
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY took_ms),
            percentile_cont(0.99) WITHIN GROUP (ORDER BY took_ms)
        FROM (
            SELECT DISTINCT ON (a.notification_id)
                extract(epoch FROM a.handed_wall - d.published_wall)::double precision * 1000 AS took_ms, a.handed_wall
            FROM notification_attempts a
            JOIN notifications n ON n.notification_id = a.notification_id
            JOIN detections d ON d.detection_id = n.detection_id
            WHERE n.direct AND n.round = 1 AND n.position = 0 AND n.purpose = 'alert' AND d.published_wall IS NOT NULL
            ORDER BY a.notification_id, a.attempt) first
        WHERE first.handed_wall >= %s""",
        (since_wall,),
    )
    row = await cursor.fetchone()
    return (row[0], row[1]) if row else (None, None)
