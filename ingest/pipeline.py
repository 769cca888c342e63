"""The loop of ingest: take a batch, judge it, commit it, and only then acknowledge.

Whatever happens in between, nothing is acknowledged that is not in the database. A database that is away is waited for:
the broker keeps what we do not acknowledge. After a lost connection it is not known whether the last transaction was
committed, so the states are read again and the same batch judged again; readings, detections and commands carry keys
that let the database keep each once.

A batch that cannot be judged or stored for any other reason is taken apart, so that the one message that causes it can
be quarantined and the rest goes on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime

import psycopg
import structlog

from ingest import metrics, store
from ingest.batching import Batcher
from ingest.downlink import Downlink
from ingest.judging import Judged, Known, judge
from ingest.registry import Registry
from ingest.rows import quarantine_row
from ingest.sources import Envelope
from ingest.states import StateBook
from ingest.wire import device_of
from ingest.wire.message import Rejection, RejectionReason
from runtime import database
from runtime.clock import Clock
from runtime.service import Stop

log = structlog.get_logger(__name__)

#: Longest wait for a message before deadlines are looked at again. Real seconds.
LOOK_EVERY_S = 0.25
#: Deadlines are judged only when the broker has nothing older waiting: so long without a message. Real seconds.
QUIET_S = 0.1
#: ... or when readings come in nearly as they happen. Scaled clock, seconds.
NEARLY_LIVE_S = 5.0
#: Seconds between attempts to become the one ingest that owns the states.
OWN_EVERY_S = 0.5


class Pipeline:
    """Owns the engine's states while it runs."""

    def __init__(self, url: str, registry: Registry, batcher: Batcher, downlink: Downlink, clock: Clock) -> None:
        self._url, self._registry, self._batcher = url, registry, batcher
        self._downlink, self._clock = downlink, clock
        self._connection: database.Connection | None = None
        self._book = StateBook()
        self._sequences: dict[int, int] = {}
        self._newest_at: datetime | None = None

    @property
    def problem(self) -> str | None:
        """What is wrong with it, or None."""
        return None if self._connection else "not connected to the database, or another ingest owns the states"

    async def start(self) -> None:
        """Become the owner and read the states; waits for both."""
        connection = await database.connect_when_up(self._url)
        while not await store.try_own(connection):
            log.warning("another_ingest_runs", waiting_s=OWN_EVERY_S)
            await asyncio.sleep(OWN_EVERY_S)
        await store.prepare(connection)
        self._book = StateBook(await store.engine_states(connection))
        self._sequences = await store.last_sequences(connection)
        self._connection = connection
        metrics.STATES.set(len(self._book))
        log.info("states_read", persons=len(self._book))

    async def run(self, stop: Stop) -> None:
        """Handle batches until asked to stop; the batch in hand is finished."""
        while not stop.requested:
            batch = await self._batcher.next(wait_s=LOOK_EVERY_S)
            metrics.WAITING.set(len(self._batcher))
            due_until = self._due_until()
            if batch or due_until is not None:
                await self._handle(batch, due_until)
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    def _due_until(self) -> datetime | None:
        """Up to when deadlines may be judged: not while the readings that would move them may still be waiting."""
        now, due_at = self._clock.now(), self._book.next_due()
        if due_at is None or due_at > now:
            return None
        if self._batcher.quiet_for_s() >= QUIET_S:
            return now
        live = self._newest_at is not None and (now - self._newest_at).total_seconds() < NEARLY_LIVE_S
        return now if live and not len(self._batcher) else None

    async def _handle(self, batch: Sequence[Envelope], due_until: datetime | None) -> None:
        began_s = time.monotonic()
        try:
            judged = await self._commit(batch, due_until)
        except Exception:
            log.exception("batch_failed", messages=len(batch), taken_apart=len(batch) > 1)
            if len(batch) <= 1:
                await self._set_aside(batch)
                return
            for envelope in batch:
                await self._handle([envelope], due_until=None)
            return
        self._finish(batch, judged)
        metrics.COMMIT_S.observe(time.monotonic() - began_s)

    async def _commit(self, batch: Sequence[Envelope], due_until: datetime | None) -> Judged:
        """Judge and store, again and again while the database is away."""
        while True:
            try:
                if self._connection is None:
                    await self.start()
                assert self._connection is not None
                judged = judge(batch, self._known(), now=self._clock.now(), due_until=due_until)
                await store.commit(self._connection, judged.commit)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                log.warning("database_lost", error=str(error).strip(), messages=len(batch))
                await self._disconnect()
                await asyncio.sleep(database.RETRY_EVERY_S)
            else:
                self._book.adopt(judged.states, self._registry.persons)
                self._sequences.update(judged.sequences)
                return judged

    def _known(self) -> Known:
        return Known(
            devices=self._registry.devices,
            persons=self._registry.persons,
            book=self._book,
            sequences=self._sequences,
        )

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _set_aside(self, batch: Sequence[Envelope]) -> None:
        """Quarantine the message that we fail on, so that it cannot hold up everybody's."""
        for envelope in batch:
            rejection = Rejection(reason=RejectionReason.ENGINE_ERROR, detail="Tongxing failed on it; see the log")
            commit = store.Commit(quarantine=[quarantine_row(envelope, device_of(envelope.topic), rejection)])
            if self._connection is None:
                await self.start()
            assert self._connection is not None
            await store.commit(self._connection, commit)
            metrics.REJECTED.labels(rejection.reason).inc()
            envelope.acknowledge()

    def _finish(self, batch: Sequence[Envelope], judged: Judged) -> None:
        """After the commit: acknowledge, answer the devices, count."""
        for envelope in batch:
            envelope.acknowledge()
        now = self._clock.now()
        for device_id, event_id in judged.answers:
            self._downlink.answer(device_id, event_id, now)
        for command in judged.commit.commands:
            self._downlink.command(command)
            metrics.COMMANDS.labels(command.type).inc()
        self._count(batch, judged)

    def _count(self, batch: Sequence[Envelope], judged: Judged) -> None:
        wall_s = time.time()
        for heard, outcome in zip(judged.heard, judged.outcomes, strict=True):
            metrics.READINGS.labels(heard.reading.kind, outcome.admission).inc()
            if heard.report.published_wall is not None:
                metrics.PUBLISH_TO_COMMIT_S.observe(wall_s - heard.report.published_wall.timestamp())
            if self._newest_at is None or heard.reading.at > self._newest_at:
                self._newest_at = heard.reading.at
        for rejection in judged.rejections:
            metrics.REJECTED.labels(rejection.reason).inc()
        for detection in judged.detections:
            metrics.DETECTIONS.labels(detection.kind, detection.reason).inc()
            log.info("detection", kind=detection.kind, reason=detection.reason, person_id=detection.person_id)
        if batch:
            metrics.BATCH.observe(len(batch))
        metrics.STATES.set(len(self._book))
