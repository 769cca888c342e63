"""`tongxing ingest` with 100,000 persons: how long after a start until the first reading is judged, and its memory.

PostgreSQL and Mosquitto of its own, real processes. Everybody has three zones of 60 corners, a bracelet, and a past of
forty minutes that was judged (`MODELS` pasts, each lived by several). Ingest runs once, so that the broker knows its
session, and ends; a reading comes meanwhile; from the start of the process to that reading in the database is
`restart_100k_s`, the imports and the register included. Then everybody speaks once, so that every person and state is
in memory, and the resident memory is read: `ingest_rss_mb_100k`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import psutil
import psycopg

from geofence import snapshot
from geofence.memory import Memory
from geofence.person import Person
from geofence.reading import Reading
from runtime import migrate
from runtime.embedded import ports, postgres
from tests import servers
from tests.benchmarks.engine import BEGINS, DAY, EVERY, ZONES, Walk, place_of, ring_of, zones_of
from tests.benchmarks.publisher import Session
from tests.integration.ingest_running import ready

ROOT = Path(__file__).parents[2]
PERSONS, MODELS, PAST = 100_000, 2_000, 40
#: Readings a second while everybody speaks, and how many are written at once.
RATE, TOGETHER = 5_000, 50
STARTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is known of one model after the past."""

    snapshot: bytes
    due_at: datetime | None
    last: Reading
    safety: str


