"""Timers of incidents beside the ladder: a return that must last, a matter that is over by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row, scalar_row

from runtime.database import Connection

#: A return counts once it has lasted.
SETTLE = "settle"
#: Over by itself once nothing more has come.
LAPSE = "lapse"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTimer:
    """A timer that has run out."""

    incident_id: int
    kind: str


async def put(connection: Connection, incident_id: int, kind: str, *, due_at: datetime) -> None:
    """Set a timer, anew when it is set already."""
    await connection.execute(
        "INSERT INTO incident_timers (incident_id, kind, due_at) VALUES (%s, %s, %s)"
        " ON CONFLICT (incident_id, kind) DO UPDATE SET due_at = excluded.due_at",
        (incident_id, kind, due_at),
    )


async def stop(connection: Connection, incident_id: int, kind: str) -> None:
    """Stop one timer, if it runs."""
    await connection.execute("DELETE FROM incident_timers WHERE incident_id = %s AND kind = %s", (incident_id, kind))


async def stop_all(connection: Connection, incident_id: int) -> None:
    """Stop all timers of an incident."""
    await connection.execute("DELETE FROM incident_timers WHERE incident_id = %s", (incident_id,))


async def due_incidents(connection: Connection, now: datetime) -> list[int]:
    """Incidents with a timer that has run out, longest overdue first."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT incident_id FROM incident_timers WHERE due_at <= %s GROUP BY incident_id ORDER BY min(due_at)",
            (now,),
        )
        return await cursor.fetchall()


async def due(connection: Connection, incident_id: int, now: datetime) -> list[DueTimer]:
    """The timers of one incident that have run out; the caller holds its row."""
    async with connection.cursor(row_factory=class_row(DueTimer)) as cursor:
        await cursor.execute(
            "SELECT incident_id, kind FROM incident_timers WHERE incident_id = %s AND due_at <= %s ORDER BY due_at",
            (incident_id, now),
        )
        return await cursor.fetchall()


async def next_due_at(connection: Connection) -> datetime | None:
    """When the next timer of any sort runs out: ladders, incidents, messages that wait, outings, silences, outages."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT least("
            "(SELECT min(due_at) FROM escalations WHERE state = 'pending'), (SELECT min(due_at) FROM incident_timers),"
            " (SELECT min(due_at) FROM withheld WHERE told_at IS NULL),"
            " (SELECT min(until) FROM outings WHERE closed_at IS NULL), (SELECT min(due_at) FROM held_silences))"
        )
        return await cursor.fetchone()
