"""What the newest positions and device states cost a commit: written with every reading, or put off for a while.

The same batches of everybody's readings in turns, through `ingest.deferring` and `ingest.store`, to PostgreSQL with its
defaults (durable); processor time of the one connection's server process, and ours. How much is saved depends on how
often a person speaks in a second: `readings_a_row`.

    python -m tests.benchmarks.putting_off
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import psutil

from ingest import store
from ingest.deferring.latest import Latest
from ingest.staging.store import Row
from ingest.store import Commit
from runtime import database, migrate
from runtime.database import Connection
from runtime.embedded import ports, postgres
from tests import servers

PERSONS, BATCH, BATCHES, ROUNDS = 1_000, 500, 10, 3
BEGINS = datetime(2026, 11, 20, tzinfo=UTC)


def measure() -> dict[str, Mapping[str, float]]:
    """By way: microseconds a reading, `postgresql_us` and `ingest_us`, and readings for each of the other rows."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, Mapping[str, float]]:
    with servers.open_folder() as folder:
        server = await postgres.start(folder, port=ports.any_free(), settings={"max_connections": "10"})
        async with server.process:
            await migrate.migrate(server.url)
            async with await database.connect(server.url) as connection:
                await store.prepare(connection)
                ways = {"readings_alone": _Way(), "at_once": _Way(), "put_off": _Way()}
                for round_ in range(ROUNDS):
                    for place, (name, way) in enumerate(ways.items()):
                        first = (round_ * len(ways) + place) * BATCHES
                        await way.go(connection, name, range(first, first + BATCHES))
                return {name: way.figures() for name, way in ways.items()}


class _Way:
    """What one way has cost so far."""

    def __init__(self) -> None:
        self.latest = Latest()
        self.postgresql_s = self.ingest_s = 0.0
        self.readings = self.rows = 0

    async def go(self, connection: Connection, name: str, batches: range) -> None:
        """Commit batches, and at the end what was put off."""
        server, mine = psutil.Process(connection.info.backend_pid), psutil.Process()
        before = _spent_s(server), _spent_s(mine)
        for number in batches:
            batch = _batch(number, alone=name == "readings_alone")
            await self._commit(connection, batch, everything=name == "at_once")
            self.readings += BATCH
        await self._commit(connection, Commit(), everything=True)
        self.postgresql_s += _spent_s(server) - before[0]
        self.ingest_s += _spent_s(mine) - before[1]

    async def _commit(self, connection: Connection, batch: Commit, *, everything: bool) -> None:
        plan = self.latest.plan(batch, range(PERSONS + 1), everything=everything)
        await store.commit(connection, plan.commit)
        self.latest.done(plan)
        self.rows += len(plan.commit.positions)

    def figures(self) -> dict[str, float]:
        return {
            "postgresql_us": round(self.postgresql_s / self.readings * 1e6, 1),
            "ingest_us": round(self.ingest_s / self.readings * 1e6, 1),
            "readings_a_row": round(self.readings / self.rows, 1) if self.rows else 0.0,
        }


def _spent_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _batch(number: int, *, alone: bool) -> Commit:
    """Readings of the next persons in turn, each a moment after the last."""
    locations: list[Row] = []
    positions: list[Row] = []
    devices: list[Row] = []
    for place in range(BATCH):
        key, at = (number * BATCH + place) % PERSONS + 1, BEGINS + timedelta(milliseconds=number * BATCH + place)
        locations.append(
            (key, at, key, at, 36.5, 117.8, 12.0, "gnss", None, 0.9, None, 71.0, False, True, 5, number, None)
        )
        positions.append((key, key, at, at, 36.5, 117.8, 12.0, "gnss", 0.9, None, 71.0, "inside"))
        devices.append((key, at, True, 71.0, False, True, None, None, number, b"", 0, at, None, None, None))
    batch = Commit(surely_new=True)
    batch.rows["locations"] = locations
    if not alone:
        batch.positions, batch.device_states = positions, devices
    return batch


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
