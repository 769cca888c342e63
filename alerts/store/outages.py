"""Silences that wait, and outages: which devices of which area are silent together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from alerts.detected import Detected
from runtime.database import Connection

#: The second key of the lock under which silences are judged together; the first is ours alone.
_JUDGING_LOCK = (0x616C7274, -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A silence that waits."""

    detection_id: UUID
    person_id: int
    device_id: str
    division: str
    held_at: datetime
    due_at: datetime
    #: The device has reported since.
    heard_again: bool
    #: Through what it reaches us; None: not known.
    gateway: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Many devices of one area silent together."""

    outage_id: int
    incident_id: int
    division: str
    since: datetime
    devices: int
    heard_again: int


#: device, person, detection
Member = tuple[str, int, UUID]


async def try_lock(connection: Connection) -> bool:
    """Judge silences together until the transaction ends; False when another process does."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", _JUDGING_LOCK)
        return bool(await cursor.fetchone())


async def hold(
    connection: Connection,
    detection_id: UUID,
    *,
    person_id: int,
    device_id: str,
    division: str,
    at: datetime,
    due_at: datetime,
) -> None:
    """Let a silence wait."""
    await connection.execute(
        "INSERT INTO held_silences (detection_id, person_id, device_id, division, held_at, due_at)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (detection_id, person_id, device_id, division, at, due_at),
    )


async def any_due(connection: Connection, now: datetime) -> bool:
    """Whether a silence has waited long enough."""
    cursor = await connection.execute("SELECT 1 FROM held_silences WHERE due_at <= %s LIMIT 1", (now,))
    return await cursor.fetchone() is not None


async def held(connection: Connection) -> list[Held]:
    """Every silence that waits, longest first."""
    async with connection.cursor(row_factory=class_row(Held)) as cursor:
        await cursor.execute(
            "SELECT h.detection_id, h.person_id, h.device_id, h.division, h.held_at, h.due_at,"
            " coalesce(s.last_seen_at > d.at, false) AS heard_again, coalesce(s.gateway, v.gateway) AS gateway"
            " FROM held_silences h"
            " JOIN detections d USING (detection_id) LEFT JOIN devices v ON v.device_id = h.device_id"
            " LEFT JOIN device_states s ON s.device_key = v.device_key ORDER BY h.due_at, h.detection_id"
        )
        return await cursor.fetchall()


async def release(connection: Connection, detection_ids: Sequence[UUID]) -> None:
    """These silences wait no longer."""
    await connection.execute("DELETE FROM held_silences WHERE detection_id = ANY(%s)", (list(detection_ids),))


async def in_use(connection: Connection) -> dict[str, int]:
    """Bracelets somebody wears, by the division of the person; a bed never falls silent, it is unplugged."""
    cursor = await connection.execute(
        "SELECT p.division, count(*) FROM devices d JOIN persons p USING (person_id)"
        " WHERE d.retired_at IS NULL AND d.kind = 'bracelet' GROUP BY p.division"
    )
    return dict(await cursor.fetchall())


async def in_use_by_gateway(connection: Connection) -> dict[str, int]:
    """Bracelets somebody wears, by the gateway through which they reach us."""
    cursor = await connection.execute(
        "SELECT coalesce(s.gateway, v.gateway), count(*) FROM devices v LEFT JOIN device_states s USING (device_key)"
        " WHERE v.retired_at IS NULL AND v.kind = 'bracelet' AND v.person_id IS NOT NULL"
        " AND coalesce(s.gateway, v.gateway) IS NOT NULL"
        " GROUP BY 1"
    )
    return dict(await cursor.fetchall())


async def begin(
    connection: Connection, *, incident_id: int, division: str, gateway: str | None, expected: int, at: datetime
) -> int:
    """Write an outage down."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "INSERT INTO outages (incident_id, division, gateway, expected, since, checked_at)"
            " VALUES (%s, %s, %s, %s, %s, %s) RETURNING outage_id",
            (incident_id, division, gateway, expected, at, at),
        )
        made = await cursor.fetchone()
    assert made is not None
    return int(made)


async def join(connection: Connection, outage_id: int, members: Sequence[Member], *, at: datetime) -> None:
    """These devices are part of it."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO outage_devices (outage_id, device_id, person_id, detection_id, joined_at)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [(outage_id, device_id, person_id, detection_id, at) for device_id, person_id, detection_id in members],
        )


