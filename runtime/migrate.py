"""Plain SQL migrations, in order, each in one transaction, each once.

Files are `runtime/migrations/NNNN_title.sql`. What has run stands in `schema_migrations` with the file's digest;
a file that was edited afterwards is refused, because two databases would then differ and nobody would know.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import psycopg
import structlog

from runtime import database, timescale

log = structlog.get_logger(__name__)

FOLDER = Path(__file__).parent / "migrations"
#: Any constant does, as long as every migrating process takes the same advisory lock.
_LOCK = 0x746F6E67


class MigrationError(Exception):
    """The database and the migration files do not agree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file."""

    name: str
    digest: str
    text: str


def available(folder: Path = FOLDER) -> list[Migration]:
    """Migrations on disk, in order."""
    files = sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    return [
        Migration(name=file.stem, digest=hashlib.sha256(text.encode()).hexdigest(), text=text)
        for file in files
        if (text := file.read_text(encoding="utf-8"))
    ]


async def migrate(url: str, folder: Path = FOLDER, *, wait_s: float | None = None) -> list[str]:
    """Bring the database up to date and return the names that ran.

    Args:
        url: the database.
        folder: where the files are.
        wait_s: seconds to wait for a database that is away; None: for ever.

    Raises:
        MigrationError: a file that already ran was changed, the database knows one that is not on disk, or one failed.
        DatabaseAway: it did not answer in `wait_s`.
    """
    ran = await _migrate(url, folder, wait_s)
    if folder == FOLDER:
        await timescale.use_where_available(url)
    return ran


async def _migrate(url: str, folder: Path, wait_s: float | None) -> list[str]:
    connection = await database.connect_when_up(url, autocommit=True, wait_s=wait_s)
    async with connection:
        # Where several start at once, one migrates and the others find nothing left to do.
        await connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations ("
            " name text PRIMARY KEY, digest text NOT NULL, ran_at timestamptz NOT NULL DEFAULT now())"
        )
        done = await _done(connection)
        wanted = available(folder)
        _check(done, wanted)
        return [await _run(connection, migration) for migration in wanted if migration.name not in done]


async def missing(connection: database.Connection, folder: Path = FOLDER) -> list[str]:
    """Names of the migrations that this database still needs.

    Raises:
        MigrationError: as for `migrate`.
    """
    there = await (await connection.execute("SELECT to_regclass('schema_migrations') IS NOT NULL")).fetchone()
    wanted = available(folder)
    if there != (True,):
        return [migration.name for migration in wanted]
    done = await _done(connection)
    _check(done, wanted)
    return [migration.name for migration in wanted if migration.name not in done]


async def _done(connection: database.Connection) -> dict[str, str]:
    ran = await connection.execute("SELECT name, digest FROM schema_migrations")
    return dict(await ran.fetchall())


def _check(done: dict[str, str], wanted: list[Migration]) -> None:
    known = {migration.name: migration.digest for migration in wanted}
    for name, digest in done.items():
        if name not in known:
            raise MigrationError(
                f"the database ran migration {name}, which this version does not have: upgrade Tongxing."
            )
        if known[name] != digest:
            raise MigrationError(f"migration {name} was edited after it ran: restore the file and add a new one.")


async def _run(connection: database.Connection, migration: Migration) -> str:
    try:
        async with connection.transaction():
            await connection.execute(migration.text.encode())
            await connection.execute(
                "INSERT INTO schema_migrations (name, digest) VALUES (%s, %s)", (migration.name, migration.digest)
            )
    except psycopg.Error as error:
        raise MigrationError(
            f"migration {migration.name} failed and left nothing behind: {str(error).strip()}"
        ) from error
    log.info("migrated", migration=migration.name)
    return migration.name
