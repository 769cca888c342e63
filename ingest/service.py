"""The ingest process: sessions, registry, pipeline and downlink together, and their end in the right order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from ingest import metrics
from ingest.batching import Batcher
from ingest.downlink import Downlink
from ingest.dropped import Dropped
from ingest.identity.keeper import Keeper, Target
from ingest.lanes import LANES
from ingest.pipeline import Pipeline
from ingest.registry import Registry
from ingest.settings import IngestSettings
from ingest.sources.session import BrokerSession
from runtime import broker_address
from runtime import clock as clocks
from runtime.service import Stop, collector_held, ended, serve_health, spare_the_collector, together

log = structlog.get_logger(__name__)


async def serve(settings: IngestSettings, stop: Stop) -> None:
    """Run until asked to stop: the batch in hand is committed and acknowledged before the sessions end."""
    clock = clocks.from_settings(settings)
    registry = Registry(settings.database_url)
    batcher = Batcher(
        messages=settings.ingest_batch_messages,
        age_s=settings.ingest_batch_age_ms / 1000,
        now=clock.now,
        whose=registry.whose,
    )
    # Asked when the metrics are read: a pipeline that waits for the database cannot tell.
    metrics.WAITING.set_function(lambda: len(batcher))
    client_id = settings.ingest_client_id
    broker, version = broker_address.of(settings), settings.ingest_mqtt_version
    pacing_ms = settings.ingest_read_pacing_ms
    sessions = [
        BrokerSession(broker, client_id, lane, batcher, clock, version=version, pacing_ms=pacing_ms) for lane in LANES
    ]
    downlink = Downlink(broker, settings.database_url, client_id, clock)
    pipeline = Pipeline(
        settings.database_url,
        registry,
        batcher,
        downlink,
        clock,
        caught_up=lambda: all(s.caught_up for s in sessions),
        most_per_min=settings.ingest_device_per_min,
    )

    def ready() -> dict[str, str]:
        wrong = {lane.name: session.problem for lane, session in zip(LANES, sessions, strict=True) if session.problem}
        return wrong | ({"pipeline": pipeline.problem} if pipeline.problem else {})

    dropped = Dropped(broker, client_id)
    health = asyncio.create_task(_health(settings, stop, ready, dropped))
    # A part that ends has failed: end the process, so that its supervisor starts it anew.
    health.add_done_callback(lambda _: stop.request())
    background: list[asyncio.Task[None]] = []
    try:
        with collector_held():
            opened = await _unless_stopped(stop, registry.open()) and await _unless_stopped(stop, pipeline.start(stop))
        if opened:
            spare_the_collector()
            parts = [registry.follow(), downlink.run(), dropped.run(), *(session.run() for session in sessions)]
            if (target := Target.of(settings)) is not None:
                parts.append(Keeper(settings.database_url, target).run())
            background = [asyncio.create_task(part) for part in parts]
            for task in background:
                task.add_done_callback(lambda _: stop.request())
            log.info("ingest_runs", devices=len(registry.devices))
            await together(stop, pipeline.run(stop))
    finally:
        await _end(background)
        await health
    log.info("ingest_ended")


async def _health(settings: IngestSettings, stop: Stop, ready: Callable[[], dict[str, str]], dropped: Dropped) -> None:
    """Say what is wrong, and what the broker dropped, to whoever asks."""
    await serve_health(
        stop,
        host=settings.ingest_health_host,
        port=settings.ingest_health_port,
        ready=ready,
        notes=lambda: {"broker": dropped.note} if dropped.note else {},
    )


async def _unless_stopped(stop: Stop, work: Coroutine[Any, Any, None]) -> bool:
    """Do something that may wait for the database. Whether it was done before we were asked to stop."""
    working, asked = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait({working, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if working.done():
        working.result()
        return True
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    return False


async def _end(background: list[asyncio.Task[None]]) -> None:
    for result in await ended(background):
        if isinstance(result, Exception):
            raise result