def measure() -> dict[str, float]:
    """Seconds and megabytes under their names; the best of `STARTS` starts, and each part of it."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, float]:
    program = servers.mosquitto_program()
    if program is None:
        raise SystemExit("bench: Mosquitto is missing: apt-get install mosquitto")
    with servers.open_folder() as folder:
        server = await postgres.start(folder, port=ports.any_free(), settings={"max_connections": "60"})
        async with server.process, servers.private_mosquitto(program) as broker:
            await migrate.migrate(server.url)
            await asyncio.to_thread(_settle, server.url)
            async with _ingest(server.url, broker, folder):
                pass
            took_s = [await _restart(server.url, broker, folder, number) for number in range(STARTS)]
            figures = await _everybody(server.url, broker, folder)
    return {"restart_100k_s": round(min(took_s), 2), "restart_100k_worst_s": round(max(took_s), 2)} | figures


def device_id(number: int) -> str:
    """Of equal length, so that a past can be lent to another."""
    return f"zb-{number:06d}"


def _pasts() -> list[Past]:
    memory, walk = Memory(), Walk(MODELS, DAY)
    people = {number: _person(number) for number in range(MODELS)}
    readings: list[Reading] = []
    for round_ in range(PAST):
        readings = [
            msgspec.structs.replace(each, device_id=device_id(each.person_id)) for each in walk.readings(round_)
        ]
        memory.judge_all(readings, people)
        memory.keep()
    return [
        Past(
            snapshot=snapshot.freeze(memory.state(number)),
            due_at=memory.due(people[number]),
            last=readings[number],
            safety=str(memory.safety(number)),
        )
        for number in range(MODELS)
    ]


def _person(number: int) -> Person:
    return Person(person_id=number, time_zone=ZoneInfo("Asia/Shanghai"), zones=zones_of(number))


def _settle(url: str) -> None:
    """Register and past of everybody: person n lives the past of model (n - 1) % MODELS."""
    pasts, geometries = _pasts(), [_geometries(number) for number in range(MODELS)]
    with psycopg.connect(url) as connection:
        for query, row in _TABLES:
            with connection.cursor() as cursor, cursor.copy(query) as copy:
                for number in range(1, PERSONS + 1):
                    copy.write_row(row(number, pasts[(number - 1) % MODELS]))
        with connection.cursor() as cursor, cursor.copy("COPY zones (person_id, name, geometry) FROM STDIN") as copy:
            for number in range(1, PERSONS + 1):
                for geometry in geometries[(number - 1) % MODELS]:
                    copy.write_row((number, "zone", geometry))
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def _geometries(number: int) -> list[str]:
    """The zones of one model as the register has them."""
    return [json.dumps({"type": "Polygon", "coordinates": [ring_of(number, index)]}) for index in range(ZONES)]


def _state_row(number: int, past: Past) -> tuple[object, ...]:
    own, theirs = device_id(number).encode(), past.last.device_id.encode()
    return number, past.snapshot.replace(theirs, own), past.due_at


def _position_row(number: int, past: Past) -> tuple[object, ...]:
    last, fix = past.last, past.last.fix
    assert fix is not None
    return number, number, last.at, last.at, fix.latitude, fix.longitude, fix.accuracy_m, "gnss", past.safety, 0


_TABLES = (
    ("COPY persons (person_id, display_name, division) FROM STDIN", lambda n, _: (n, f"P{n}", "370303001001")),
    (
        "COPY devices (device_key, device_id, kind, person_id) FROM STDIN",
        lambda n, _: (n, device_id(n), "bracelet", n),
    ),
    ("COPY engine_states (person_id, snapshot, due_at) FROM STDIN", _state_row),
    (
        "COPY device_states (device_key, last_seen_at, online, last_seq, seq_gaps, location_at) FROM STDIN",
        lambda n, past: (n, past.last.at, True, PAST, b"", past.last.at),
    ),
    (
        (
            "COPY latest_positions (person_id, device_key, at, received_at, latitude, longitude, accuracy_m, source,"
            " safety, revision) FROM STDIN"
        ),
        _position_row,
    ),
)


@contextlib.asynccontextmanager
async def _ingest(url: str, broker: str, folder: Path, *, wait: bool = True) -> AsyncIterator[int]:
    """Ingest as a process of its own, its clock at the end of the past; yields its process id."""
    port = ports.any_free()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TONGXING_")}
    environment = kept | {
        "PYTHONPATH": str(ROOT),
        "TONGXING_DATABASE_URL": url,
        "TONGXING_BROKER_URL": broker,
        "TONGXING_INGEST_HEALTH_PORT": str(port),
        "TONGXING_LOG_LEVEL": "warning",
        "TONGXING_CLOCK_START": (BEGINS + PAST * EVERY).isoformat(),
        "TONGXING_CLOCK_RATE": "1",
        "TONGXING_CLOCK_ANCHOR": datetime.now(UTC).isoformat(),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "runtime.cli", "ingest", cwd=folder, env=environment
    )
    try:
        if wait:
            await ready(port, within_s=120)
        yield process.pid
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 60)


async def _restart(url: str, broker: str, folder: Path, number: int) -> float:
    """Seconds from the start of the process until a reading that waited at the broker is in the database."""
    with psycopg.connect(url, autocommit=True) as connection:
        session, before = await Session.open(broker, f"one-{number}"), _judged(connection)
        await session.send([_message(number + 1, timedelta(seconds=1 + number))])
        await asyncio.sleep(0.5)
        await session.close()
        began_s = time.perf_counter()
        async with _ingest(url, broker, folder, wait=False):
            while _judged(connection) == before:
                assert time.perf_counter() < began_s + 120, "the reading that waited is not judged"
                await asyncio.sleep(0.01)
            return time.perf_counter() - began_s


async def _everybody(url: str, broker: str, folder: Path) -> dict[str, float]:
    """Memory when ingest is ready, and when everybody has spoken. Megabytes of a million bytes."""
    with psycopg.connect(url, autocommit=True) as connection:
        async with _ingest(url, broker, folder) as pid:
            at_start = _rss_mb(pid)
            before, session = _judged(connection), await Session.open(broker, "everybody")
            begun_s = time.perf_counter()
            for begin in range(STARTS + 1, PERSONS + 1, TOGETHER):
                numbers = range(begin, min(begin + TOGETHER, PERSONS + 1))
                await session.send([_message(number, timedelta(seconds=30)) for number in numbers])
                await asyncio.sleep(max(0.0, begun_s + begin / RATE - time.perf_counter()))
            while _judged(connection) < before + PERSONS - STARTS:
                assert time.perf_counter() < begun_s + 180, "not everybody's reading is judged"
                await asyncio.sleep(0.2)
            await session.close()
            return {"ingest_rss_mb_100k": _rss_mb(pid), "ingest_rss_mb_100k_at_start": at_start}


def _message(number: int, after: timedelta) -> tuple[bytes, bytes]:
    """A fix at home, a while after the past."""
    latitude, longitude = place_of((number - 1) % MODELS)
    said = {
        "at": (BEGINS + PAST * EVERY - EVERY + after).timestamp(), "latitude": latitude, "longitude": longitude,
        "accuracy_m": 12, "battery_pct": 70, "worn": True, "steps": 0,
    }  # fmt: skip
    return f"tongxing/v1/{device_id(number)}/location".encode(), json.dumps(said).encode()


def _judged(connection: psycopg.Connection[tuple[object, ...]]) -> int:
    row = connection.execute("SELECT count(*) FROM locations").fetchone()
    assert row is not None
    assert isinstance(row[0], int)
    return row[0]


def _rss_mb(pid: int) -> float:
    return round(psutil.Process(pid).memory_info().rss / 1e6)


if __name__ == "__main__":
    print(json.dumps(measure()))
