"""`tongxing ingest` as a process of its own, to be killed; and devices whose every acknowledgement is counted."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import aiomqtt

from geofence import snapshot
from geofence.batch import judge_all
from geofence.engine import Outcome, PersonState
from geofence.reading import Fix, FixSource, Reading, ReadingKind, SafetyEvent, SafetyEventType
from ingest.recall import queries
from ingest.registry import Registry
from ingest.states import StateBook
from runtime import database
from runtime.clock import Clock
from tests.integration.ingest_running import device, free_port, ready, rows
from tests.registry_rows import HOME_LATITUDE, HOME_LONGITUDE

ROOT = Path(__file__).parents[2]
#: Thresholds with which no timer has a say and nothing is too old while a test lasts, so that what comes out depends on
#: the readings alone.
TIMELESS: dict[str, object] = {
    "suspect_silence": 1_800, "live_max_age": 3_600, "silence_outside": 900, "silence_outside_most": 3_600,
    "silence_unknown": 10_800, "no_fix_after": 21_600, "no_fix_outside_after": 3_600,
}  # fmt: skip
#: Seconds of event time in a real one: ingest may be gone for half a minute before its silence could mean anything.
RATE = 25.0
#: Seconds of event time between two readings.
EVERY_S = 2
METRES_PER_DEGREE_NORTH = 110_980.0


@dataclass
class IngestProcess:
    """Starts ingest, kills it, starts it again."""

    database_url: str
    broker_url: str
    client_id: str
    folder: Path
    clock: Mapping[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    port: int = field(default_factory=free_port)

    async def start(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TONGXING_")}
        environment |= {
            "PYTHONPATH": str(ROOT),
            "TONGXING_DATABASE_URL": self.database_url,
            "TONGXING_BROKER_URL": self.broker_url,
            "TONGXING_INGEST_CLIENT_ID": self.client_id,
            "TONGXING_INGEST_HEALTH_PORT": str(self.port),
            "TONGXING_LOG_FORMAT": "json",
            **self.clock,
        }
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "runtime.cli", "ingest", cwd=self.folder, env=environment, stdout=log, stderr=log
            )

    @property
    def log(self) -> Path:
        return self.folder / "ingest.log"

    async def ready(self) -> None:
        await ready(self.port)

    async def kill(self) -> None:
        """As a power cut would."""
        assert self.process is not None
        assert self.process.returncode is None, f"it ended by itself: {self.log.read_text()[-2_000:]}"
        self.process.kill()
        await self.process.wait()

    async def terminate(self) -> int:
        """As a supervisor would; its exit code."""
        assert self.process is not None
        self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), 30)


@contextlib.asynccontextmanager
async def ingest_process(
    database_url: str, broker_url: str, client_id: str, folder: Path, clock: Mapping[str, str] | None = None
) -> AsyncIterator[IngestProcess]:
    ingest = IngestProcess(database_url, broker_url, client_id, folder, clock or {})
    await ingest.start()
    try:
        yield ingest
    finally:
        if ingest.process is not None and ingest.process.returncode is None:
            ingest.process.kill()
            await ingest.process.wait()


@dataclass
class Bracelet:
    """A device that walks in and out of its zone, numbers what it says and remembers what the broker took."""

    device_id: str
    seed: int
    began_at_s: float
    clock: Clock
    seq: int = 0
    #: `at` of every location that was acknowledged.
    taken: list[float] = field(default_factory=list)
    #: Safety events by id, as they were first said; and ids of those that Tongxing answered.
    pressed: dict[str, str] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)

    async def live(self, broker_url: str, readings: int, event_every: int, done: asyncio.Event) -> None:
        """Say one thing after the other, each once the broker has taken the one before.

        Ends after so many readings, but not before `done`: whoever kills ingest needs somebody who still talks.
        """
        random = Random(self.seed)
        async with device(broker_url, self.device_id) as client:
            await client.subscribe(f"tongxing/v1/{self.device_id}/ack", qos=1)
            listening = asyncio.create_task(self._listen(client))
            try:
                for number in itertools.takewhile(lambda n: n < readings or not done.is_set(), itertools.count()):
                    # Out to 300 m in a minute and home again, with noise.
                    north_m = 300.0 * (1 - abs(number % 24 / 12 - 1)) + random.uniform(-30, 30)
                    body = {
                        "latitude": HOME_LATITUDE + north_m / METRES_PER_DEGREE_NORTH,
                        "longitude": HOME_LONGITUDE,
                        "accuracy_m": float(random.choice([8, 12, 25, 90])),
                        "battery_pct": float(max(0, 90 - number // 2)),
                    }
                    await self._say(client, "location", number, body)
                    self.taken.append(self.began_at_s + EVERY_S * number)
                    # A device is no flood: what is on its way when ingest dies is a handful.
                    at_s = self.began_at_s + EVERY_S * (number + 1)
                    await self.clock.sleep_until(datetime.fromtimestamp(at_s, UTC))
                    if number % event_every == event_every - 1:
                        await self._press(client, number)
                await self._repeat_until_answered(client)
            finally:
                listening.cancel()

    async def _press(self, client: aiomqtt.Client, number: int) -> None:
        body = {"id": f"e{number}", "type": "sos"}
        self.pressed[f"e{number}"] = await self._say(client, "event", number, body)

    async def _say(self, client: aiomqtt.Client, level: str, number: int, body: dict[str, Any]) -> str:
        self.seq += 1
        told = json.dumps({"at": self.began_at_s + EVERY_S * number, "seq": self.seq} | body)
        await client.publish(f"tongxing/v1/{self.device_id}/{level}", told, qos=1, timeout=30)
        return told

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            self.answered.add(json.loads(message.payload)["id"])

    async def _repeat_until_answered(self, client: aiomqtt.Client, within_s: float = 30.0) -> None:
        """What docs/wire.md asks of a device, only faster."""
        deadline = time.monotonic() + within_s
        while missing := set(self.pressed) - self.answered:
            assert time.monotonic() < deadline, f"{len(missing)} safety events were never answered"
            for event_id in sorted(missing):
                await client.publish(f"tongxing/v1/{self.device_id}/event", self.pressed[event_id], qos=1)
            await asyncio.sleep(0.5)


async def uninterrupted(url: str) -> tuple[dict[int, PersonState], list[Outcome]]:
    """The pure engine over what the database holds, in the order in which it arrived."""
    registry = Registry(url)
    await registry.load()
    states: dict[int, PersonState] = {}
    outcomes = judge_all(states, readings_in_order(url), registry.persons)
    return states, outcomes


def readings_in_order(url: str) -> list[Reading]:
    locations = rows(
        url,
        """
        SELECT l.received_at, l.seq, l.person_id, device_id, at, latitude, longitude, accuracy_m, source, battery_pct,
            speed_mps, charging, worn, steps, at_home
        FROM locations l JOIN devices USING (device_key)
        """,
    )
    events = rows(
        url,
        """
        SELECT e.received_at, e.seq, e.person_id, device_id, at, event_id, type
        FROM safety_events e JOIN devices USING (device_key)
        """,
    )
    heard = [
        Reading(
            person_id=row[2], device_id=row[3], kind=ReadingKind.LOCATION, at=row[4], received_at=row[0],
            fix=Fix(
                latitude=row[5], longitude=row[6], accuracy_m=row[7], source=FixSource(row[8]), speed_mps=row[10]
            ),
            battery_pct=row[9], charging=row[11], worn=row[12], steps=row[13], at_home=row[14],
        )
        for row in locations
    ]  # fmt: skip
    heard += [
        Reading(
            person_id=row[2], device_id=row[3], kind=ReadingKind.EVENT, at=row[4], received_at=row[0],
            event=SafetyEvent(event_id=row[5], type=SafetyEventType(row[6])),
        )
        for row in events
    ]  # fmt: skip
    return sorted(heard, key=lambda reading: (reading.received_at, reading.at))


def frozen(states: dict[int, PersonState]) -> dict[int, bytes]:
    return {person_id: snapshot.freeze(state) for person_id, state in states.items()}


async def stored_states(url: str) -> dict[int, bytes]:
    """The states with which the next ingest would go on: what was stored, and the hearsay since."""
    connection = await database.connect(url)
    async with connection:
        book = await whole_book(connection)
        persons = [person_id for person_id, _ in await queries.deadlines(connection)]
    return {person_id: snapshot.freeze(book.state(person_id)) for person_id in persons}


async def whole_book(connection: database.Connection) -> StateBook:
    """Every state read at once."""
    book, deadlines = StateBook(), await queries.deadlines(connection)
    book.expect(deadlines)
    persons = [person_id for person_id, _ in deadlines]
    book.remember(persons, await queries.states(connection, persons), await queries.hearsay(connection, persons))
    return book
