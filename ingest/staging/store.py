"""Rows into stages by PostgreSQL's binary COPY: a sixth of the time of its text form (docs/performance.md).

A stage is a temporary table of one connection with the columns of a table that are written; from there one statement
writes them where they belong. The types come from the database's catalogue, so that a column may change its type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from weakref import WeakKeyDictionary

from psycopg import sql

from ingest.staging.packed import SIGNATURE, TRAILER, Column, pack
from runtime.database import Connection

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A table that is written by COPY."""

    table: LiteralString
    columns: sql.Composed
    types: tuple[int, ...]
    into_stage: sql.Composed
    into_table: sql.Composed


_STAGES: WeakKeyDictionary[Connection, dict[str, Stage]] = WeakKeyDictionary()


async def make_stages(connection: Connection, written: dict[LiteralString, tuple[LiteralString, ...]]) -> None:
    """Make the stages of a connection, by table the columns that are written; once."""
    stages = _STAGES.setdefault(connection, {})
    for table, names in written.items():
        stage, columns = sql.Identifier(f"stage_{table}"), sql.SQL(", ").join(map(sql.Identifier, names))
        await connection.execute(
            sql.SQL(
                "CREATE TEMP TABLE IF NOT EXISTS {} ON COMMIT DELETE ROWS AS SELECT {} FROM {} WITH NO DATA"
            ).format(stage, columns, sql.Identifier(table))
        )
        cursor = await connection.execute(
            "SELECT atttypid FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum",
            (f"stage_{table}",),
        )
        types = tuple([int(row[0]) for row in await cursor.fetchall()])
        copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)")
        stages[table] = Stage(
            table=table,
            columns=columns,
            types=types,
            into_stage=copy.format(stage, columns),
            into_table=copy.format(sql.Identifier(table), columns),
        )


async def fill(
    connection: Connection,
    table: LiteralString,
    rows: Sequence[Row],
    *,
    straight: bool = False,
    packed: Sequence[Column] | None = None,
) -> None:
    """Copy rows, if there are any, into the stage of a table, or `straight` into the table itself.

    Rows that are `packed`, a column for each of the stage's, go before the others in the same COPY. They need not keep
    their order.
    """
    if not rows and not packed:
        return
    stage = _STAGES[connection][table]
    block = pack(packed, stage.types) if packed else b""
    if not rows and not block:
        return
    async with connection.cursor() as cursor, cursor.copy(stage.into_table if straight else stage.into_stage) as copy:
        if block:
            # psycopg adds the signature to rows alone, and the trailer where there were rows.
            await copy.write(b"".join([SIGNATURE, block, b"" if rows else TRAILER]))
        copy.set_types(stage.types)
        for row in rows:
            await copy.write_row(row)


async def add_new(connection: Connection, table: LiteralString) -> None:
    """Take the staged rows over into a table, those that it does not have."""
    stage = _STAGES[connection][table]
    await connection.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT DO NOTHING").format(
            sql.Identifier(table), stage.columns, stage.columns, sql.Identifier(f"stage_{table}")
        )
    )
