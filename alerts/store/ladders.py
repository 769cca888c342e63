"""Ladders as rows, and the timers of incidents that climb them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row, kwargs_row, scalar_row

from alerts.escalation import DueStep
from alerts.ladder import Audience, Choice, Hours, Ladder
from alerts.scale import Severity
from runtime.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderRow:
    """A ladder as stored, not yet checked."""

    ladder_id: str
    title: str
    repeat_after: timedelta | None
    delays: Sequence[timedelta]
    #: One list a step.
    audiences: Sequence[Sequence[str]]


async def seed(connection: Connection, ladders: Iterable[Ladder]) -> None:
    """Write ladders whose name is not taken; those that are there stay as somebody wrote them."""
    for ladder in ladders:
        cursor = await connection.execute(
            "INSERT INTO ladders (ladder_id, title, repeat_after) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            (ladder.ladder_id, ladder.title, ladder.repeat_after),
        )
        if cursor.rowcount:
            await _insert_steps(connection, ladder)


async def put(connection: Connection, ladder: Ladder, choices: Iterable[Choice]) -> None:
    """Write a ladder anew, with what it is climbed for; rounds under way keep the steps they were given."""
    await connection.execute(
        "INSERT INTO ladders (ladder_id, title, repeat_after) VALUES (%s, %s, %s)"
        " ON CONFLICT (ladder_id) DO UPDATE SET title = excluded.title, repeat_after = excluded.repeat_after",
        (ladder.ladder_id, ladder.title, ladder.repeat_after),
    )
    await connection.execute("DELETE FROM ladder_steps WHERE ladder_id = %s", (ladder.ladder_id,))
    await _insert_steps(connection, ladder)
    await connection.execute("DELETE FROM ladder_choices WHERE ladder_id = %s", (ladder.ladder_id,))
    await insert_choices(connection, choices)


async def delete(connection: Connection, ladder_id: str) -> bool:
    """Forget a ladder and what it is climbed for; whether there was one."""
    cursor = await connection.execute("DELETE FROM ladders WHERE ladder_id = %s", (ladder_id,))
    return cursor.rowcount > 0


async def choices(connection: Connection) -> list[Choice]:
    """What each ladder is climbed for."""
    async with connection.cursor(row_factory=kwargs_row(_choice)) as cursor:
        await cursor.execute("SELECT ladder_id, kind, severity, hours, division FROM ladder_choices ORDER BY choice_id")
        return await cursor.fetchall()


async def insert_choices(connection: Connection, choices: Iterable[Choice]) -> None:
    """Add what ladders are climbed for; where another ladder is climbed for the same, this one takes over."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO ladder_choices (ladder_id, kind, severity, hours, division) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (kind, severity, hours, division) DO UPDATE SET ladder_id = excluded.ladder_id",
            [(one.ladder_id, one.kind, one.severity, one.hours, one.division) for one in choices],
        )


async def seed_choices(connection: Connection, choices: Iterable[Choice]) -> None:
    """Write what the ladders we ship are climbed for, on a database that has no choice at all."""
    cursor = await connection.execute("SELECT 1 FROM ladder_choices LIMIT 1")
    if await cursor.fetchone() is None:
        await insert_choices(connection, choices)


def _choice(*, ladder_id: str, kind: str | None, severity: str, hours: str, division: str) -> Choice:
    return Choice(ladder_id=ladder_id, kind=kind, severity=Severity(severity), hours=Hours(hours), division=division)


async def _insert_steps(connection: Connection, ladder: Ladder) -> None:
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO ladder_steps (ladder_id, position, delay, audiences) VALUES (%s, %s, %s, %s)",
            [
                (ladder.ladder_id, position, step.delay, list(step.audiences))
                for position, step in enumerate(ladder.steps)
            ],
        )


async def rows(connection: Connection) -> list[LadderRow]:
    """All ladders as they stand."""
    async with connection.cursor(row_factory=class_row(LadderRow)) as cursor:
        await cursor.execute(
            "SELECT l.ladder_id, l.title, l.repeat_after,"
            " coalesce(array_agg(s.delay ORDER BY s.position) FILTER (WHERE s.position IS NOT NULL), '{}') AS delays,"
            " coalesce(json_agg(s.audiences ORDER BY s.position) FILTER (WHERE s.position IS NOT NULL), '[]')"
            " AS audiences FROM ladders l LEFT JOIN ladder_steps s USING (ladder_id) GROUP BY l.ladder_id"
        )
        return await cursor.fetchall()


