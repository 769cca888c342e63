"""From the commit of a new position to 500 clients of the live stream, over HTTP on the loopback.

`p99` is of single changes after a pause, which go out at once. Under changes without a pause the server gathers a
quarter of a second's (`api.live.COALESCE_S`): `busy_p99`, with 20 changes a second.
"""

from __future__ import annotations

import asyncio
import json
import time
from urllib.parse import urlsplit

import numpy as np
import psycopg

from tests.benchmarks.served import Served, serving

CLIENTS, PERSONS = 500, 1_500
#: Changes, and seconds between them.
SINGLE, APART_S = 60, 0.5
BUSY, CLOSE_S = 200, 0.05


class Watcher(asyncio.Protocol):
    """One client: remembers when each person's position came."""

    def __init__(self, address: str, token: str) -> None:
        self._request = (
            f"GET /api/v1/live HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n"
            "Accept: text/event-stream\r\n\r\n"
        ).encode()
        self.hello = asyncio.get_running_loop().create_future()
        self.came: dict[int, float] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        now_s = time.perf_counter()
        if not self.hello.done() and b"event: hello" in data:
            self.hello.set_result(None)
        for piece in data.split(b'"speed_mps":')[1:]:
            self.came.setdefault(int(piece.split(b",", 1)[0]), now_s)


def measure() -> dict[str, float]:
    """p50, p99, busy_p99: milliseconds; clients; how many of the changes each of them should have heard were heard."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, float]:
    async with serving(persons=PERSONS, fill="") as served:
        watchers = await _watch(served)
        single, heard = await _change(served, watchers, range(1, SINGLE + 1), APART_S)
        busy, heard_busy = await _change(served, watchers, range(1_001, 1_001 + BUSY), CLOSE_S)
    return {
        "p50": round(float(np.percentile(single, 50)), 1),
        "p99": round(float(np.percentile(single, 99)), 1),
        "busy_p99": round(float(np.percentile(busy, 99)), 1),
        "clients": len(watchers),
        "heard": round((heard + heard_busy) / (CLIENTS * (SINGLE + BUSY)), 4),
    }


async def _watch(served: Served) -> list[Watcher]:
    where, loop = urlsplit(served.address), asyncio.get_running_loop()
    watchers = []
    for _ in range(CLIENTS):
        _, watcher = await loop.create_connection(
            lambda: Watcher(where.netloc, served.token), where.hostname, where.port
        )
        watchers.append(watcher)
    async with asyncio.timeout(60):
        await asyncio.gather(*(watcher.hello for watcher in watchers))
    return watchers


async def _change(served: Served, watchers: list[Watcher], numbers: range, apart_s: float) -> tuple[list[float], int]:
    """Milliseconds from each commit to each client. A change carries its number as the speed."""
    committed: dict[int, float] = {}
    connection = await psycopg.AsyncConnection.connect(served.database_url)
    async with connection:
        begun_s = time.perf_counter()
        for count, number in enumerate(numbers, start=1):
            await connection.execute(
                "UPDATE latest_positions SET speed_mps = %s, at = now(), revision = nextval('latest_positions_revisions')"
                " WHERE person_id = %s",
                (number, number % PERSONS + 1),
            )
            await connection.execute("SELECT pg_notify('positions', '')")
            committed[number] = time.perf_counter()
            await connection.commit()
            await asyncio.sleep(max(0.0, begun_s + count * apart_s - time.perf_counter()))
        await asyncio.sleep(1.0)
    spent_ms = [
        (watcher.came[number] - at_s) * 1_000
        for watcher in watchers
        for number, at_s in committed.items()
        if number in watcher.came
    ]
    return spent_ms, len(spent_ms)


if __name__ == "__main__":
    print(json.dumps(measure()))
