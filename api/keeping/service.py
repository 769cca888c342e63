"""The keeper: sums up every few minutes, makes parts ahead, deletes at night. One at a time, however many processes.

It runs beside the API on a connection of its own, and never ends it: what fails is logged, counted and tried again.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import structlog

from api.keeping import metrics, retention, summing
from api.keeping.data_class import DataClass, terms
from api.keeping.settings import KeepingSettings
from api.keeping.store import deletions, sums
from runtime import database
from runtime.clock import Clock
from runtime.database import Connection

log = structlog.get_logger(__name__)

#: Between two rounds of summing up.
EVERY = timedelta(minutes=5)
#: ... and in real seconds at least, however fast the clock runs.
AT_LEAST_S = 5.0
#: Where the night is in which it is deleted.
ZONE = ZoneInfo("Asia/Shanghai")
#: The mark of the last night.
_NIGHT = "night"


class Keeper:
    """Keeps one database."""

    def __init__(self, url: str, settings: KeepingSettings, clock: Clock) -> None:
        self._url = url
        self._settings = settings
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled. Whoever has the lock works; between rounds others may, as `tongxing retention run` does."""
        while True:
            try:
                async with await database.connect_when_up(self._url, autocommit=True) as connection:
                    await self._as_owner(connection)
            except psycopg.OperationalError as error:
                log.warning("keeper_lost_database", error=str(error).strip())
            except Exception:
                # Nobody is late for it: said, counted, tried again.
                metrics.FAILURES.inc()
                log.exception("keeping_failed")
            await self._pause()

    async def _as_owner(self, connection: Connection) -> None:
        """One round, unless another process is at it; what a killed one held, the database gives back."""
        if await deletions.try_own(connection):
            try:
                await self.round(connection)
            finally:
                await deletions.disown(connection)

    async def round(self, connection: Connection) -> None:
        """Parts ahead, sums, and in the night what has to go."""
        at = self._clock.now()
        kept = next(term for term in terms(self._settings) if term.data_class is DataClass.POSITIONS)
        await retention.make_ahead(connection, at=at, kept_since=kept.cutoff(at) or summing.BEGINNING)
        begun_s = time.monotonic()
        days = await summing.bring_up_to_date(connection, at=at)
        metrics.ROUND.set(time.monotonic() - begun_s)
        if days:
            log.info("summed_up", person_days=days)
        if await self._is_time(connection, at):
            for doomed in await retention.run(connection, terms(self._settings), at=at, user_id=None):
                metrics.DELETED.labels(doomed.data_class).inc(doomed.rows)
            await sums.set_mark(connection, _NIGHT, at)

    async def _is_time(self, connection: Connection, at: datetime) -> bool:
        """Once after the hour of the night has come, also when nobody was running then."""
        local = at.astimezone(ZONE)
        hour = local.replace(hour=self._settings.keep_run_hour, minute=0, second=0, microsecond=0)
        due = hour if hour <= local else hour - timedelta(days=1)
        last = await sums.mark(connection, _NIGHT)
        if last is None:
            # The first night is the next one: there is time to look at what would go.
            await sums.set_mark(connection, _NIGHT, at)
            return False
        return last < due or last > at

    async def _pause(self) -> None:
        await asyncio.gather(self._clock.sleep_until(self._clock.now() + EVERY), asyncio.sleep(AT_LEAST_S))
