"""PostgreSQL connections: one pool for services, single connections for pipelines and listeners."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, cast

import psycopg
import structlog
from psycopg import AsyncConnection, sql
from psycopg.rows import DictRow, TupleRow, dict_row
from psycopg_pool import AsyncConnectionPool

log = structlog.get_logger(__name__)

Connection = AsyncConnection[TupleRow]
Pool = AsyncConnectionPool[Connection]

#: Seconds between attempts while the database is away. Short, because a safety event may be waiting.
RETRY_EVERY_S = 0.5


class DatabaseAway(Exception):  # noqa: N818 - said as people say it
    """The database does not answer."""


async def connect(url: str, *, autocommit: bool = False) -> Connection:
    """One connection with the session settings we rely on (UTC, statements named after the product)."""
    return await AsyncConnection.connect(
        url, autocommit=autocommit, options="-c timezone=UTC", application_name="tongxing"
    )


async def connect_when_up(url: str, *, autocommit: bool = False, wait_s: float | None = None) -> Connection:
    """`connect`, waiting for as long as the database is away, or at most `wait_s` seconds.

    Raises:
        DatabaseAway: it did not answer in `wait_s`.
    """
    until = None if wait_s is None else time.monotonic() + wait_s
    while True:
        try:
            return await connect(url, autocommit=autocommit)
        except psycopg.OperationalError as error:
            if until is not None and time.monotonic() >= until:
                raise DatabaseAway(
                    f"the database of TONGXING_DATABASE_URL does not answer: {str(error).strip()}"
                ) from error
            log.warning("database_away", error=str(error).strip())
            await asyncio.sleep(RETRY_EVERY_S)


async def open_pool(url: str, *, min_size: int = 1, max_size: int = 8) -> Pool:
    """An open pool; the caller closes it."""
    pool: Pool = AsyncConnectionPool(
        url,
        min_size=min_size,
        max_size=max_size,
        open=False,
        kwargs={"options": "-c timezone=UTC", "application_name": "tongxing"},
        check=AsyncConnectionPool.check_connection,
    )
    await pool.open(wait=True, timeout=30)
    return pool


async def now(connection: Connection) -> datetime:
    """The database's own clock: real time."""
    row = await (await connection.execute("SELECT clock_timestamp()")).fetchone()
    return cast("tuple[datetime]", row)[0]


async def rows_as_dicts(connection: Connection, query: Any, parameters: Any = None) -> list[DictRow]:
    """Run one query and return its rows as dictionaries."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, parameters)
        return await cursor.fetchall()


async def notifications(url: str, *channels: str) -> AsyncIterator[tuple[str, str]]:
    """(channel, payload) of every NOTIFY on `channels`, for ever; reconnects.

    After each (re)connection it yields ("", ""): something may have been missed, so look at everything.
    """
    while True:
        connection = await connect_when_up(url, autocommit=True)
        try:
            for channel in channels:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            yield "", ""
            async for notify in connection.notifies():
                yield notify.channel, notify.payload
        except psycopg.OperationalError as error:
            log.warning("listener_lost", error=str(error).strip())
        finally:
            await connection.close()