async def insert_steps(connection: Connection, incident_id: int, steps: Iterable[DueStep]) -> None:
    """Set the timers of one round."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO escalations (incident_id, round, position, ladder_id, due_at, audiences, wait, state)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, 'pending') ON CONFLICT DO NOTHING",
            [
                (incident_id, step.round, step.position, step.ladder_id, step.due_at, list(step.audiences), step.wait)
                for step in steps
            ],
        )


async def cancel_steps(connection: Connection, incident_id: int) -> int:
    """Stop all timers of an incident; how many there were."""
    cursor = await connection.execute(
        "UPDATE escalations SET state = 'cancelled' WHERE incident_id = %s AND state = 'pending'", (incident_id,)
    )
    return cursor.rowcount


async def set_back(connection: Connection, now: datetime, *, slack: timedelta) -> list[int]:
    """Incidents whose next timer lies further ahead than it was set to wait: the clock has been put back."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT incident_id FROM (SELECT DISTINCT ON (incident_id) incident_id, due_at, wait FROM escalations"
            " WHERE state = 'pending' ORDER BY incident_id, round, position) next WHERE due_at > %s + wait + %s",
            (now, slack),
        )
        return await cursor.fetchall()


async def move_steps(connection: Connection, incident_id: int, steps: Iterable[DueStep]) -> None:
    """Write when timers are due, after the clock was put back."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "UPDATE escalations SET due_at = %s WHERE incident_id = %s AND round = %s AND position = %s"
            " AND state = 'pending'",
            [(step.due_at, incident_id, step.round, step.position) for step in steps],
        )


async def due_incidents(connection: Connection, now: datetime) -> list[int]:
    """Incidents with a timer that has run out, longest overdue first."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT incident_id FROM escalations WHERE state = 'pending' AND due_at <= %s"
            " GROUP BY incident_id ORDER BY min(due_at)",
            (now,),
        )
        return await cursor.fetchall()


async def pending_steps(connection: Connection, incident_id: int) -> list[DueStep]:
    """The timers of one incident that still run, in order."""
    async with connection.cursor(row_factory=kwargs_row(_step)) as cursor:
        await cursor.execute(
            "SELECT round, position, ladder_id, due_at, audiences, wait FROM escalations"
            " WHERE incident_id = %s AND state = 'pending' ORDER BY round, position",
            (incident_id,),
        )
        return await cursor.fetchall()


async def mark_fired(connection: Connection, incident_id: int, step: DueStep) -> None:
    """A timer has done its work."""
    await connection.execute(
        "UPDATE escalations SET state = 'fired' WHERE incident_id = %s AND round = %s AND position = %s",
        (incident_id, step.round, step.position),
    )


async def hasten(connection: Connection, incident_id: int, *, round_number: int, position: int, at: datetime) -> bool:
    """Fire the next step at `at` when every message of this one has failed; whether there was one to hasten."""
    cursor = await connection.execute(
        "UPDATE escalations SET due_at = %(at)s WHERE incident_id = %(incident_id)s AND round = %(round)s"
        " AND position = %(position)s + 1 AND state = 'pending' AND due_at > %(at)s"
        " AND NOT EXISTS (SELECT FROM notifications n WHERE n.incident_id = %(incident_id)s"
        " AND n.round = %(round)s AND n.position = %(position)s AND n.purpose = 'alert' AND n.state <> 'failed')",
        {"incident_id": incident_id, "round": round_number, "position": position, "at": at},
    )
    return cursor.rowcount > 0


def _step(
    *,
    round: int,  # noqa: A002 - the column's name
    position: int,
    ladder_id: str,
    due_at: datetime,
    audiences: Sequence[str],
    wait: timedelta,
) -> DueStep:
    return DueStep(
        round=round,
        position=position,
        ladder_id=ladder_id,
        due_at=due_at,
        audiences=tuple(Audience(word) for word in audiences),
        wait=wait,
    )
