"""From a device's publish to the notification in its channel, with 2,000 other messages a second around it.

Mosquitto with our configuration, PostgreSQL with its defaults (durable), ingest and alerts as processes, a webhook
receiver here. A probe is an SOS of a person of their own every eighth of a second; what is measured is from the moment
before its packet is written until the first byte of the webhook is read.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import numpy as np
import psycopg

from runtime import migrate
from runtime.embedded import ports, postgres
from tests import servers
from tests.alerts.scene import Request, receiving, webhook
from tests.benchmarks.publisher import Session
from tests.integration.ingest_running import ready

ROOT = Path(__file__).parents[2]
PERSONS, RATE, PROBES, EVERY_S = 10_000, 2_000, 240, 0.125
#: Messages written at once: one packet of the generator every 5 ms.
TOGETHER = RATE // 200
#: Everybody has been heard four times: what a first fix costs is no steady state.
WARM_UP_S = 20.0
HOME = (36.81, 118.05)


def measure() -> dict[str, float]:
    """p50, p99: milliseconds; probes answered; background messages a second really published."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, float]:
    program = servers.mosquitto_program()
    if program is None:
        raise SystemExit("bench: Mosquitto is missing: apt-get install mosquitto")
    arrived: dict[int, float] = {}

    async def ring(request: Request) -> str:
        arrived.setdefault(int(request.path.rpartition("/")[2]), time.perf_counter())
        return "200 OK"

    with servers.open_folder() as folder:
        server = await postgres.start(folder, port=ports.any_free(), settings={"max_connections": "60"})
        async with server.process, servers.private_mosquitto(program) as broker, receiving(ring) as phones:
            await migrate.migrate(server.url)
            _settle(server.url, phones.url)
            async with _services(server.url, broker, folder):
                return await _probe(server.url, broker, arrived)


def _settle(url: str, phones: str) -> None:
    """Persons with a bracelet and a circle; the first PROBES have somebody who is told."""
    home = json.dumps({"type": "Point", "coordinates": [HOME[1], HOME[0]]})
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO persons (display_name, division) SELECT 'P' || n, '370303001001'"
            " FROM generate_series(1, %s) n", (PERSONS,),
        )  # fmt: skip
        connection.execute(
            "INSERT INTO devices (device_id, kind, person_id) SELECT 'zb-' || person_id, 'bracelet', person_id"
            " FROM persons"
        )
        connection.execute(
            "INSERT INTO zones (person_id, name, geometry, radius_m) SELECT person_id, 'home', %s, 200 FROM persons",
            (home,),
        )
        for person_id in range(1, PROBES + 1):
            channels = json.dumps([webhook(f"{phones}/{person_id}")])
            connection.execute(
                "INSERT INTO receivers (relation, person_id, display_name, channels) VALUES ('family', %s, 'F', %s)",
                (person_id, channels),
            )
        connection.execute("ANALYZE")


@contextlib.asynccontextmanager
async def _services(url: str, broker: str, folder: Path) -> AsyncIterator[None]:
    """ingest and alerts, ready."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TONGXING_")}
    async with contextlib.AsyncExitStack() as stack:
        for name in ("ingest", "alerts"):
            port = ports.any_free()
            environment = kept | {
                "PYTHONPATH": str(ROOT),
                "TONGXING_DATABASE_URL": url,
                "TONGXING_BROKER_URL": broker,
                f"TONGXING_{name.upper()}_HEALTH_PORT": str(port),
                "TONGXING_LOG_LEVEL": "warning",
            }
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "runtime.cli", name, cwd=folder, env=environment
            )
            stack.push_async_callback(_end, process)
            await ready(port, within_s=60)
        yield


async def _end(process: asyncio.subprocess.Process) -> None:
    process.terminate()
    await asyncio.wait_for(process.wait(), 30)


async def _probe(url: str, broker: str, arrived: dict[int, float]) -> dict[str, float]:
    background, probes = await Session.open(broker, "background"), await Session.open(broker, "probes")
    stop = asyncio.Event()
    begun_s = time.perf_counter()
    running = asyncio.create_task(_background(background, stop))
    await asyncio.sleep(WARM_UP_S)
    pressed: dict[int, float] = {}
    for person_id in range(1, PROBES + 1):
        payload = json.dumps(
            {"id": f"probe-{person_id}", "type": "sos", "at": time.time(), "published_at": time.time()}
        ).encode()
        pressed[person_id] = time.perf_counter()
        await probes.send([(f"tongxing/v1/zb-{person_id}/event".encode(), payload)])
        await asyncio.sleep(EVERY_S)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(10):
            while len(arrived) < PROBES:  # noqa: ASYNC110 - another task fills it
                await asyncio.sleep(0.05)
    stop.set()
    await running
    spent_s = time.perf_counter() - begun_s
    await background.close()
    await probes.close()
    latencies_ms = [(arrived[key] - pressed[key]) * 1_000 for key in pressed if key in arrived]
    stages = _stages(url)
    return stages | {
        "p50": round(float(np.percentile(latencies_ms, 50)), 1),
        "p99": round(float(np.percentile(latencies_ms, 99)), 1),
        "probes_answered": len(latencies_ms),
        "probes": PROBES,
        "background_per_s": round(background.published / spent_s),
    }


def _stages(url: str) -> dict[str, float]:
    """Where the median probe's time went, in milliseconds: to ingest, to its judging, to the outbox, to the channel."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT extract(epoch FROM d.received_wall - d.published_wall)::float8,"
            " extract(epoch FROM d.judged_at - d.received_wall)::float8,"
            " extract(epoch FROM n.created_at - d.judged_at)::float8,"
            " extract(epoch FROM a.handed_wall - n.created_at)::float8"
            " FROM detections d JOIN notifications n USING (detection_id) JOIN notification_attempts a USING"
            " (notification_id) WHERE d.kind = 'sos' AND a.attempt = 1"
        ).fetchall()
    names = ("to_ingest", "to_judged", "to_outbox", "to_channel")
    return {
        f"{name}_p{share}": round(float(np.percentile(stage, share)) * 1_000, 1)
        for name, stage in zip(names, zip(*rows, strict=True), strict=True)
        for share in (50, 99)
    }


async def _background(session: Session, stop: asyncio.Event) -> None:
    """RATE messages a second, open loop: everybody but the probes, each in turn, at home and still.

    So few persons speak every five seconds instead of every minute; their fixes keep to a place within 15 m or so of
    home, with a jitter of 2 m, and count no steps, as a bracelet's do that lies still for minutes.
    """
    random = Random(7)
    places = [(random.gauss(0, 1e-4), random.gauss(0, 1e-4)) for _ in range(PERSONS + 1)]
    begun_s, sent = time.perf_counter(), 0
    while not stop.is_set():
        messages = []
        for _ in range(TOGETHER):
            person_id = PROBES + 1 + sent % (PERSONS - PROBES)
            sent += 1
            north, east = places[person_id]
            fix = {
                "at": time.time(), "latitude": HOME[0] + north + random.gauss(0, 2e-5), "steps": 0,
                "longitude": HOME[1] + east + random.gauss(0, 2e-5), "accuracy_m": 12, "battery_pct": 70, "worn": True,
            }  # fmt: skip
            messages.append((f"tongxing/v1/zb-{person_id}/location".encode(), json.dumps(fix).encode()))
        await session.send(messages)
        await asyncio.sleep(max(0.0, begun_s + sent / RATE - time.perf_counter()))


if __name__ == "__main__":
    print(json.dumps(measure()))
