"""SQL of deleting what ingest wrote: daily parts are dropped, rows of small tables deleted. Nothing calls it by itself.

A person who is being looked for is held: their rows stay, whatever their age.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import LiteralString

from psycopg import sql
from psycopg.rows import class_row

from runtime.database import Connection

#: The series that lie in daily parts, and the instant that decides about the part.
SERIES: dict[LiteralString, LiteralString] = {
    "locations": "at",
    "bed_reports": "at",
    "heartbeats": "at",
    "quarantine": "received_at",
}
#: Small tables, and the instant that says how old a row is.
TABLES: dict[LiteralString, LiteralString] = {
    "safety_events": "at",
    "detections": "at",
    "commands": "created_at",
}
#: Tables that hold something of one person and have no age: erased on request only.
STATES: tuple[LiteralString, ...] = ("latest_positions", "engine_states")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A day of one series, or what fits into no day."""

    series: str
    #: Its table, as SQL names it.
    part: str
    #: Null: the part for everything else.
    since: datetime | None
    until: datetime | None
    #: With its indexes, on disk.
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Rows that are, or were, older than an instant."""

    #: Which go.
    rows: int
    #: Which stay, because somebody is being looked for.
    held_rows: int = 0
    oldest: datetime | None
    newest: datetime | None


async def parts(connection: Connection, series: str) -> list[Part]:
    """The parts of a series, oldest first, the one for everything else last."""
    async with connection.cursor(row_factory=class_row(Part)) as cursor:
        await cursor.execute(
            "SELECT series, part, since, until, bytes FROM time_parts WHERE series = %s ORDER BY since, part", (series,)
        )
        return await cursor.fetchall()


async def make_part(connection: Connection, series: LiteralString, day: date) -> bool:
    """Make the part of one day, with the rows of that day that came before it. Whether there was none yet."""
    cursor = await connection.execute("SELECT make_part(%s, %s, %s)", (series, SERIES[series], day))
    row = await cursor.fetchone()
    return bool(row and row[0])


async def days_without_part(
    connection: Connection, series: LiteralString, *, least: int, after: datetime
) -> list[date]:
    """Days of which so many rows lie in the part for everything else, not before an instant."""
    if not any(part.since is None for part in await parts(connection, series)):
        return []
    cursor = await connection.execute(
        sql.SQL(
            "SELECT ({instant} AT TIME ZONE 'UTC')::date FROM {part} WHERE {instant} >= %s"
            " GROUP BY 1 HAVING count(*) >= %s ORDER BY 1"
        ).format(instant=sql.Identifier(SERIES[series]), part=sql.Identifier(f"{series}_other")),
        (after, least),
    )
    return [day for (day,) in await cursor.fetchall()]


async def has_rows(connection: Connection, part: Part) -> bool:
    """Whether anything lies in a part."""
    cursor = await connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(_named(part)))
    row = await cursor.fetchone()
    return bool(row and row[0])


async def oldest(connection: Connection, part: Part, *, since: datetime) -> datetime | None:
    """The oldest instant in a part that is not older than another."""
    cursor = await connection.execute(
        sql.SQL("SELECT min({instant}) FROM {part} WHERE {instant} >= %s").format(
            instant=sql.Identifier(SERIES[part.series]),
            part=_named(part),
        ),
        (since,),
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def count(connection: Connection, part: Part, *, before: datetime, held: Sequence[int]) -> Count:
    """What of a part is older than an instant."""
    return await _count(connection, part.series, _named(part), before, held)


async def count_rows(connection: Connection, *, table: LiteralString, before: datetime, held: Sequence[int]) -> Count:
    """What of a small table is older than an instant."""
    return await _count(connection, table, sql.Identifier(table), before, held)


async def drop(connection: Connection, part: Part, *, held: Sequence[int]) -> Count:
    """Drop a day; the rows of those who are held are put back, into the part for everything else.

    Within a transaction of the caller's. A day that only holds such rows stays.
    """
    columns = {"part": _named(part), "series": sql.Identifier(part.series)}
    # Nobody writes to a day that is about to go; should somebody, they wait.
    await connection.execute(sql.SQL("LOCK TABLE {part} IN SHARE MODE").format(**columns))
    counted = await _count(connection, part.series, _named(part), part.until, held)
    if counted.held_rows and not counted.rows:
        return counted
    if counted.held_rows:
        await connection.execute(
            sql.SQL(
                "CREATE TEMP TABLE held_rows ON COMMIT DROP AS SELECT * FROM {part} WHERE person_id = ANY (%s)"
            ).format(**columns),
            (list(held),),
        )
    await connection.execute("SELECT drop_part(%s, %s)", (part.series, part.part))
    if counted.held_rows:
        await connection.execute(sql.SQL("INSERT INTO {series} SELECT * FROM held_rows").format(**columns))
        await connection.execute("DROP TABLE held_rows")
    return counted


async def delete(connection: Connection, part: Part, *, before: datetime, held: Sequence[int]) -> Count:
    """Delete what is older than an instant from the part for everything else."""
    return await _delete(connection, part.series, _named(part), before, held)


async def delete_rows(connection: Connection, *, table: LiteralString, before: datetime, held: Sequence[int]) -> Count:
    """Delete what is older than an instant from a small table."""
    return await _delete(connection, table, sql.Identifier(table), before, held)


async def erase(connection: Connection, person_id: int) -> dict[str, int]:
    """Everything that was heard of one person and concluded about them: rows deleted, by table."""
    gone = {}
    for table in (*SERIES, *TABLES, *STATES):
        if table != "quarantine":
            cursor = await connection.execute(
                sql.SQL("DELETE FROM {} WHERE person_id = %s").format(sql.Identifier(table)), (person_id,)
            )
            gone[table] = cursor.rowcount
    return gone


def _named(part: Part) -> sql.Identifier:
    return sql.Identifier(*part.part.split("."))


def _parameters(
    table: str, where: sql.Identifier, before: datetime | None, held: Sequence[int]
) -> tuple[dict[str, sql.Composable], dict[str, object]]:
    """Of the statements below. What was rejected belongs to nobody we could name."""
    instant = SERIES.get(table) or TABLES[table]
    whose = sql.SQL("false") if table == "quarantine" else sql.SQL("person_id = ANY (%(held)s)")
    return {"table": where, "instant": sql.Identifier(instant), "held": whose}, {"before": before, "held": list(held)}


async def _count(
    connection: Connection, table: str, where: sql.Identifier, before: datetime | None, held: Sequence[int]
) -> Count:
    names, values = _parameters(table, where, before, held)
    async with connection.cursor(row_factory=class_row(Count)) as cursor:
        await cursor.execute(
            sql.SQL(
                "SELECT count(*) FILTER (WHERE NOT {held}) AS rows, count(*) FILTER (WHERE {held}) AS held_rows,"
                " min({instant}) FILTER (WHERE NOT {held}) AS oldest,"
                " max({instant}) FILTER (WHERE NOT {held}) AS newest"
                " FROM {table} WHERE {instant} < %(before)s"
            ).format(**names),
            values,
        )
        found = await cursor.fetchone()
    assert found is not None
    return found


async def _delete(
    connection: Connection, table: str, where: sql.Identifier, before: datetime, held: Sequence[int]
) -> Count:
    names, values = _parameters(table, where, before, held)
    async with connection.cursor(row_factory=class_row(Count)) as cursor:
        await cursor.execute(
            sql.SQL(
                "WITH gone AS (DELETE FROM {table} WHERE {instant} < %(before)s AND NOT {held}"
                " RETURNING {instant} AS at)"
                " SELECT count(*) AS rows, min(at) AS oldest, max(at) AS newest,"
                " (SELECT count(*) FROM {table} WHERE {instant} < %(before)s AND {held}) AS held_rows FROM gone"
            ).format(**names),
            values,
        )
        found = await cursor.fetchone()
    assert found is not None
    return found
