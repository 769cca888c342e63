"""The shell around handling and climbing: woken by NOTIFY and by timers, one transaction a person.

Several of these may run at once. Each detection is handled once because (1) it stands in `unhandled_detections` from
the transaction that stored it, (2) a process takes a person with an advisory lock that ends with its transaction, and
(3) the detection leaves the queue in that same transaction. A process that finds a person taken goes on to the next
one; whoever holds the person looks at the queue again after its commit, so what came meanwhile is not left lying. If
that process dies, its lock dies with it and the sweep of any other finds the rest.

A ladder step fires once because the process locks the incident's row, skipping it when somebody else has it, and
reads the pending steps only then.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import psycopg
import structlog

from alerts import climbing, escalation, expiry, metrics, outage_watch, outing, planning, withholding
from alerts.handling import handle_person
from alerts.restraint import BUDGETS
from alerts.store import detections, incidents, ladders, outages, outings, people, timers, withheld
from runtime.clock import Clock
from runtime.database import Pool
from runtime.service import Stop

log = structlog.get_logger(__name__)

#: Everything is looked at this often even if no NOTIFY came. Real seconds. A lost wake-up costs at most this.
SWEEP_EVERY_S = 1.0
#: Persons handled at the same time. Count; bounded by the pool, measured flat above 4 on two cores; provisional.
PARALLEL_PERSONS = 4
#: A person or incident that could not be handled is left alone so long, so that others are not slowed. Real seconds.
HOLD_FAILED_S = 10.0
#: A row lock held longer than this by somebody else is waited for in the next pass instead. Settled.
LOCK_TIMEOUT = "2s"


class Pipeline:
    """Handles what waits and fires what is due."""

    def __init__(self, *, pool: Pool, clock: Clock, wake_delivery: Callable[[], None]) -> None:
        self._pool = pool
        self._clock = clock
        self._wake_delivery = wake_delivery
        self._woken = asyncio.Event()
        self._places = asyncio.Semaphore(PARALLEL_PERSONS)
        self._stop: Stop | None = None
        #: ("person" or "incident", its id) that failed, with the monotonic instant at which it is tried again.
        self._held: dict[tuple[str, int], float] = {}

    def wake(self) -> None:
        """Something may have to be done."""
        self._woken.set()

    def problem(self) -> str | None:
        """What is wrong, for readiness."""
        return f"{len(self._held)} persons or incidents cannot be handled, see the log" if self._held else None

    async def seed(self) -> None:
        """Write the ladders, choices and budgets we ship where they are missing."""
        async with self._pool.connection() as connection:
            await planning.seed(connection)
            await withheld.seed(connection, BUDGETS)

    async def run(self, stop: Stop) -> None:
        """Work until asked to stop."""
        self._stop = stop
        await self.seed()
        stopping = asyncio.ensure_future(stop.wait())
        while not stop.requested:
            self._woken.clear()
            due_at = None
            try:
                await self.work()
                due_at = await self._next_due_at()
            except psycopg.OperationalError as error:
                log.warning("database_away", error=str(error).strip())
            await self._rest(stopping, due_at)
        stopping.cancel()

    async def work(self) -> None:
        """Do all there is to do now."""
        while await self.handle_waiting():
            pass
        await self.judge_silences()
        await self.expire_due()
        await self.fire_due()
        await self.tell_withheld()

    async def handle_waiting(self) -> int:
        """One pass over the queue; how many detections were handled."""
        async with self._pool.connection() as connection:
            persons = await detections.waiting_persons(connection)
        return await self._each("person", self._handle, persons)

    async def fire_due(self) -> int:
        """Fire every ladder step that is due; how many fired."""
        now = self._clock.now()
        async with self._pool.connection() as connection:
            due = await ladders.due_incidents(connection, now)
            set_back = await ladders.set_back(connection, now, slack=escalation.CLOCK_SLACK)
        await self._each("incident", self._pull, set_back)
        return await self._each("incident", self._fire, due)

    async def expire_due(self) -> int:
        """End what is over by itself, and look at outings that have run out; how many there were."""
        now = self._clock.now()
        async with self._pool.connection() as connection:
            due = await timers.due_incidents(connection, now)
            back_home = await outings.due_persons(connection, now)
        expired = await self._each("incident", self._expire, due)
        return expired + await self._each("person", self._end_outing, back_home)

    async def judge_silences(self) -> int:
        """Judge silences that have waited, all together, and look at open outages; how many were decided."""
        now = self._clock.now()
        async with self._pool.connection() as connection:
            lasting = await outages.to_check(connection, now - outage_watch.CHECK_EVERY)
        over = await self._each("outage", self._check_outage, lasting)
        async with self._pool.connection() as connection:
            due = await outages.any_due(connection, now)
        return over + (await self._each("silences", self._judge, [0]) if due else 0)

    async def tell_withheld(self) -> int:
        """Tell receivers what has waited; how many messages went out."""
        async with self._pool.connection() as connection:
            due = await withheld.due_receivers(connection, self._clock.now())
        return await self._each("receiver", self._tell, due)

    async def _each(self, what: str, work: Callable[[int], Awaitable[int]], keys: Sequence[int]) -> int:
        """Work on several at once; the sum of what they did."""
        now = time.monotonic()
        self._held = {held: until for held, until in self._held.items() if until > now}
        ready = [key for key in keys if (what, key) not in self._held]
        done = await asyncio.gather(*(self._guarded(what, work, key) for key in ready), return_exceptions=True)
        for result in done:
            if isinstance(result, BaseException):
                raise result
        return sum(result for result in done if isinstance(result, int))

    async def _guarded(self, what: str, work: Callable[[int], Awaitable[int]], key: int) -> int:
        """One piece of work. A fault of ours in one person's case must not keep everybody else's from being handled."""
        async with self._places:
            # However much waits: what is not begun stays in its table for whoever comes next.
            if self._stop is not None and self._stop.requested:
                return 0
            try:
                done = await work(key)
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                return 0
            except psycopg.OperationalError:
                raise
            except Exception:
                self._held[what, key] = time.monotonic() + HOLD_FAILED_S
                metrics.HANDLING_FAILURES.inc()
                log.exception("not_handled", what=what, key=key, again_in_s=HOLD_FAILED_S)
                return 0
        if done:
            self._wake_delivery()
        return done

    async def _handle(self, person_id: int) -> int:
        async with self._pool.connection() as connection, connection.transaction():
            if not await detections.try_lock_person(connection, person_id, lock_timeout=LOCK_TIMEOUT):
                return 0
            # Pipelined: of some twenty statements only those whose rows are needed cost a way to the database and back.
            async with connection.pipeline():
                return await handle_person(connection, person_id, now=self._clock.now())

    async def _fire(self, incident_id: int) -> int:
        async with self._pool.connection() as connection, connection.transaction():
            if not await incidents.try_lock(connection, incident_id):
                return 0
            incident = await incidents.get(connection, incident_id)
            subject = await people.subject(connection, incident_id, incident.person_id)
            if subject is None:
                await ladders.cancel_steps(connection, incident_id)
                return 0
            fired = await climbing.fire(connection, incident, subject, now=self._clock.now())
            if fired:
                await incidents.touch(connection, incident_id, at=self._clock.now())
            return fired

    async def _pull(self, incident_id: int) -> int:
        async with self._pool.connection() as connection, connection.transaction():
            if not await incidents.try_lock(connection, incident_id):
                return 0
            return await climbing.pull(connection, incident_id, now=self._clock.now())

    async def _expire(self, incident_id: int) -> int:
        async with self._pool.connection() as connection, connection.transaction():
            if not await incidents.try_lock(connection, incident_id):
                return 0
            return await expiry.expire(connection, incident_id, now=self._clock.now())

    async def _end_outing(self, person_id: int) -> int:
        async with self._pool.connection() as connection, connection.transaction():
            if not await detections.try_lock_person(connection, person_id, lock_timeout=LOCK_TIMEOUT):
                return 0
            return await outing.expire(connection, person_id, now=self._clock.now())

    async def _judge(self, _: int) -> int:
        async with self._pool.connection() as connection, connection.transaction():
            return await outage_watch.judge(connection, now=self._clock.now(), lock_timeout=LOCK_TIMEOUT)

    async def _check_outage(self, outage_id: int) -> int:
        async with self._pool.connection() as connection, connection.transaction():
            return await outage_watch.check(connection, outage_id, now=self._clock.now())

    async def _tell(self, receiver_id: int) -> int:
        async with self._pool.connection() as connection, connection.transaction():
            return await withholding.tell_due(connection, receiver_id, now=self._clock.now())

    async def _next_due_at(self) -> datetime | None:
        async with self._pool.connection() as connection:
            return await timers.next_due_at(connection)

    async def _rest(self, stopping: asyncio.Future[Any], due_at: datetime | None) -> None:
        """Until woken, until the next step is due, or until the next sweep."""
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._woken.wait())]
        # A step that stays due, because somebody holds its incident at this moment, waits for the wake-up or the sweep.
        if due_at is not None and due_at > self._clock.now():
            waits.append(asyncio.ensure_future(self._clock.sleep_until(due_at)))
        await asyncio.wait([*waits, stopping], timeout=SWEEP_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
