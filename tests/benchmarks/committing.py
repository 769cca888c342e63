"""From envelopes to committed readings: the pipeline and PostgreSQL, and neither broker nor generator beside them.

A closed loop of at most WINDOW readings that are not acknowledged, everybody at home, once a minute of their clock.
PostgreSQL with its defaults (durable). It says what judging and committing are worth together, where the machine is too
busy for `durable_ingest`; rates of different runs can be compared only when they take turns.

    python -m tests.benchmarks.committing --persons 2000 --rounds 30
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast

import numpy as np
import psutil

from ingest.batching import Batcher
from ingest.pipeline import Pipeline
from ingest.registry import Registry
from ingest.sources import Envelope
from runtime import migrate
from runtime.clock import ManualClock, wall_now
from runtime.embedded import ports, postgres
from runtime.service import Stop, spare_the_collector
from tests import servers
from tests.benchmarks.crowd import BEGINS, EVERY_S, PAST, Crowd, walk
from tests.benchmarks.engine import HOME

PERSONS, ROUNDS = 2_000, 30
#: As many as the broker may send ahead.
WINDOW = 4_000
#: Messages of one read of the socket.
TOGETHER = 100
#: Share of the readings that is not counted: everybody's state is read, batches find their size.
SETTLING = 0.2


class Feed:
    """Puts messages into a batcher, as many as may wait, and counts those that come back."""

    def __init__(self, batcher: Batcher, clock: ManualClock, messages: Iterator[tuple[str, bytes, datetime]]) -> None:
        self.batcher, self.clock, self.messages = batcher, clock, messages
        self.put, self.done = 0, 0
        self._room = asyncio.Event()

    async def run(self) -> None:
        """Until everything is acknowledged."""
        for topic, payload, at in self.messages:
            self.put += 1
            self.clock.advance(at - self.clock.now())
            self.batcher.put(1, Envelope(topic, payload, at, wall_now(), self._acknowledged))
            if self.put % TOGETHER == 0:
                await asyncio.sleep(0)
                await self._fewer_than(WINDOW)
        await self._fewer_than(1)

    def _acknowledged(self) -> None:
        self.done += 1
        self._room.set()

    async def _fewer_than(self, waiting: int) -> None:
        while self.put - self.done >= waiting:
            self._room.clear()
            await self._room.wait()


def measure(persons: int = PERSONS, rounds: int = ROUNDS) -> dict[str, float]:
    """`readings_per_s`, and microseconds of processor time a reading: `ingest_us`, `postgresql_us`."""
    return asyncio.run(_measure(persons, rounds))


async def _measure(persons: int, rounds: int) -> dict[str, float]:
    crowd = Crowd(persons=persons, fixes=walk(persons, PAST + rounds, HOME))
    with servers.open_folder() as folder:
        server = await postgres.start(folder, port=ports.any_free(), settings={"max_connections": "20"})
        async with server.process:
            await migrate.migrate(server.url)
            await asyncio.to_thread(crowd.settle, server.url)
            return await _run(server, crowd, rounds)


async def _run(server: postgres.Server, crowd: Crowd, rounds: int) -> dict[str, float]:
    messages = list(_messages(crowd, rounds))
    registry, batcher, clock = Registry(server.url), Batcher(messages=2_000, age_s=0.01), ManualClock(messages[0][2])
    pipeline, stop = Pipeline(server.url, registry, batcher, cast("Any", None), clock), Stop()
    await registry.open()
    await pipeline.start(stop)
    running = asyncio.create_task(pipeline.run(stop))
    settling = int(len(messages) * SETTLING)
    await Feed(batcher, clock, iter(messages[:settling])).run()
    spare_the_collector()
    before, began_s = _cpu_s(server.process.pid), time.perf_counter()
    await Feed(batcher, clock, iter(messages[settling:])).run()
    took_s, after = time.perf_counter() - began_s, _cpu_s(server.process.pid)
    stop.request()
    await running
    counted = len(messages) - settling
    ingest_s, postgresql_s = (now - then for now, then in zip(after, before, strict=True))
    return {
        "readings_per_s": round(counted / took_s),
        "ingest_us": round(ingest_s / counted * 1e6, 1),
        "postgresql_us": round(postgresql_s / counted * 1e6, 1),
    }


def _messages(crowd: Crowd, rounds: int) -> Iterator[tuple[str, bytes, datetime]]:
    for round_ in range(PAST, PAST + rounds):
        for number, fix in enumerate(crowd.fixes[round_], 1):
            at = BEGINS + timedelta(seconds=EVERY_S * (round_ + number / crowd.persons))
            yield f"tongxing/v1/zb-{number}/location", _told(number, round_, fix, at), at


def _told(number: int, round_: int, fix: np.void, at: datetime) -> bytes:
    latitude, longitude, speed_mps, steps = fix.tolist()
    told = {
        "at": at.timestamp(), "seq": round_ + 1, "latitude": round(latitude, 7), "longitude": round(longitude, 7),
        "accuracy_m": 12, "speed_mps": round(speed_mps, 1), "battery_pct": 70 + (number - 1) % 10, "charging": False,
        "worn": True, "steps": steps,
    }  # fmt: skip
    return json.dumps(told, separators=(",", ":")).encode()


def _cpu_s(server: int) -> tuple[float, float]:
    """Processor seconds of this process, and of the database."""
    mine = psutil.Process().cpu_times()
    spent_s = 0.0
    for process in [psutil.Process(server), *psutil.Process(server).children(recursive=True)]:
        times = process.cpu_times()
        spent_s += times.user + times.system
    return mine.user + mine.system, spent_s


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--persons", type=int, default=PERSONS)
    asked.add_argument("--rounds", type=int, default=ROUNDS)
    given = asked.parse_args()
    print(json.dumps(measure(given.persons, given.rounds)))
