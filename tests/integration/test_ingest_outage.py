"""The database or the broker goes away and comes back; ingest is asked to end.

Nothing is lost, nothing is doubled, health says why meanwhile, and what is held stays bounded.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from runtime import child
from runtime.embedded import ports, postgres
from tests import servers
from tests.conftest import missing as not_installed
from tests.integration.ingest_process import IngestProcess, ingest_process
from tests.integration.ingest_running import (
    device,
    publish,
    rows,
    rows_when,
    running_ingest,
    settings_for,
    unique,
)
from tests.registry_rows import HOME_LATITUDE, HOME_LONGITUDE, add_person

INSIDE = {"latitude": HOME_LATITUDE, "longitude": HOME_LONGITUDE, "accuracy_m": 12}
OUTSIDE = INSIDE | {"latitude": HOME_LATITUDE + 0.0018}
#: What deploy/mosquitto/mosquitto.conf lets ingest hold unacknowledged.
WINDOW = int(re.findall(r"^max_inflight_messages (\d+)", servers.MOSQUITTO_CONF.read_text(), re.MULTILINE)[0])


@dataclass
class PrivateDatabase:
    """A PostgreSQL of one test, to be stopped and started again."""

    folder: Path
    server: postgres.Server
    url: str = ""

    async def stop(self) -> None:
        await self.server.process.stop()

    async def start(self) -> None:
        port = int(self.server.url.rsplit(":", 1)[1].split("/")[0])
        self.server = await postgres.start(self.folder, port=port, settings=servers.FAST_AND_CARELESS)


@pytest_asyncio.fixture(loop_scope="session")
async def private_database() -> AsyncIterator[PrivateDatabase]:
    with servers.open_folder(servers._in_memory()) as folder:
        server = await postgres.start(folder, port=ports.any_free(), settings=servers.FAST_AND_CARELESS)
        private = PrivateDatabase(folder, server)
        try:
            databases = servers.Databases(server.url)
            await databases.migrate_template()
            private.url = databases.create("outage", template=databases.TEMPLATE)
            databases.close()
            yield private
        finally:
            await private.stop()


@dataclass
class PrivateMosquitto:
    """A Mosquitto of one test with our production settings, to be cut off and started again."""

    folder: Path
    port: int
    program: str
    process: child.Child

    @property
    def url(self) -> str:
        return f"mqtt://{ports.HOST}:{self.port}"

    async def start(self) -> None:
        self.process = await servers.start_mosquitto(self.program, self.folder, self.port)


@pytest_asyncio.fixture(loop_scope="session")
async def private_mosquitto() -> AsyncIterator[PrivateMosquitto]:
    program = servers.mosquitto_program()
    if program is None:
        not_installed("mosquitto", "apt-get install mosquitto")
    with servers.open_folder() as folder:
        port = ports.any_free()
        private = PrivateMosquitto(folder, port, program, await servers.start_mosquitto(program, folder, port))
        try:
            yield private
        finally:
            await private.process.stop()


async def health(port: int) -> tuple[int, str]:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}/health/ready")
        return answer.status_code, answer.text


async def health_when(port: int, words: str, within_s: float = 60.0) -> None:
    """Return once health says this."""
    deadline = time.monotonic() + within_s
    while words not in (said := (await health(port))[1]):
        assert time.monotonic() < deadline, f"health says {said!r}, not {words!r}"
        await asyncio.sleep(0.05)


async def metric(port: int, name: str) -> float:
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    return float(re.findall(rf"^{name} (\S+)$", text, re.MULTILINE)[0])


async def heartbeats(client: Any, device_id: str, began_at: float, numbers: range) -> None:
    """Telemetry, one message a second of event time; returns when the broker has taken all of it."""
    bodies = [json.dumps({"at": began_at + number, "seq": number, "battery_pct": 80}) for number in numbers]
    topic = f"tongxing/v1/{device_id}/heartbeat"
    for start in range(0, len(bodies), 500):
        await asyncio.gather(*(client.publish(topic, body, qos=1, timeout=30) for body in bodies[start : start + 500]))


def sequence_numbers(url: str) -> list[int]:
    return [row[0] for row in rows(url, "SELECT seq FROM heartbeats ORDER BY seq")]


async def test_the_database_is_away_for_a_while(
    private_database: PrivateDatabase, private_mosquitto: PrivateMosquitto, tmp_path: Path
) -> None:
    bracelet, database = unique("zb"), private_database
    add_person(database.url, bracelet=bracelet)
    now, flood = time.time(), WINDOW + 1_500
    async with ingest_process(database.url, private_mosquitto.url, unique("t"), tmp_path) as ingest:
        await ingest.ready()
        async with device(private_mosquitto.url, bracelet, max_inflight_messages=1_000) as client:
            await client.subscribe(f"tongxing/v1/{bracelet}/ack", qos=1)
            await publish(client, bracelet, "location", at=now - 90, **INSIDE)
            await rows_when(database.url, "SELECT 1 FROM locations", count=1)
            await database.stop()
            await publish(client, bracelet, "location", at=now - 60, **OUTSIDE)
            await publish(client, bracelet, "event", id="in-the-dark", type="sos")
            await heartbeats(client, bracelet, now - 9_000, range(1, flood + 1))
            await health_when(ingest.port, "pipeline: not connected to the database")
            assert (await health(ingest.port))[0] == 503
            assert await metric(ingest.port, "tongxing_ingest_waiting") <= WINDOW
            await publish(client, bracelet, "location", at=now - 20, **OUTSIDE)
            await database.start()
            answer = json.loads((await asyncio.wait_for(anext(client.messages), 60)).payload)
            assert answer["id"] == "in-the-dark"
            await rows_when(database.url, "SELECT 1 FROM heartbeats", count=flood, within_s=120)
            await rows_when(database.url, "SELECT 1 FROM locations", count=3)
            # Commands went out too: the downlink found its way back.
            await rows_when(database.url, "SELECT 1 FROM commands WHERE sent_at IS NOT NULL", count=2)
            assert (await health(ingest.port))[0] == 200
            assert await metric(ingest.port, "tongxing_ingest_waiting") == 0
        assert await ingest.terminate() == 0
    assert sequence_numbers(database.url) == list(range(1, flood + 1))
    assert rows(database.url, "SELECT reason, detail FROM quarantine") == []
    assert rows(database.url, "SELECT kind, count(*) FROM detections GROUP BY kind ORDER BY kind") == [
        ("sos", 1), ("zone_exit", 1),
    ]  # fmt: skip


async def test_connections_are_ended_and_refused(
    databases: servers.Databases, database_url: str, broker_url: str
) -> None:
    """As a failover does: the server runs, and this database takes nobody."""
    bracelet, name = unique("zb"), database_url.rsplit("/", 1)[1]
    add_person(database_url, bracelet=bracelet)
    now = time.time()
    settings = settings_for(database_url, broker_url)
    async with running_ingest(settings), device(broker_url, bracelet) as client:
        await heartbeats(client, bracelet, now - 100, range(1, 4))
        await rows_when(database_url, "SELECT 1 FROM heartbeats", count=3)
        refuse(databases, name)
        await heartbeats(client, bracelet, now - 100, range(4, 8))
        await health_when(settings.ingest_health_port, "not connected to the database")
        databases._connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await rows_when(database_url, "SELECT 1 FROM heartbeats", count=7)
        # Somebody who is registered after it is heard: the registry found its way back too.
        other = unique("zb")
        add_person(database_url, bracelet=other)
        deadline = time.monotonic() + 60
        while not rows(database_url, "SELECT 1 FROM locations"):
            assert time.monotonic() < deadline
            await publish(client, other, "location", **INSIDE)
            await asyncio.sleep(0.1)
    assert sequence_numbers(database_url) == list(range(1, 8))
    assert rows(database_url, "SELECT max(missing) FROM device_states") == [(0,)]


def refuse(databases: servers.Databases, name: str) -> None:
    databases._connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    databases._connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))


async def test_the_broker_is_cut_off_and_comes_back(
    database_url: str, private_mosquitto: PrivateMosquitto, tmp_path: Path
) -> None:
    bracelet, broker = unique("zb"), private_mosquitto
    add_person(database_url, bracelet=bracelet)
    now = time.time()
    async with ingest_process(database_url, broker.url, unique("t"), tmp_path) as ingest:
        await ingest.ready()
        with contextlib.suppress(Exception):
            async with device(broker.url, bracelet) as client:
                await heartbeats(client, bracelet, now - 100, range(1, 41))
                await broker.process.stop()
        await health_when(ingest.port, f"live: not connected to the broker at 127.0.0.1:{broker.port}")
        assert "safety: not connected" in (await health(ingest.port))[1]
        await broker.start()
        await ingest.ready()
        async with device(broker.url, bracelet) as client:
            await client.subscribe(f"tongxing/v1/{bracelet}/ack", qos=1)
            await heartbeats(client, bracelet, now - 100, range(41, 81))
            await publish(client, bracelet, "event", id="after", type="sos")
            assert json.loads((await asyncio.wait_for(anext(client.messages), 60)).payload)["id"] == "after"
        await rows_when(database_url, "SELECT 1 FROM heartbeats", count=80)
        assert await ingest.terminate() == 0
    assert sequence_numbers(database_url) == list(range(1, 81))
    assert rows(database_url, "SELECT reason, detail FROM quarantine") == []
    assert rows(database_url, "SELECT missing FROM device_states") == [(0,)]


async def test_asked_to_end_it_finishes_what_is_in_hand(database_url: str, mosquitto_url: str, tmp_path: Path) -> None:
    """What was stored before the end was acknowledged, and only that: the next one stores exactly the rest."""
    bracelet, client_id, count = unique("zb"), unique("t"), 3_000
    add_person(database_url, bracelet=bracelet)
    began_at = time.time() - count
    async with device(mosquitto_url, bracelet, max_inflight_messages=1_000) as client:
        async with ingest_process(database_url, mosquitto_url, client_id, tmp_path) as ingest:
            await ingest.ready()
            talking = asyncio.create_task(heartbeats(client, bracelet, began_at, range(1, count + 1)))
            await rows_when(database_url, "SELECT 1 FROM heartbeats", count=200)
            assert await ingest.terminate() == 0
            await talking
        stored = sequence_numbers(database_url)
        async with ingest_process(database_url, mosquitto_url, client_id, tmp_path) as ingest:
            await rows_when(database_url, "SELECT 1 FROM heartbeats", count=count)
            await ingest.ready()
            assert await ingest.terminate() == 0
    assert 200 <= len(stored) <= count
    assert sequence_numbers(database_url) == list(range(1, count + 1))
    assert rows(database_url, "SELECT missing, last_seq FROM device_states") == [(0, count)]


@pytest.mark.alone
async def test_asked_to_end_while_the_database_is_away(
    private_database: PrivateDatabase, mosquitto_url: str, tmp_path: Path
) -> None:
    bracelet, client_id, database = unique("zb"), unique("t"), private_database
    add_person(database.url, bracelet=bracelet)
    now = time.time()
    async with device(mosquitto_url, bracelet) as client:
        async with ingest_process(database.url, mosquitto_url, client_id, tmp_path) as ingest:
            await ingest.ready()
            await database.stop()
            await heartbeats(client, bracelet, now - 100, range(1, 11))
            await health_when(ingest.port, "not connected to the database")
            assert await ended_soon(ingest) == 0
        # Starting without a database is waiting for it, and that can be ended too.
        (tmp_path / "ingest.log").unlink()
        async with ingest_process(database.url, mosquitto_url, client_id, tmp_path) as ingest:
            await log_when(ingest, "database_away", times=2)
            assert await ended_soon(ingest) == 0
        await database.start()
        async with ingest_process(database.url, mosquitto_url, client_id, tmp_path) as ingest:
            await rows_when(database.url, "SELECT 1 FROM heartbeats", count=10)
            await ingest.ready()
            assert await ingest.terminate() == 0


async def ended_soon(ingest: IngestProcess) -> int:
    asked_at_s = time.monotonic()
    code = await ingest.terminate()
    assert time.monotonic() - asked_at_s < 8, "a supervisor would have killed it"
    return code


async def log_when(ingest: IngestProcess, word: str, *, times: int, within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while (text := ingest.log.read_text()).count(word) < times:
        assert time.monotonic() < deadline, text[-1_000:]
        await asyncio.sleep(0.05)


@pytest.fixture(params=["broker_url", "mosquitto_url"])
def any_broker(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


async def test_a_retained_status_is_news_once(database_url: str, any_broker: str) -> None:
    """A will of last week that the broker repeats at every subscription is no sign of life."""
    bracelet = unique("zb")
    add_person(database_url, bracelet=bracelet)
    topic, gone = f"tongxing/v1/{bracelet}/status", json.dumps({"online": False})
    query = "SELECT online, last_seen_at FROM device_states"
    async with device(any_broker, bracelet) as client:
        async with running_ingest(settings_for(database_url, any_broker)):
            await client.publish(topic, gone, qos=1, retain=True)
            first = await rows_when(database_url, query, count=1)
        # Another name is another session: everything retained comes again.
        async with running_ingest(settings_for(database_url, any_broker)):
            await publish(client, bracelet, "event", id="later", type="strap_fastened", seq=1)
            await rows_when(database_url, "SELECT 1 FROM safety_events", count=1)
            await publish(client, bracelet, "location", at=time.time() - 60, **INSIDE)
            await rows_when(database_url, "SELECT 1 FROM locations", count=1)
        await client.publish(topic, b"", qos=1, retain=True)
    assert first[0][0] is False
    assert rows(database_url, "SELECT online FROM device_states") == [(True,)]
    assert rows(database_url, "SELECT reason FROM quarantine") == []