async def open_around(connection: Connection, division: str, device_id: str) -> int | None:
    """The outage of the gateway through which a device reaches us, or whose area its person lives in; None: none."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "WITH mine AS (SELECT coalesce(s.gateway, v.gateway) AS gateway FROM devices v"
            " LEFT JOIN device_states s USING (device_key) WHERE v.device_id = %(device_id)s)"
            " SELECT outage_id FROM outages o WHERE until IS NULL AND CASE WHEN o.gateway IS NULL"
            " THEN starts_with(%(division)s, o.division) ELSE o.gateway = (SELECT gateway FROM mine) END"
            " ORDER BY length(division) LIMIT 1",
            {"division": division, "device_id": device_id},
        )
        return await cursor.fetchone()


async def to_check(connection: Connection, checked_before: datetime) -> list[int]:
    """Outages nobody has looked at since an instant."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT outage_id FROM outages WHERE until IS NULL AND checked_at <= %s ORDER BY outage_id",
            (checked_before,),
        )
        return await cursor.fetchall()


async def check(connection: Connection, outage_id: int, *, at: datetime) -> Outage | None:
    """Hold an outage and count who has reported again since it joined; None: over, or another process has it."""
    async with connection.cursor(row_factory=class_row(Outage)) as cursor:
        await cursor.execute(
            "WITH mine AS (UPDATE outages SET checked_at = %(at)s WHERE outage_id = (SELECT outage_id FROM outages"
            " WHERE outage_id = %(outage_id)s AND until IS NULL FOR UPDATE SKIP LOCKED)"
            " RETURNING outage_id, incident_id, division, since)"
            " SELECT m.outage_id, m.incident_id, m.division, m.since, count(d.device_id) AS devices,"
            " count(*) FILTER (WHERE s.last_seen_at > d.joined_at) AS heard_again FROM mine m"
            " LEFT JOIN outage_devices d USING (outage_id) LEFT JOIN devices v ON v.device_id = d.device_id"
            " LEFT JOIN device_states s ON s.device_key = v.device_key"
            " GROUP BY m.outage_id, m.incident_id, m.division, m.since",
            {"outage_id": outage_id, "at": at},
        )
        return await cursor.fetchone()


async def end(connection: Connection, outage_id: int, *, at: datetime) -> int:
    """It is over. Who is silent all the same is to be judged again, each alone; how many these are."""
    await connection.execute("UPDATE outages SET until = %s WHERE outage_id = %s", (at, outage_id))
    cursor = await connection.execute(
        "INSERT INTO held_silences (detection_id, person_id, device_id, division, held_at, due_at)"
        " SELECT d.detection_id, d.person_id, d.device_id, p.division, %(at)s, %(at)s"
        " FROM outage_devices d JOIN persons p USING (person_id)"
        " LEFT JOIN devices v ON v.device_id = d.device_id LEFT JOIN device_states s ON s.device_key = v.device_key"
        " WHERE d.outage_id = %(outage_id)s AND (s.last_seen_at IS NULL OR s.last_seen_at <= d.joined_at)"
        " ON CONFLICT DO NOTHING",
        {"outage_id": outage_id, "at": at},
    )
    return cursor.rowcount


async def detected_of(connection: Connection, incident_id: int) -> Detected | None:
    """An outage as something detected, for the words about it; None when the incident is no outage."""
    async with connection.cursor(row_factory=class_row(Detected)) as cursor:
        await cursor.execute(
            "SELECT (SELECT d.detection_id FROM outage_devices d WHERE d.outage_id = o.outage_id"
            " ORDER BY d.joined_at, d.device_id LIMIT 1) AS detection_id, 'outage' AS kind,"
            " CASE WHEN o.gateway IS NULL THEN 'area_silent' ELSE 'gateway_silent' END AS reason,"
            " o.since AS at, NULL::timestamptz AS place_at, jsonb_build_object("
            "'outage_since', o.since, 'area', o.division, 'gateway', o.gateway,"
            " 'devices', (SELECT count(*) FROM outage_devices d WHERE d.outage_id = o.outage_id),"
            " 'expected', coalesce(o.expected, (SELECT count(*) FROM devices v JOIN persons p USING (person_id)"
            " WHERE v.retired_at IS NULL AND v.kind = 'bracelet' AND starts_with(p.division, o.division)))) AS evidence"
            " FROM outages o WHERE o.incident_id = %s",
            (incident_id,),
        )
        return await cursor.fetchone()
