"""What it costs us to hand a location to PostgreSQL: by executemany, COPY as text, binary by rows, and packed columns.

Our processor time; that of making rows or columns is not in it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import numpy as np
from psycopg import sql

from ingest import store
from ingest.staging import store as staging
from ingest.staging.packed import Column
from ingest.staging.store import Row
from runtime import database
from runtime.database import Connection
from tests import servers

ROWS, ROUNDS = 2_000, 20
BEGINS = datetime(2026, 11, 20, tzinfo=UTC)
Written = TypeVar("Written")
COLUMNS = sql.SQL(", ").join(map(sql.Identifier, store.COLUMNS["locations"]))


def measure() -> dict[str, float]:
    """Microseconds of processor time a row of 17 columns, the best of several batches of 2,000."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, float]:
    async with servers.private_postgres() as databases:
        with databases.fresh() as url:
            async with await database.connect(url) as connection:
                await store.prepare(connection)
                return {
                    "text_us": await _best(connection, _rows, _as_text),
                    "executemany_us": await _best(connection, _rows, _one_by_one),
                    "binary_us": await _best(connection, _rows, _as_binary),
                    "packed_us": await _best(connection, _columns, _as_packed),
                }


async def _best(
    connection: Connection,
    make: Callable[[int], Written],
    write: Callable[[Connection, Written], Awaitable[None]],
) -> float:
    spent_s = []
    for round_ in range(ROUNDS):
        written = make(round_)
        began_s = time.process_time()
        async with connection.transaction(force_rollback=True):
            await write(connection, written)
        spent_s.append(time.process_time() - began_s)
    return round(min(spent_s) / ROWS * 1e6, 2)


async def _as_text(connection: Connection, rows: list[Row]) -> None:
    query = sql.SQL("COPY stage_locations ({}) FROM STDIN").format(COLUMNS)
    async with connection.cursor() as cursor, cursor.copy(query) as copy:
        for row in rows:
            await copy.write_row(row)


async def _one_by_one(connection: Connection, rows: list[Row]) -> None:
    values = sql.SQL(", ").join([sql.Placeholder()] * len(rows[0]))
    query = sql.SQL("INSERT INTO stage_locations ({}) VALUES ({})").format(COLUMNS, values)
    async with connection.cursor() as cursor:
        await cursor.executemany(query, rows)


async def _as_binary(connection: Connection, rows: list[Row]) -> None:
    await staging.fill(connection, "locations", rows)


async def _as_packed(connection: Connection, columns: list[Column]) -> None:
    await staging.fill(connection, "locations", [], packed=columns)


def _rows(round_: int) -> list[Row]:
    at = BEGINS + timedelta(minutes=round_)
    return [
        (key, at, key, at, 36.5, 117.8, 12.0, "gnss", None, 0.9, None, 71.0, False, True, 5, round_, None)
        for key in range(1, ROWS + 1)
    ]


def _columns(round_: int) -> list[Column]:
    """What `_rows` are."""
    key, at = np.arange(1, ROWS + 1), _every(int((BEGINS + timedelta(minutes=round_)).timestamp()) * 1_000_000)
    source = Column(values=np.zeros(ROWS, np.uint8), texts=(b"gnss",))
    nothing = Column(values=np.zeros(ROWS), missing=np.ones(ROWS, np.bool_))
    before = [Column(values=values) for values in (key, at, key, at, _every(36.5), _every(117.8), _every(12.0))]
    after = [Column(values=_every(value)) for value in (71.0, False, True, 5, round_)]
    return [*before, source, nothing, Column(values=_every(0.9)), nothing, *after, nothing]


def _every(value: float) -> np.ndarray[Any, np.dtype[Any]]:
    return np.full(ROWS, value)


if __name__ == "__main__":
    print(json.dumps(measure()))
