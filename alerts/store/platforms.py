"""Hooks of the city's platform, and the events that wait for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from runtime.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class DueEvent:
    """An event that is taken for sending, with where it goes."""

    event_id: UUID
    serial: int
    hook_id: int
    event: str
    incident: Mapping[str, Any]
    attempts: int
    url: str
    secret: str
    with_position: bool
    #: at, latitude, longitude, accuracy_m; null without a fix, after the end, or where it is not wanted.
    position: Mapping[str, Any] | None


async def add_hook(
    connection: Connection, *, name: str, url: str, secret: str, division: str, with_position: bool, user_id: int
) -> int:
    """Add a hook; its identifier."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "INSERT INTO platform_hooks (name, url, secret, division, with_position, created_by)"
            " VALUES (%s, %s, %s, %s, %s, %s) RETURNING hook_id",
            (name, url, secret, division, with_position, user_id),
        )
        return int(await cursor.fetchone() or 0)


async def disable_hook(connection: Connection, hook_id: int) -> bool:
    """Switch a hook off and give up what waits for it; False: there is none that works."""
    cursor = await connection.execute(
        "UPDATE platform_hooks SET disabled_at = now() WHERE hook_id = %s AND disabled_at IS NULL", (hook_id,)
    )
    await connection.execute(
        "UPDATE platform_events SET state = 'failed', detail = 'disabled' WHERE hook_id = %s AND state = 'pending'",
        (hook_id,),
    )
    return cursor.rowcount == 1


async def due_hooks(connection: Connection) -> list[int]:
    """Hooks whose oldest waiting event is due."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT hook_id FROM (SELECT DISTINCT ON (hook_id) hook_id, next_attempt_wall FROM platform_events"
            " WHERE state = 'pending' ORDER BY hook_id, serial) oldest WHERE next_attempt_wall <= now()"
        )
        return await cursor.fetchall()


async def take(connection: Connection, hook_id: int) -> DueEvent | None:
    """Hold a hook and its oldest waiting event, if it is due and nobody else holds the hook."""
    async with connection.cursor(row_factory=class_row(DueEvent)) as cursor:
        await cursor.execute(
            """
            SELECT e.event_id, e.serial, e.hook_id, e.event, e.incident, e.attempts, h.url, h.secret, h.with_position,
                CASE WHEN h.with_position AND i.state <> 'resolved' THEN (
                    SELECT jsonb_build_object('at', l.at, 'latitude', round(l.latitude::numeric, 6),
                        'longitude', round(l.longitude::numeric, 6), 'accuracy_m', l.accuracy_m)
                    FROM latest_positions l WHERE l.person_id = i.person_id) END AS position
            FROM platform_hooks h JOIN platform_events e USING (hook_id) JOIN incidents i USING (incident_id)
            WHERE h.hook_id = %(hook_id)s AND e.next_attempt_wall <= now() AND e.serial = (
                SELECT min(serial) FROM platform_events WHERE hook_id = %(hook_id)s AND state = 'pending')
            FOR UPDATE OF h, e SKIP LOCKED""",
            {"hook_id": hook_id},
        )
        return await cursor.fetchone()


async def delivered(connection: Connection, event: DueEvent, *, detail: str, at_wall: datetime) -> None:
    """It arrived; whether a position went with it is kept."""
    await connection.execute(
        "UPDATE platform_events SET state = 'delivered', attempts = attempts + 1, detail = %s, delivered_wall = %s,"
        " with_position = %s WHERE event_id = %s",
        (detail, at_wall, event.position is not None, event.event_id),
    )


async def failed(connection: Connection, event: DueEvent, *, detail: str, wait: timedelta, given_up: bool) -> None:
    """It did not; try again after a while, or never."""
    await connection.execute(
        "UPDATE platform_events SET attempts = attempts + 1, detail = %s, next_attempt_wall = clock_timestamp() + %s,"
        " state = CASE WHEN %s THEN 'failed' ELSE 'pending' END WHERE event_id = %s",
        (detail, wait, given_up, event.event_id),
    )
