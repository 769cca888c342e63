"""What is written as packed columns reads back as the same rows do, alone and beside ordinary rows in one COPY."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import pytest
import pytest_asyncio
from psycopg import copy, sql

from ingest import store
from ingest.staging import arrays
from ingest.staging import store as staging
from ingest.staging.packed import SIGNATURE, TRAILER, Column
from runtime import database
from runtime.database import Connection
from tests.ingest.test_packed import columns_of, parsed

AT = datetime(2026, 11, 20, 18, 40, 0, 123_457, tzinfo=UTC)
SOURCES = ("gnss", "wifi", "cell", "network")

Row = tuple[Any, ...]


def some(key: int, every: int, value: object) -> Any:
    """A value, or nothing for every so many-th."""
    return None if key % every == 0 else value


def location(key: int) -> Row:
    at = AT + timedelta(milliseconds=key)
    return (
        key, at, 2**40 + key, at + timedelta(seconds=2), 36.5 + key / 1e6, -117.8, 12.3, SOURCES[key % 4],
        None, some(key, 3, 0.9), some(key, 5, 359.9), 71.0, some(key, 2, key % 3 == 0), True, some(key, 7, key),
        some(key, 11, 4_294_967_295), None,
    )  # fmt: skip


def position(key: int) -> Row:
    return (
        key, key + 1, AT, AT + timedelta(microseconds=1), -36.5, 117.8 + key / 1e6, 12.3, SOURCES[key % 4],
        some(key, 2, 1.4), some(key, 3, 90.0), some(key, 5, 3.3), ("inside", "outside")[key % 2],
    )  # fmt: skip


def device_state(key: int) -> Row:
    at = AT - timedelta(days=key)
    return (
        key, at, some(key, 2, True), some(key, 3, 50.5), some(key, 4, False), some(key, 5, True),
        some(key, 6, "occupied"), some(key, 7, ("1.0.2", "界", "")[key % 3]), some(key, 8, key * 1_000),
        some(key, 2, key.to_bytes(key % 4 + 1)), key % 3, some(key, 3, at), some(key, 2, at), None,
        some(key, 9, f"gateway-{key}"),
    )  # fmt: skip


ROWS = {"locations": location, "latest_positions": position, "device_states": device_state}
MIXES = {"packed alone": (40, 0), "both": (20, 20), "one packed": (1, 39), "one row": (39, 1)}


@pytest_asyncio.fixture(loop_scope="session")
async def connection(database_url: str) -> AsyncIterator[Connection]:
    async with await database.connect(database_url) as made:
        await store.prepare(made)
        yield made


def pack_of(connection: Connection, table: LiteralString, rows: Sequence[Row]) -> list[Column]:
    return columns_of(rows, staging._STAGES[connection][table].types)


async def read_back(
    connection: Connection, table: LiteralString, rows: list[Row], packed: int, *, straight: bool
) -> list[Row]:
    """The rows of a table, or of its stage, after the first so many were packed."""
    columns = pack_of(connection, table, rows[:packed]) if packed else None
    async with connection.transaction(force_rollback=True):
        await staging.fill(connection, table, rows[packed:], straight=straight, packed=columns)
        cursor = await connection.execute(
            sql.SQL("SELECT {} FROM {} ORDER BY 1").format(
                staging._STAGES[connection][table].columns,
                sql.Identifier(table if straight else f"stage_{table}"),
            )
        )
        return await cursor.fetchall()


@pytest.mark.parametrize(
    ("table", "straight"),
    [
        ("locations", False),
        ("locations", True),
        ("latest_positions", False),
        ("device_states", False),
        ("device_states", True),
    ],
)
async def test_packed_rows_read_back_as_rows_do(connection: Connection, table: LiteralString, straight: bool) -> None:
    rows = [ROWS[table](key) for key in range(1, 41)]
    as_rows = await read_back(connection, table, rows, 0, straight=straight)
    assert len(as_rows) == 40
    # Numbers in a real are not as exact as ours; everything else is what was written.
    assert [as_rows[2][0], as_rows[2][1]] == list(rows[2][:2])
    for mix, (packed, others) in MIXES.items():
        assert packed + others == 40
        assert await read_back(connection, table, rows, packed, straight=straight) == as_rows, mix


async def test_staged_rows_are_taken_over(connection: Connection) -> None:
    rows = [location(key) for key in range(1, 41)]
    async with connection.transaction(force_rollback=True):
        for _ in range(2):
            await staging.fill(connection, "locations", rows[30:], packed=pack_of(connection, "locations", rows[:30]))
            await staging.add_new(connection, "locations")
        cursor = await connection.execute("SELECT device_key, at, person_id, source FROM locations ORDER BY 1")
        assert await cursor.fetchall() == [(row[0], row[1], row[2], row[7]) for row in rows]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What psycopg hands to the database in COPY from now on."""
    pieces: list[bytes] = []
    write = copy.AsyncLibpqWriter.write

    async def writes(self: copy.AsyncLibpqWriter, data: bytes) -> None:
        pieces.append(bytes(data))
        await write(self, data)

    monkeypatch.setattr(copy.AsyncLibpqWriter, "write", writes)
    return pieces


