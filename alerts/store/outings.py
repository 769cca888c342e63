"""Outings and company: when somebody is known to be with a person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import LiteralString

from psycopg.rows import class_row, scalar_row

from alerts.detected import Detected
from alerts.incident import Incident
from runtime.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Outing:
    """A span of time in which a person is not alone."""

    outing_id: int
    person_id: int
    #: `company` or `outing`.
    kind: str
    companion: str
    since: datetime
    until: datetime
    ended_at: datetime | None
    closed_at: datetime | None


_COLUMNS: LiteralString = "outing_id, person_id, kind, companion, since, until, ended_at, closed_at"


async def insert(
    connection: Connection,
    *,
    person_id: int,
    kind: str,
    companion: str,
    since: datetime,
    until: datetime,
    user_id: int | None,
    at: datetime,
) -> Outing:
    """Write one down."""
    async with connection.cursor(row_factory=class_row(Outing)) as cursor:
        await cursor.execute(
            "INSERT INTO outings (person_id, kind, companion, since, until, created_at, created_by)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING " + _COLUMNS,
            (person_id, kind, companion, since, until, at, user_id),
        )
        made = await cursor.fetchone()
    assert made is not None
    return made


async def end(connection: Connection, outing_id: int, *, user_id: int | None, at: datetime) -> Outing | None:
    """End one before its time; None when there is none that could be."""
    async with connection.cursor(row_factory=class_row(Outing)) as cursor:
        await cursor.execute(
            "UPDATE outings SET ended_at = %(at)s, ended_by = %(user_id)s, until = greatest(least(until, %(at)s),"
            " since + interval '1 second') WHERE outing_id = %(outing_id)s AND ended_at IS NULL AND until > %(at)s"
            " RETURNING " + _COLUMNS,
            {"outing_id": outing_id, "user_id": user_id, "at": at},
        )
        return await cursor.fetchone()


async def one(connection: Connection, outing_id: int) -> Outing | None:
    """One outing."""
    async with connection.cursor(row_factory=class_row(Outing)) as cursor:
        await cursor.execute("SELECT " + _COLUMNS + " FROM outings WHERE outing_id = %s", (outing_id,))
        return await cursor.fetchone()


async def active(connection: Connection, person_id: int, at: datetime) -> Outing | None:
    """The outing a person is on at an instant; of several the one that lasts longest."""
    async with connection.cursor(row_factory=class_row(Outing)) as cursor:
        await cursor.execute(
            "SELECT " + _COLUMNS + " FROM outings WHERE person_id = %(person_id)s AND since <= %(at)s"
            " AND until > %(at)s AND ended_at IS NULL ORDER BY until DESC LIMIT 1",
            {"person_id": person_id, "at": at},
        )
        return await cursor.fetchone()


async def due_persons(connection: Connection, now: datetime) -> list[int]:
    """Persons with an outing that has run out and was not looked at."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT person_id FROM outings WHERE closed_at IS NULL AND until <= %s GROUP BY person_id"
            " ORDER BY min(until)",
            (now,),
        )
        return await cursor.fetchall()


async def close_due(connection: Connection, person_id: int, now: datetime) -> Outing | None:
    """Look at what has run out of one person; the last of them, None when another process was faster."""
    async with connection.cursor(row_factory=class_row(Outing)) as cursor:
        await cursor.execute(
            "UPDATE outings SET closed_at = %(now)s WHERE person_id = %(person_id)s AND closed_at IS NULL"
            " AND until <= %(now)s RETURNING " + _COLUMNS,
            {"person_id": person_id, "now": now},
        )
        closed = await cursor.fetchall()
    return max(closed, key=lambda outing: outing.until, default=None)


async def is_outside(connection: Connection, person_id: int) -> bool:
    """Whether the newest fix of a person lies outside every safe zone."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute("SELECT safety = 'outside' FROM latest_positions WHERE person_id = %s", (person_id,))
        return bool(await cursor.fetchone())


async def expired_of(connection: Connection, incident: Incident) -> Outing | None:
    """The outing whose end opened this incident for people, if one did."""
    async with connection.cursor(row_factory=class_row(Outing)) as cursor:
        await cursor.execute(
            "SELECT " + _COLUMNS + " FROM outings WHERE outing_id = (SELECT (data ->> 'outing_id')::bigint"
            " FROM incident_events WHERE incident_id = %s AND kind = 'outing_expired' ORDER BY event_id DESC LIMIT 1)",
            (incident.incident_id,),
        )
        return await cursor.fetchone()


def told_as_expired(detected: Detected, outing: Outing) -> Detected:
    """An exit that was silent while somebody was with the person, as it is told once nobody is; other kinds as are."""
    if detected.kind != "zone_exit":
        return detected
    said = {"outing_until": outing.until.isoformat(), "companion": outing.companion or None}
    return replace(detected, reason="outing_expired", evidence={**detected.evidence, **said}, accompanied=None)
