"""Rows into stages by PostgreSQL's binary COPY: a sixth of the time of its text form (docs/performance.md).

A stage is a temporary table of one connection with the columns of a table that are written; from there one statement
writes them where they belong. The types come from the database's catalogue, so that a column may change its type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from weakref import WeakKeyDictionary

from psycopg import sql

from ingest.staging.packed import SIGNATURE, TRAILER, Column, pack
from runtime.database import Connection

Row = tuple[Any, ...]
Names = tuple[LiteralString, ...]
Written = Names | dict[LiteralString, Names]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A table that is written by COPY."""

    columns: sql.Composed
    types: tuple[int, ...]
    into_stage: sql.Composed
    into_table: sql.Composed


_STAGES: WeakKeyDictionary[Connection, dict[str, Stage]] = WeakKeyDictionary()


async def make_stages(connection: Connection, written: Mapping[LiteralString, Written]) -> None:
    """Make the stages of a connection, by name; once.

    Args:
        connection: whose temporary tables they are.
        written: of each stage the columns, all of the table of that name; or of several tables, for rows of which each
            stands for one of every table.
    """
    stages = _STAGES.setdefault(connection, {})
    for name, columns in written.items():
        stages[name] = await _made(connection, name, columns if isinstance(columns, dict) else {name: columns})


async def _made(connection: Connection, name: LiteralString, written: dict[LiteralString, Names]) -> Stage:
    stage = sql.Identifier(f"stage_{name}")
    columns = sql.SQL(", ").join(sql.Identifier(column) for names in written.values() for column in names)
    of_tables = sql.SQL(", ").join(
        sql.Identifier(table, column) for table, names in written.items() for column in names
    )
    await connection.execute(
        sql.SQL("CREATE TEMP TABLE IF NOT EXISTS {} ON COMMIT DELETE ROWS AS SELECT {} FROM {} WITH NO DATA").format(
            stage, of_tables, sql.SQL(", ").join(map(sql.Identifier, written))
        )
    )
    cursor = await connection.execute(
        "SELECT atttypid FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum",
        (f"stage_{name}",),
    )
    copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)")
    return Stage(
        columns=columns,
        types=tuple([int(row[0]) for row in await cursor.fetchall()]),
        into_stage=copy.format(stage, columns),
        into_table=copy.format(sql.Identifier(name), columns),
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
