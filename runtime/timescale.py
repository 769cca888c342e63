"""Whether the time series become hypertables of TimescaleDB, found out when migrating. Without it they stay plain.

Which tables those are stands in `migrations/timescale.sql`, which may run any number of times.
"""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import cast

import psycopg
import structlog

from runtime import database

log = structlog.get_logger(__name__)

FILE = Path(__file__).parent / "migrations" / "timescale.sql"


class Choice(StrEnum):
    """What to do about TimescaleDB, and why."""

    HYPERTABLES = "hypertables"
    #: The server does not have the extension.
    NOT_AVAILABLE = "not_available"
    #: The server has it, but shared_preload_libraries does not name it: creating it would end the connection.
    NOT_PRELOADED = "not_preloaded"
    #: It is there and could not be used; the log says why.
    FAILED = "failed"


def choose(*, available: bool, preloaded: bool) -> Choice:
    """The decision, from what the server says of itself."""
    if not available:
        return Choice.NOT_AVAILABLE
    return Choice.HYPERTABLES if preloaded else Choice.NOT_PRELOADED


async def ask(connection: database.Connection) -> Choice:
    """What this server allows."""
    # The extension's loader brings a setting of its own; shared_preload_libraries only a superuser may read.
    answer = await connection.execute(
        "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb'),"
        " current_setting('timescaledb.max_background_workers', true) IS NOT NULL"
    )
    available, preloaded = cast("tuple[bool, bool]", await answer.fetchone())
    return choose(available=available, preloaded=preloaded)


async def use_where_available(url: str, file: Path = FILE) -> Choice:
    """Turn the time series into hypertables if the server can; say what was done.

    On a connection of its own and in one transaction: whatever fails leaves plain tables, which work as well.
    """
    statements = await asyncio.to_thread(file.read_bytes)
    try:
        async with await database.connect(url, autocommit=True) as connection:
            choice = await ask(connection)
            if choice is Choice.HYPERTABLES:
                async with connection.transaction():
                    await connection.execute(statements)
    except psycopg.Error as error:
        log.warning("timescaledb_not_used", error=str(error).strip())
        return Choice.FAILED
    log.info("time_series", choice=str(choice))
    return choice
