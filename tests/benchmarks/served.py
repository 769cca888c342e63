"""An API as production runs it, with a city's persons in a durable database, for the benchmarks of reading."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg

from api import passwords
from runtime import migrate
from runtime.embedded import ports, postgres
from tests import servers
from tests.integration.ingest_running import ready

ROOT = Path(__file__).parents[2]
PASSWORD = "no-secret-of-anybody"
#: Filling writes no log of what it makes; reading is not affected.
_SETTINGS = {"max_connections": "60", "wal_level": "minimal", "max_wal_senders": "0", "maintenance_work_mem": "256MB"}


@dataclass(frozen=True, kw_only=True)
class Served:
    """Where it answers."""

    database_url: str
    address: str
    token: str

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.address, headers={"Authorization": f"Bearer {self.token}"}, timeout=60)


@contextlib.asynccontextmanager
async def serving(*, persons: int, fill: str) -> AsyncIterator[Served]:
    """`tongxing api` beside PostgreSQL with its own settings, which hold persons, bracelets, positions and what `fill` says."""
    with servers.open_folder() as folder:
        server = await postgres.start(folder, port=ports.any_free(), settings=servers.timescale_settings() | _SETTINGS)
        async with server.process:
            await migrate.migrate(server.url)
            _settle(server.url, persons, fill)
            port = ports.any_free()
            kept = {name: value for name, value in os.environ.items() if not name.startswith("TONGXING_")}
            environment = kept | {
                "PYTHONPATH": str(ROOT), "TONGXING_DATABASE_URL": server.url, "TONGXING_API_PORT": str(port),
                "TONGXING_LOG_LEVEL": "warning",
            }  # fmt: skip
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "runtime.cli", "api", cwd=folder, env=environment
            )
            try:
                await ready(port, within_s=60)
                address = f"http://127.0.0.1:{port}"
                yield Served(database_url=server.url, address=address, token=await _token(address))
            finally:
                process.terminate()
                await asyncio.wait_for(process.wait(), 30)


def _settle(url: str, persons: int, fill: str) -> None:
    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC -c synchronous_commit=off") as connection:
        connection.execute(
            "INSERT INTO users (username, password_hash, display_name, role) VALUES ('centre', %s, 'C', 'admin')",
            (passwords.hash_of(PASSWORD),),
        )
        connection.execute(
            "INSERT INTO persons (display_name, division) SELECT 'P' || n, '370303001001' FROM generate_series(1, %s) n",
            (persons,),
        )
        connection.execute(
            "INSERT INTO devices (device_id, kind, person_id) SELECT 'zb-' || person_id, 'bracelet', person_id FROM persons"
        )
        connection.execute(
            "INSERT INTO latest_positions (person_id, device_key, at, received_at, latitude, longitude, accuracy_m, source,"
            " battery_pct, safety, revision) SELECT person_id, person_id, now(), now(), 36.81 + random() / 10,"
            " 118.05 + random() / 10, 12, 'gnss', 70, 'inside', nextval('latest_positions_revisions') FROM persons"
        )
        if fill:
            connection.execute(fill)  # type: ignore[arg-type]
        connection.execute("VACUUM ANALYZE")


async def _token(address: str) -> str:
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        answer = await client.post("/api/v1/token", data={"username": "centre", "password": PASSWORD})
        return str(answer.raise_for_status().json()["access_token"])