@pytest.mark.parametrize(("packed", "others"), [(3, 0), (0, 3), (3, 2)])
async def test_what_is_sent_is_a_whole_file(
    connection: Connection, sent: list[bytes], packed: int, others: int
) -> None:
    """PostgreSQL forgives a missing trailer at the end of a COPY; a file without it is cut short all the same."""
    rows = [location(key) for key in range(1, packed + others + 1)]
    columns = pack_of(connection, "locations", rows[:packed])
    async with connection.transaction(force_rollback=True):
        await staging.fill(connection, "locations", rows[packed:], packed=columns)
    told = b"".join(sent)
    assert (told[:19], told[-2:]) == (SIGNATURE, TRAILER)
    keys = {int.from_bytes(row[0] or b"") for row in parsed(told[19:-2])}
    assert keys == {row[0] for row in rows}


async def test_nothing_is_sent_for_nothing(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = pack_of(connection, "locations", [])
    monkeypatch.setattr(type(connection), "cursor", None)
    await staging.fill(connection, "locations", [])
    await staging.fill(connection, "locations", [], packed=[])
    await staging.fill(connection, "locations", [], packed=empty)


async def test_a_block_that_cannot_be_packed_leaves_the_connection_as_it_was(connection: Connection) -> None:
    columns = pack_of(connection, "latest_positions", [])
    with pytest.raises(ValueError, match="1 columns for 12 types"):
        await staging.fill(connection, "latest_positions", [], packed=columns[:1])
    assert await (await connection.execute("SELECT 1")).fetchall() == [(1,)]


@pytest.mark.parametrize("due", [(None, None), (AT, None)])
async def test_states_of_a_batch_are_written_together(
    connection: Connection, due: tuple[datetime | None, datetime | None]
) -> None:
    """Also where none of them has a deadline."""
    written = [(1, b"\x00one", due[0]), (2, b"two", due[1])]
    await connection.execute("DELETE FROM engine_states")
    await connection.commit()
    await store.commit(connection, store.Commit(engine_states=[(1, b"before", AT)]))
    await store.commit(connection, store.Commit(engine_states=list(written)))
    cursor = await connection.execute("SELECT person_id, snapshot, due_at FROM engine_states ORDER BY person_id")
    assert await cursor.fetchall() == written


@pytest.mark.parametrize(
    ("array", "kind", "values"),
    [
        (arrays.bigints, "bigint", [0, 1, -1, 2**63 - 1, -(2**63)]),
        (arrays.bigints, "bigint", []),
        (arrays.byteas, "bytea", [b"", b"\x00one", bytes(range(256)), b"NULL", b'{"}']),
        (arrays.byteas, "bytea", []),
        (arrays.instants, "timestamptz", [AT, AT + timedelta(microseconds=1), datetime(1999, 12, 31, tzinfo=UTC)]),
        (arrays.instants, "timestamptz", [None, AT, None]),
        (arrays.instants, "timestamptz", []),
    ],
)
async def test_an_array_comes_back_as_it_was(connection: Connection, array: Any, kind: str, values: list[Any]) -> None:
    cursor = await connection.execute(f"SELECT %s::{kind}[], pg_typeof(%s)::text", (array(values), array(values)))
    assert await cursor.fetchall() == [(values, {"timestamptz": "timestamp with time zone"}.get(kind, kind) + "[]")]


def test_an_array_of_what_does_not_fit_is_refused() -> None:
    with pytest.raises(OverflowError):
        arrays.bigints([2**63])
    with pytest.raises(TypeError):
        arrays.instants([datetime(2026, 1, 1)])  # noqa: DTZ001 - that is what is wrong with it
