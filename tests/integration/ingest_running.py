"""A real ingest, a real device: what the ingest tests share."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import aiomqtt
import httpx
import psycopg

from ingest.service import serve
from ingest.settings import IngestSettings
from runtime import identifiers
from runtime.service import Stop


def unique(prefix: str) -> str:
    """A name of this test's own: the broker is shared by the session."""
    return f"{prefix}-{identifiers.token()[:8].replace('_', '-')}"


def settings_for(database_url: str, broker_url: str, **further: Any) -> IngestSettings:
    values = {"ingest_health_port": free_port(), "ingest_client_id": unique("t")} | further
    return IngestSettings(database_url=database_url, broker_url=broker_url, **values)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def ready(port: int, within_s: float = 60.0) -> None:
    """Return when a service's health says ready."""
    deadline = time.monotonic() + within_s
    said = "nothing"
    async with httpx.AsyncClient() as client:
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                answer = await client.get(f"http://127.0.0.1:{port}/health/ready")
                said = answer.text
                if answer.is_success:
                    return
            await asyncio.sleep(0.05)
    raise AssertionError(f"not ready: {said}")


@contextlib.asynccontextmanager
async def running_ingest(settings: IngestSettings) -> AsyncIterator[Stop]:
    """Ingest in this process, until the block ends."""
    stop = Stop()
    task = asyncio.create_task(serve(settings, stop))
    try:
        await ready(settings.ingest_health_port)
        yield stop
    finally:
        stop.request()
        await task


def device(broker_url: str, device_id: str, **further: Any) -> aiomqtt.Client:
    parts = urlsplit(broker_url)
    assert parts.hostname
    return aiomqtt.Client(hostname=parts.hostname, port=parts.port or 1883, identifier=device_id, **further)


async def publish(client: aiomqtt.Client, device_id: str, level: str, **told: Any) -> None:
    message = {"at": time.time()} | told
    await client.publish(f"tongxing/v1/{device_id}/{level}", json.dumps(message), qos=1)


def rows(url: str, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query, parameters).fetchall()


async def rows_when(
    url: str, query: str, *parameters: object, count: int, within_s: float = 60.0
) -> list[tuple[Any, ...]]:
    """The rows of a query as soon as there are `count`; fails with what there is when they do not come."""
    deadline = time.monotonic() + within_s
    while True:
        found = rows(url, query, *parameters)
        if len(found) >= count:
            return found
        assert time.monotonic() < deadline, f"{len(found)} of {count} rows: {query}: {found[:5]}"
        await asyncio.sleep(0.02)
