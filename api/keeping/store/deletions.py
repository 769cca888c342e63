"""SQL of deleting what api wrote, of the record of everything that was deleted, and of who may do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from api.queries import keeping as queries
from api.queries.keeping import Counted
from runtime.database import Connection

#: Lets one process at a time sum up and delete.
KEEPER_LOCK = 0x746F6E69


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """One thing that was deleted, because its time had come or because somebody asked."""

    data_class: str
    series: str
    #: Null: single rows.
    part: str | None = None
    rows: int
    #: Which stayed, because somebody is being looked for.
    held_rows: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    #: What was older had to go; null: asked for.
    cutoff: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion(Deleted):
    """A deletion as it was recorded."""

    deletion_id: int
    at: datetime
    user_id: int | None


async def try_own(connection: Connection) -> bool:
    """Take the keeper's lock for this connection's life, if nobody else has it."""
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (KEEPER_LOCK,))
    row = await cursor.fetchone()
    return bool(row and row[0])


async def disown(connection: Connection) -> None:
    """Give the keeper's lock back."""
    await connection.execute("SELECT pg_advisory_unlock(%s)", (KEEPER_LOCK,))


async def give_up_after(connection: Connection, lock_timeout: str) -> None:
    """Wait for a lock in this transaction no longer than this; others wait behind us."""
    await connection.execute("SELECT set_config('lock_timeout', %s, true)", (lock_timeout,))


async def note_deleted(connection: Connection, deleted: Deleted, *, at: datetime, user_id: int | None) -> None:
    """Write down what was deleted."""
    await connection.execute(
        "INSERT INTO deletions (at, data_class, series, part, rows, held_rows, oldest, newest, cutoff, user_id)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            at, deleted.data_class, deleted.series, deleted.part, deleted.rows, deleted.held_rows, deleted.oldest,
            deleted.newest, deleted.cutoff, user_id,
        ),
    )  # fmt: skip


async def keep_since(connection: Connection, series: str, since: datetime) -> None:
    """A series is whole from here on only."""
    await connection.execute(
        "INSERT INTO kept_since AS known (series, since) VALUES (%s, %s)"
        " ON CONFLICT (series) DO UPDATE SET since = greatest(known.since, excluded.since)",
        (series, since),
    )


async def delete_accesses(connection: Connection, *, before: datetime, held: Sequence[int]) -> Counted:
    """Delete records of looks older than an instant."""
    counted = await queries.old_accesses(connection, before=before, held=held)
    await connection.execute("DELETE FROM access_log WHERE at < %s", (before,))
    return counted


async def delete_hours(connection: Connection, *, before: datetime, held: Sequence[int]) -> Counted:
    """Delete sums of hours before an instant."""
    counted = await queries.old_hours(connection, before=before, held=held)
    await connection.execute("SELECT drop_hours(%s)", (before,))
    return counted


async def delete_days(connection: Connection, *, before: datetime, held: Sequence[int]) -> Counted:
    """Delete sums of days before that of an instant."""
    counted = await queries.old_days(connection, before=before, held=held)
    await connection.execute("DELETE FROM person_days WHERE day < (%s AT TIME ZONE 'UTC')::date", (before,))
    return counted


async def erase(connection: Connection, person_id: int) -> dict[str, int]:
    """The sums and the registry of one person: rows deleted, by table."""
    gone = {}
    for statement in ("DELETE FROM person_days WHERE person_id = %s", "DELETE FROM stale_days WHERE person_id = %s"):
        cursor = await connection.execute(statement, (person_id,))
        gone[statement.split()[2]] = cursor.rowcount
    await connection.execute("SELECT erase_hours(%s)", (person_id,))
    cursor = await connection.execute("DELETE FROM persons WHERE person_id = %s", (person_id,))
    return gone | {"persons": cursor.rowcount}


async def deletions(connection: Connection, *, limit: int) -> list[Deletion]:
    """What was deleted, newest first."""
    async with connection.cursor(row_factory=class_row(Deletion)) as cursor:
        await cursor.execute("SELECT * FROM deletions ORDER BY deletion_id DESC LIMIT %s", (limit,))
        return await cursor.fetchall()
