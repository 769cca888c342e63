"""The alerts process: pipeline, delivery, the ear on the database, health.

All state is in the database, so several may run beside each other and any may be killed at any time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta

import psycopg
import structlog

from alerts import messages, metrics
from alerts.delivery import Delivery
from alerts.handover.platform import Platforms
from alerts.pipeline import Pipeline
from alerts.settings import AlertsSettings
from alerts.store import figures
from alerts.unreachable import Watch
from runtime import clock as clocks
from runtime import database
from runtime.clock import Clock
from runtime.service import Stop, ended, serve_health, spare_the_collector, together

log = structlog.get_logger(__name__)

#: Real seconds between looks at the outbox for the metrics.
MEASURE_EVERY_S = 5.0
#: Real seconds between counts of alerts a person and day, and the span they are counted over.
COUNT_EVERY_S = 60.0
COUNTED_OVER = timedelta(days=30)
#: Real seconds between looks for receivers who cannot be told.
LOOK_EVERY_S = 60.0
#: Connections: persons handled at once, attempts being recorded, and the claims.
POOL_SIZE = 8
#: Connections for platforms: a hook that hangs holds one for as long as it hangs, and none of the others.
PLATFORM_POOL_SIZE = 4


async def serve(settings: AlertsSettings, stop: Stop) -> None:
    """Run until asked to stop; then what is being sent is finished and recorded."""
    messages.install(settings.alerts_templates_dir)
    await (await database.connect_when_up(settings.database_url)).close()
    pool = await database.open_pool(settings.database_url, min_size=4, max_size=POOL_SIZE)
    platform_pool = await database.open_pool(settings.database_url, max_size=PLATFORM_POOL_SIZE)
    clock = clocks.from_settings(settings)
    delivery = Delivery(pool=pool, clock=clock, settings=settings)
    pipeline = Pipeline(pool=pool, clock=clock, wake_delivery=delivery.wake)

    def ready() -> dict[str, str]:
        wrong = pipeline.problem()
        return {"pipeline": wrong} if wrong else {}

    spare_the_collector()
    try:
        await together(
            stop,
            pipeline.run(stop),
            delivery.run(stop),
            Platforms(pool=platform_pool, timeout_s=settings.alerts_send_timeout_s).run(stop),
            _listen(settings.database_url, pipeline, delivery, stop),
            _measure(delivery, stop),
            _count(pool, clock, stop),
            _watch_receivers(pool, Watch(settings, settings.alerts_console_url, delivery.senders), clock, stop),
            serve_health(stop, host=settings.alerts_health_host, port=settings.alerts_health_port, ready=ready),
        )
    finally:
        await platform_pool.close()
        await pool.close()
    log.info("alerts_ended")


async def _listen(url: str, pipeline: Pipeline, delivery: Delivery, stop: Stop) -> None:
    """Wake the others: `detections` when ingest has concluded something, `incidents` when somebody has answered."""

    async def hear() -> None:
        async for channel, _ in database.notifications(url, "detections", "incidents"):
            pipeline.wake()
            if channel != "detections":
                delivery.wake()

    await _until(stop, hear())


async def _measure(delivery: Delivery, stop: Stop) -> None:
    async def measure() -> None:
        while True:
            try:
                await delivery.measure()
            except psycopg.OperationalError:
                log.debug("not_measured")
            await asyncio.sleep(MEASURE_EVERY_S)

    await _until(stop, measure())


async def _count(pool: database.Pool, clock: Clock, stop: Stop) -> None:
    async def count() -> None:
        while True:
            try:
                await _count_once(pool, clock)
            except psycopg.OperationalError:
                log.debug("not_counted")
            await asyncio.sleep(COUNT_EVERY_S)

    await _until(stop, count())


async def _count_once(pool: database.Pool, clock: Clock) -> None:
    until = clock.now()
    async with pool.connection() as connection:
        found = await figures.per_person_day(connection, since=until - COUNTED_OVER, until=until)
    for statistic in ("mean", "median", "p90"):
        metrics.PER_PERSON_DAY.labels(statistic=statistic).set(getattr(found, statistic))


async def _watch_receivers(pool: database.Pool, watch: Watch, clock: Clock, stop: Stop) -> None:
    async def look() -> None:
        while True:
            try:
                async with pool.connection() as connection:
                    await watch.look(connection, at=clock.now())
            except psycopg.OperationalError:
                log.debug("receivers_not_looked_at")
            await asyncio.sleep(LOOK_EVERY_S)

    await _until(stop, look())


async def _until(stop: Stop, endless: Coroutine[None, None, None]) -> None:
    """Run something endless until asked to stop."""
    task = asyncio.create_task(endless)
    asking = asyncio.ensure_future(stop.wait())
    await asyncio.wait({task, asking}, return_when=asyncio.FIRST_COMPLETED)
    asking.cancel()
    if task.done():
        task.result()
    await ended([task])
