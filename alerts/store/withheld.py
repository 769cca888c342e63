"""Messages that wait, and the budgets they may wait for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from alerts.restraint import Budget, Scope
from runtime.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message that waits."""

    incident_id: int
    detection_id: UUID
    receiver_id: int
    round: int
    position: int
    reason: str
    created_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingOf:
    """A message that waits, with what its incident is by now."""

    withheld_id: int
    incident_id: int
    detection_id: UUID
    round: int
    position: int
    reason: str
    kind: str
    incident_state: str
    person_id: int | None
    person_name: str


async def insert(connection: Connection, waiting: Iterable[Waiting]) -> None:
    """Let messages wait; what waits for a budget already sets when all of it is told."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO withheld (incident_id, detection_id, receiver_id, round, position, reason, created_at, due_at)"
            " SELECT %(incident_id)s, %(detection_id)s, %(receiver_id)s, %(round)s, %(position)s, %(reason)s,"
            " %(created_at)s, least(%(due_at)s, (SELECT min(w.due_at) FROM withheld w"
            " WHERE w.receiver_id = %(receiver_id)s AND w.reason = %(reason)s AND w.told_at IS NULL))"
            " ON CONFLICT DO NOTHING",
            [
                {
                    "incident_id": one.incident_id,
                    "detection_id": one.detection_id,
                    "receiver_id": one.receiver_id,
                    "round": one.round,
                    "position": one.position,
                    "reason": one.reason,
                    "created_at": one.created_at,
                    "due_at": one.due_at,
                }
                for one in waiting
            ],
        )


async def in_round(connection: Connection, incident_id: int, round_number: int) -> frozenset[int]:
    """Receivers whose message of this round waits."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT receiver_id FROM withheld WHERE incident_id = %s AND round = %s AND told_at IS NULL",
            (incident_id, round_number),
        )
        return frozenset(await cursor.fetchall())


async def due_receivers(connection: Connection, now: datetime) -> list[int]:
    """Receivers with messages whose time has come."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT receiver_id FROM withheld WHERE told_at IS NULL AND due_at <= %s"
            " GROUP BY receiver_id ORDER BY min(due_at)",
            (now,),
        )
        return await cursor.fetchall()


async def take(connection: Connection, receiver_id: int, *, now: datetime) -> list[WaitingOf]:
    """Take what is due of one receiver, oldest first; another process that wants the same gets nothing."""
    async with connection.cursor(row_factory=class_row(WaitingOf)) as cursor:
        await cursor.execute(
            "WITH due AS (SELECT withheld_id FROM withheld WHERE receiver_id = %(receiver_id)s AND told_at IS NULL"
            " AND due_at <= %(now)s ORDER BY withheld_id FOR UPDATE SKIP LOCKED),"
            " taken AS (UPDATE withheld w SET told_at = %(now)s FROM due WHERE w.withheld_id = due.withheld_id"
            " RETURNING w.withheld_id, w.incident_id, w.detection_id, w.round, w.position, w.reason)"
            " SELECT t.withheld_id, t.incident_id, t.detection_id, t.round, t.position, t.reason, d.kind,"
            " i.state AS incident_state, i.person_id, coalesce(p.display_name, '') AS person_name"
            " FROM taken t JOIN incidents i USING (incident_id) JOIN detections d USING (detection_id)"
            " LEFT JOIN persons p ON p.person_id = i.person_id ORDER BY t.withheld_id",
            {"receiver_id": receiver_id, "now": now},
        )
        return await cursor.fetchall()


async def budgets(connection: Connection) -> dict[Scope, Budget]:
    """How many messages may go out."""
    cursor = await connection.execute("SELECT scope, most, every FROM budgets")
    return {Scope(scope): Budget(most=most, every=every) for scope, most, every in await cursor.fetchall()}


async def seed(connection: Connection, shipped: Mapping[Scope, Budget]) -> None:
    """Write the budgets that are missing; those that are there stay as somebody wrote them."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO budgets (scope, most, every) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [(scope, budget.most, budget.every) for scope, budget in shipped.items()],
        )


async def put_budget(connection: Connection, scope: Scope, budget: Budget) -> None:
    """Write one budget."""
    await connection.execute(
        "INSERT INTO budgets (scope, most, every) VALUES (%s, %s, %s)"
        " ON CONFLICT (scope) DO UPDATE SET most = excluded.most, every = excluded.every",
        (scope, budget.most, budget.every),
    )


async def spent_by_device(connection: Connection, device_id: str, *, now: datetime, every: timedelta) -> int:
    """Rounds of telling that readings of one device have caused of late."""
    return await _count(
        connection,
        "SELECT count(DISTINCT (n.incident_id, n.round)) FROM detections d JOIN notifications n USING (detection_id)"
        " WHERE d.device_id = %(who)s AND n.purpose = 'alert' AND n.created_at > %(since)s"
        " AND d.judged_at > %(since)s - interval '1 day'",
        {"who": device_id, "since": now - every},
    )


async def spent_by_receiver(connection: Connection, receiver_id: int, *, now: datetime, every: timedelta) -> int:
    """Alerts one receiver was told of late, whatever the channels; what was taken back unsent does not count."""
    return await _count(
        connection,
        "SELECT count(DISTINCT (incident_id, round, position)) FROM notifications WHERE receiver_id = %(who)s"
        " AND created_at > %(since)s AND purpose = 'alert' AND (state <> 'cancelled' OR attempts > 0)",
        {"who": receiver_id, "since": now - every},
    )


async def spent_by_channel(connection: Connection, destination: str, *, now: datetime, every: timedelta) -> int:
    """Messages handed to one service of late."""
    return await _count(
        connection,
        "SELECT count(*) FROM notifications WHERE destination = %(who)s AND created_at > %(since)s"
        " AND (state <> 'cancelled' OR attempts > 0)",
        {"who": destination, "since": now - every},
    )


async def _count(connection: Connection, query: LiteralString, parameters: Mapping[str, object]) -> int:
    cursor = await connection.execute(query, parameters)
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
