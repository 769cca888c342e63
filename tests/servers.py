"""Real servers for tests, private to the session, on free ports, in a folder that is removed afterwards."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from runtime import child, migrate, probe
from runtime.embedded import broker, ports, postgres

MOSQUITTO_CONF = Path(__file__).parents[1] / "deploy" / "mosquitto" / "mosquitto.conf"
#: Nothing of a test outlives its machine.
FAST_AND_CARELESS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "128MB",
    "max_connections": "200",
}


@contextmanager
def open_folder(parent: str | None = None) -> Iterator[Path]:
    """A temporary folder that the user PostgreSQL runs as can reach; pytest's own is closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="tongxing-tests-", dir=parent))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _in_memory() -> str | None:
    """Memory, where there is enough of it: copying a database's 300 files takes 10 ms there, 130 ms on a disk."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return str(memory) if roomy else None


def timescale_settings() -> dict[str, str]:
    """What a server needs whose installation has TimescaleDB; the wheel's has not. Nothing is told to anybody."""
    if not (postgres.installation() / "lib" / "timescaledb.so").exists():
        return {}
    return {
        "shared_preload_libraries": "timescaledb",
        "timescaledb.telemetry_level": "off",
        # Tests say themselves when something is compressed.
        "timescaledb.max_background_workers": "0",
    }


class Databases:
    """Makes databases on one server, each a copy of a migrated one."""

    TEMPLATE = "migrated"

    def __init__(self, url: str) -> None:
        self.url = url
        self._made = 0
        self._connection = psycopg.connect(url, autocommit=True)

    def close(self) -> None:
        self._connection.close()

    async def migrate_template(self) -> None:
        self.create(self.TEMPLATE, template="template0")
        await migrate.migrate(self.named(self.TEMPLATE))

    def named(self, name: str) -> str:
        return self.url.rsplit("/", 1)[0] + f"/{name}"

    def create(self, name: str, *, template: str) -> str:
        self._connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return self.named(name)

    @contextmanager
    def fresh(self, *, template: str = TEMPLATE) -> Iterator[str]:
        """The URL of a database of one's own; dropped afterwards, whoever is still connected."""
        self._made += 1
        name = f"test_{self._made}"
        try:
            yield self.create(name, template=template)
        finally:
            self._connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@asynccontextmanager
async def private_postgres() -> AsyncIterator[Databases]:
    with open_folder(_in_memory()) as folder:
        server = await postgres.start(folder, port=ports.any_free(), settings=FAST_AND_CARELESS | timescale_settings())
        async with server.process:
            databases = Databases(server.url)
            try:
                await databases.migrate_template()
                yield databases
            finally:
                databases.close()


@asynccontextmanager
async def private_broker() -> AsyncIterator[str]:
    with open_folder() as folder:
        server = await broker.start(folder, port=ports.any_free())
        async with server.process:
            yield server.url


def mosquitto_program() -> str | None:
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def mosquitto_configuration(folder: Path, port: int) -> str:
    """Our production settings; only where it listens and keeps its files differs."""
    text = MOSQUITTO_CONF.read_text(encoding="utf-8")
    for ours, theirs in (
        ("listener 1883 127.0.0.1", f"listener {port} 127.0.0.1"),
        ("persistence_location /var/lib/mosquitto/", f"persistence_location {folder}/"),
    ):
        assert ours in text, f"{MOSQUITTO_CONF} lost its line {ours!r}"
        text = text.replace(ours, theirs)
    return text + ("\nuser root\n" if os.geteuid() == 0 else "")


async def start_mosquitto(
    program: str, folder: Path, port: int, *, further: str = "", login: tuple[str, str] | None = None
) -> child.Child:
    """With `further` lines of configuration; `login` is a name and a password that it lets in."""
    configuration = folder / "mosquitto.conf"
    configuration.write_text(mosquitto_configuration(folder, port) + further, encoding="utf-8")
    username, password = login or (None, None)
    process = await child.start([program, "-c", configuration], name="mosquitto", log=folder / "mosquitto.log")
    until = time.monotonic() + 20
    while (wrong := await probe.mqtt(ports.HOST, port, username=username, password=password)) is not None:
        if process.exit_code is not None or time.monotonic() > until:
            await process.stop()
            raise RuntimeError(f"mosquitto does not answer: {wrong}\n{process.tail()}")
    return process


@asynccontextmanager
async def private_mosquitto(program: str) -> AsyncIterator[str]:
    with open_folder() as folder:
        port = ports.any_free()
        async with await start_mosquitto(program, folder, port):
            yield f"mqtt://{ports.HOST}:{port}"
