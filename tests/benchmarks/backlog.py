"""A street's base station comes back: 4,500 devices return after two hours, while others press their buttons.

1,500 bracelets with a fix a minute and 3,000 beds with a report every ten seconds, 2.34 million readings, in messages of
120, half of the devices newest first. A twentieth of the wearers were outside for an hour of it and are home again. A
probe is an SOS of a person of their own every eighth of a second; what is measured is from before its packet is written
until Tongxing's answer, after the commit, is read on its `ack` topic. Mosquitto with our configuration, PostgreSQL with
its defaults (durable), ingest as a process. Devices publish as fast as what waits stays below WINDOW readings.

    python -m tests.benchmarks.backlog --devices 900
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import aiomqtt
import httpx
import numpy as np
import psycopg

from runtime import migrate
from runtime.embedded import ports, postgres
from tests import servers
from tests.benchmarks.publisher import Session
from tests.integration.ingest_running import ready

ROOT = Path(__file__).parents[2]
HOME = (36.81, 118.05)
DEVICES, OUTAGE_S = 4_500, 7_200
#: Seconds between two readings of a bracelet, of a bed.
FIX_EVERY_S, BED_EVERY_S = 60, 10
#: Readings in a message.
TOGETHER = 120
#: Readings that may be published and not committed.
WINDOW = 400_000
#: One probe each; they begin anew when all have pressed.
PROBES, EVERY_S = 200, 0.125
#: Real seconds for everything.
PATIENCE_S = 220.0
OUT_DEGREES = 0.006


@dataclass
class Scene:
    """Who returns, and what came of it."""

    url: str
    broker: str
    health: str
    devices: int
    now_s: float = field(default_factory=time.time)
    readings: int = 0
    #: When each press was sent, and how long its answer took; by event id.
    pressed: dict[str, float] = field(default_factory=dict)
    answered_ms: dict[str, float] = field(default_factory=dict)

    @property
    def bracelets(self) -> int:
        """A third, as in the city."""
        return self.devices // 3


def measure(devices: int = DEVICES) -> dict[str, float]:
    """`safety_p50`, `safety_p99`: milliseconds; `readings_per_s` from the first publish to the last commit; counts."""
    return asyncio.run(_measure(devices))


async def _measure(devices: int) -> dict[str, float]:
    program = servers.mosquitto_program()
    if program is None:
        raise SystemExit("bench: Mosquitto is missing: apt-get install mosquitto")
    with servers.open_folder() as folder:
        server = await postgres.start(folder, port=ports.any_free(), settings={"max_connections": "60"})
        async with server.process, servers.private_mosquitto(program) as broker:
            await migrate.migrate(server.url)
            _settle(server.url, devices)
            async with _ingest(server.url, broker, folder) as health:
                scene = Scene(url=server.url, broker=broker, health=health, devices=devices)
                async with asyncio.timeout(PATIENCE_S):
                    return await _return(scene)


def _settle(url: str, devices: int) -> None:
    """Beds `b-n` and bracelets `w-n` of the first third; probes of their own, `p-n`. Everybody has a circle."""
    home = json.dumps({"type": "Point", "coordinates": [HOME[1], HOME[0]]})
    bracelets = devices // 3
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO persons (display_name, division) SELECT 'P' || n, '370303001001' FROM generate_series(1, %s) n",
            (devices - bracelets + PROBES,),
        )
        for prefix, kind, first, last in (
            ("b", "bed", 1, devices - bracelets),
            ("w", "bracelet", 1, bracelets),
            ("p", "bracelet", devices - bracelets + 1, devices - bracelets + PROBES),
        ):
            connection.execute(
                "INSERT INTO devices (device_id, kind, person_id)"
                " SELECT %s || '-' || (n - %s), %s, n FROM generate_series(%s::int, %s::int) n",
                (prefix, first - 1, kind, first, last),
            )
        connection.execute(
            "INSERT INTO zones (person_id, name, geometry, radius_m) SELECT person_id, 'home', %s, 200 FROM persons",
            (home,),
        )
        connection.execute("ANALYZE")


@contextlib.asynccontextmanager
async def _ingest(url: str, broker: str, folder: Path) -> AsyncIterator[str]:
    """ingest, ready; the address of its metrics."""
    kept, port = (
        {name: value for name, value in os.environ.items() if not name.startswith("TONGXING_")},
        ports.any_free(),
    )
    environment = kept | {
        "PYTHONPATH": str(ROOT),
        "TONGXING_DATABASE_URL": url,
        "TONGXING_BROKER_URL": broker,
        "TONGXING_INGEST_HEALTH_PORT": str(port),
        "TONGXING_LOG_LEVEL": "warning",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "runtime.cli", "ingest", cwd=folder, env=environment
    )
    try:
        await ready(port, within_s=60)
        yield f"http://127.0.0.1:{port}/metrics"
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 30)


async def _return(scene: Scene) -> dict[str, float]:
    stop = asyncio.Event()
    parts = urlsplit(scene.broker)
    assert parts.hostname
    async with aiomqtt.Client(parts.hostname, parts.port or 1883, identifier="listener") as listener:
        await listener.subscribe("tongxing/v1/+/ack", qos=1)
        working = [asyncio.create_task(_listen(scene, listener)), asyncio.create_task(_press(scene, stop))]
        begun_s = time.perf_counter()
        await _publish_everything(scene)
        done = 0
        while done < scene.readings:
            await asyncio.sleep(0.2)
            done = await _committed(scene)
        spent_s = time.perf_counter() - begun_s
        stop.set()
        await working[1]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                while len(scene.answered_ms) < len(scene.pressed):  # noqa: ASYNC110 - another task fills it
                    await asyncio.sleep(0.05)
        working[0].cancel()
    return _figures(scene, spent_s, done)


def _figures(scene: Scene, spent_s: float, done: int) -> dict[str, float]:
    answers = list(scene.answered_ms.values())
    with psycopg.connect(scene.url) as connection:
        kinds = Counter(dict(connection.execute("SELECT kind, count(*) FROM detections GROUP BY kind").fetchall()))
        tables = " + ".join(f"(SELECT count(*) FROM {table})" for table in ("locations", "bed_reports"))
        (stored,) = connection.execute(f"SELECT {tables}").fetchone() or (0,)  # type: ignore[arg-type]
    return {
        "safety_p50": round(float(np.percentile(answers, 50)), 1),
        "safety_p99": round(float(np.percentile(answers, 99)), 1),
        "readings_per_s": round(done / spent_s),
        "readings": scene.readings,
        "lost": scene.readings - int(stored),
        "presses": len(scene.pressed),
        "presses_unanswered": len(scene.pressed) - len(scene.answered_ms),
        "presses_undetected": len(scene.pressed) - kinds["sos"],
        "alerts_of_what_is_over": sum(kinds.values()) - kinds["sos"],
    }


async def _publish_everything(scene: Scene) -> None:
    """Every device's two hours, a message of each device in turn, as fast as ingest lets them."""
    session = await Session.open(scene.broker, "returning")
    waiting: list[tuple[bytes, bytes]] = []
    committed = 0
    for device_id, readings in _messages(scene):
        waiting.append((f"tongxing/v1/{device_id}/backlog".encode(), _body(readings)))
        scene.readings += len(readings)
        if len(waiting) >= 16:
            await session.send(waiting)
            waiting.clear()
            while scene.readings - committed > WINDOW:
                committed = await _committed(scene)
                await asyncio.sleep(0.05)
    await session.send(waiting)
    await session.close()


