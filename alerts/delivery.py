"""Send what stands in the outbox: claim, hand to the channel, record. At least once, in real time.

A process that dies between sending and recording leaves a claim that runs out; the message is then sent again with the
same `notification_id`, and counted as redelivered. No message is lost, and a receiver that remembers the identifier
sees none twice.

Bulkheads: each kind of channel has its own number of places, and no destination may take more than its share of them,
so a service that hangs delays its own messages and nobody else's.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import psycopg
import structlog

from alerts import answers, metrics
from alerts.channels import CHANNELS, Sender
from alerts.envelope import Envelope
from alerts.notification import LINK, Purpose
from alerts.outcome import Outcome, permanent, temporary
from alerts.recording import Attempt, record
from alerts.settings import AlertsSettings
from alerts.store import answers as answer_store
from alerts.store import outbox
from alerts.store.outbox import Claimed
from runtime.clock import Clock, wall_now
from runtime.database import RETRY_EVERY_S, Pool
from runtime.service import Stop

log = structlog.get_logger(__name__)

#: The outbox is looked at this often even if nobody woke us. Real seconds.
SWEEP_EVERY_S = 1.0
#: Messages to one destination under way at once before no more are claimed for it. Count. Provisional.
DESTINATION_LIMIT = 4
#: Messages claimed in one statement. Count. So a destination has at most twice its limit under way.
CLAIM_LIMIT = 4
#: What a claim lasts longer than a message may take: time to record. Real time. Provisional.
LEASE_MARGIN = timedelta(seconds=5)


class Delivery:
    """Sends notifications through their channels."""

    def __init__(
        self,
        *,
        pool: Pool,
        clock: Clock,
        settings: AlertsSettings,
        senders: Mapping[str, Sender] | None = None,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._console_url = settings.alerts_console_url.rstrip("/")
        self._timeout_s = settings.alerts_send_timeout_s
        self._lease = timedelta(seconds=self._timeout_s) + LEASE_MARGIN
        self._senders = senders or {kind: channel.open(settings) for kind, channel in CHANNELS.items()}
        #: Key of the links, read before the first message is sent.
        self._answer_key: bytes | None = None
        self._kinds: Counter[str] = Counter()
        self._destinations: Counter[str] = Counter()
        self._sending: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()

    @property
    def senders(self) -> Mapping[str, Sender]:
        """One a kind of channel; closed when `run` ends."""
        return self._senders

    def wake(self) -> None:
        """Something may have to be sent."""
        self._woken.set()

    async def run(self, stop: Stop) -> None:
        """Send until asked to stop; then finish what is under way."""
        stopping = asyncio.ensure_future(stop.wait())
        try:
            while not stop.requested:
                self._woken.clear()
                wait_s = SWEEP_EVERY_S
                try:
                    wait_s = await self._claim_all()
                except psycopg.OperationalError as error:
                    log.warning("database_away", error=str(error).strip())
                await self._rest(stopping, wait_s)
        finally:
            stopping.cancel()
            await asyncio.gather(*self._sending, return_exceptions=True)
            await asyncio.gather(*(sender.close() for sender in self._senders.values()))

    async def idle(self) -> None:
        """Claim what is due and wait until all of it is recorded. For tests and for one-shot use."""
        while await self._claim() or self._sending:
            await asyncio.gather(*self._sending)

    async def measure(self) -> None:
        """Write what waits into the metrics."""
        async with self._pool.connection() as connection:
            waiting = await outbox.backlog(connection)
        metrics.PENDING.set(waiting.pending)
        metrics.OLDEST_AGE_S.set(waiting.oldest_age_s)

    async def _claim_all(self) -> float:
        """Claim until nothing is due or there is no room; real seconds until it is worth looking again."""
        while await self._claim():
            pass
        async with self._pool.connection() as connection:
            next_s = await outbox.next_due_s(connection)
        # What is due and was not claimed waits for room, and the end of a message wakes us.
        return SWEEP_EVERY_S if next_s is None or next_s <= 0 else min(next_s, SWEEP_EVERY_S)

    async def _claim(self) -> int:
        kinds = [kind for kind in self._senders if self._kinds[kind] < CHANNELS[kind].limit]
        busy = [name for name, count in self._destinations.items() if count >= DESTINATION_LIMIT]
        async with self._pool.connection() as connection:
            if self._answer_key is None:
                self._answer_key = await answer_store.ensure_key(connection, secrets.token_bytes(32))
            claimed = await outbox.claim(connection, kinds=kinds, busy=busy, limit=CLAIM_LIMIT, lease=self._lease)
        for one in claimed:
            self._start(one)
        return len(claimed)

    def _start(self, claimed: Claimed) -> None:
        kind = str(claimed.channel["kind"])
        self._kinds[kind] += 1
        self._destinations[claimed.destination] += 1
        if claimed.redelivered:
            metrics.REDELIVERED.labels(channel=kind).inc()
            log.warning("sent_again_after_a_crash", notification_id=str(claimed.notification_id))
        task = asyncio.create_task(self._deliver(claimed, kind))
        self._sending.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            # A fault of ours: its claim runs out and it is tried again, as often as `outbox.ATTEMPTS_CEILING` says.
            log.error("delivery_failed", exc_info=failure)
        self.wake()

    async def _deliver(self, claimed: Claimed, kind: str) -> None:
        try:
            handed_wall = wall_now()
            began_s = time.monotonic()
            _observe_latency(claimed, handed_wall.timestamp())
            outcome = await self._send(claimed, kind)
        finally:
            self._kinds[kind] -= 1
            self._destinations[claimed.destination] -= 1
            if not self._destinations[claimed.destination]:
                del self._destinations[claimed.destination]
        attempt = Attempt(
            claimed=claimed,
            outcome=outcome,
            handed_wall=handed_wall,
            duration_ms=(time.monotonic() - began_s) * 1000,
            jitter=random.random(),  # noqa: S311 - spreads retries, guards nothing
        )
        metrics.ATTEMPTS.labels(channel=kind, outcome=outcome.verdict).inc()
        await self._record(attempt)

    async def _send(self, claimed: Claimed, kind: str) -> Outcome:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._senders[kind].send(self._envelope(claimed))
        except TimeoutError:
            return temporary("timeout")
        except Exception as error:
            # A fault in one channel must not end the others; the next channel of the receiver gets its turn.
            log.exception("channel_failed", channel=kind, notification_id=str(claimed.notification_id))
            return permanent(type(error).__name__)

    async def _record(self, attempt: Attempt) -> None:
        """Record, however long the database is away: otherwise it would be sent again."""
        while True:
            try:
                async with self._pool.connection() as connection, connection.transaction():
                    await record(connection, attempt, now=self._clock.now())
            except psycopg.OperationalError as error:
                log.warning("attempt_not_recorded_yet", error=str(error).strip())
                await asyncio.sleep(RETRY_EVERY_S)
            else:
                return

    def _envelope(self, claimed: Claimed) -> Envelope:
        link = f"{self._console_url}/incidents/{claimed.incident_id}"
        asks = claimed.purpose == Purpose.ALERT and self._answer_key is not None
        code = answers.code(self._answer_key, claimed.notification_id) if asks and self._answer_key else ""
        answer_link = f"{self._console_url}/a/{code}" if code else None
        return Envelope(
            notification_id=claimed.notification_id,
            attempt=claimed.attempts,
            incident_id=claimed.incident_id,
            purpose=claimed.purpose,
            receiver_id=claimed.receiver_id,
            channel=claimed.channel,
            destination=claimed.destination,
            language=claimed.language,
            title=claimed.title,
            body=claimed.body.replace(LINK, answer_link or link),
            link=link,
            answer_link=answer_link,
            answer_code=code,
            console_url=self._console_url,
            created_at=claimed.created_at,
            severity=claimed.severity,
            kind=claimed.kind,
            person_name=claimed.person_name,
            opened_at=claimed.opened_at,
            detection_kind=claimed.detection_kind,
            detection_reason=claimed.detection_reason,
            detection_at=claimed.detection_at,
            evidence=claimed.evidence,
        )

    async def _rest(self, stopping: asyncio.Future[Any], wait_s: float) -> None:
        woken: asyncio.Future[Any] = asyncio.ensure_future(self._woken.wait())
        await asyncio.wait([woken, stopping], timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
        woken.cancel()


def _observe_latency(claimed: Claimed, handed_s: float) -> None:
    """Only for the first attempt of what answers a detection directly; later steps wait because the ladder says so."""
    if not claimed.direct or claimed.purpose != Purpose.ALERT or claimed.attempts > 1 or claimed.channel_index:
        return
    if claimed.published_wall is not None:
        metrics.PUBLISH_TO_HANDED_S.observe(max(handed_s - claimed.published_wall.timestamp(), 0.0))