def _body(readings: list[str]) -> bytes:
    return f'{{"readings":[{",".join(readings)}]}}'.encode()


def _messages(scene: Scene) -> Iterator[tuple[str, list[str]]]:
    """(device, readings): devices return one after the other, within a minute or so, each with all it has kept."""
    beds = scene.devices - scene.bracelets
    for number in range(1, beds + 1):
        yield from _parts(f"b-{number}", _bed(scene, number), number)
        if number <= scene.bracelets:
            yield from _parts(f"w-{number}", _fixes(scene, number), number)


def _parts(device_id: str, readings: list[str], number: int) -> Iterator[tuple[str, list[str]]]:
    ordered = readings[::-1] if number % 2 else readings
    for begin in range(0, len(ordered), TOGETHER):
        yield device_id, ordered[begin : begin + TOGETHER]


def _bed(scene: Scene, number: int) -> list[str]:
    count = OUTAGE_S // BED_EVERY_S
    began_s = scene.now_s - OUTAGE_S + number % BED_EVERY_S
    return [
        f'{{"kind":"bed","at":{began_s + BED_EVERY_S * n:.1f},"seq":{n},"status":"occupied","heart_rate_bpm":{58 + n % 7},'
        f'"breathing_rate_bpm":{13 + n % 3},"movement_pct":{n % 5},"quality_pct":92}}'
        for n in range(count)
    ]


def _fixes(scene: Scene, number: int) -> list[str]:
    """At home; every twentieth person was out between the first half hour and the last, and is back."""
    count = OUTAGE_S // FIX_EVERY_S
    began_s = scene.now_s - OUTAGE_S + number % FIX_EVERY_S
    out = range(count // 4, count * 3 // 4) if number % 20 == 0 else range(0)
    return [
        f'{{"kind":"location","at":{began_s + FIX_EVERY_S * n:.1f},"seq":{n},'
        f'"latitude":{HOME[0] + (OUT_DEGREES if n in out else 0) + n % 3 * 1e-5:.6f},"longitude":{HOME[1]},'
        f'"accuracy_m":12,"battery_pct":70,"steps":0,"worn":true}}'
        for n in range(count)
    ]


async def _committed(scene: Scene) -> int:
    """Readings that ingest has committed, but for the probes."""
    async with httpx.AsyncClient() as client:
        text = (await client.get(scene.health, timeout=30)).text
    found = re.findall(r'^tongxing_readings_total\{[^}]*kind="(\w+)"[^}]*\} (\S+)$', text, re.MULTILINE)
    return int(sum(float(value) for kind, value in found if kind != "event"))


async def _press(scene: Scene, stop: asyncio.Event) -> None:
    session, number = await Session.open(scene.broker, "pressing"), 0
    begun_s = time.perf_counter()
    while not stop.is_set():
        event_id, device_id = f"e{number}", f"p-{number % PROBES + 1}"
        payload = json.dumps({"id": event_id, "type": "sos", "at": time.time()}).encode()
        scene.pressed[event_id] = time.perf_counter()
        await session.send([(f"tongxing/v1/{device_id}/event".encode(), payload)])
        number += 1
        await asyncio.sleep(max(0.0, begun_s + number * EVERY_S - time.perf_counter()))
    await session.close()


async def _listen(scene: Scene, listener: aiomqtt.Client) -> None:
    async for message in listener.messages:
        event_id = json.loads(bytes(message.payload))["id"]  # type: ignore[arg-type]
        took_ms = (time.perf_counter() - scene.pressed[event_id]) * 1_000
        scene.answered_ms.setdefault(event_id, took_ms)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=DEVICES)
    print(json.dumps(measure(parser.parse_args().devices)))
