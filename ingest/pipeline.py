"""The loop of ingest: take a batch, judge it, commit it, and only then acknowledge.

While one batch is being committed the next one is judged, and waits for its turn: one commit at a time, in order. If it
fails, both batches are taken back and handled one after the other (decision 0016).

Whatever happens in between, nothing is acknowledged that is not in the database. A database that is away is waited for:
the broker keeps what we do not acknowledge. After a lost connection it is not known whether the last transaction was
committed, so the states are read again and the same batch judged again; readings, detections and commands carry keys
that let the database keep each once.

A batch that cannot be judged or stored for any other reason is taken apart, so that the one message that causes it can
be quarantined, or the one deadline be left, and the rest goes on. A call for help among them is told all the same, from
the message alone (`geofence.last_resort`). Tables that are not those of this version are no
message's fault: they end the process, and nothing is acknowledged.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from operator import attrgetter

import psycopg
import structlog

from ingest import metrics, store
from ingest.batching import Batcher
from ingest.counting import count
from ingest.deferring.latest import Latest, recover, write_everything
from ingest.downlink import Downlink
from ingest.errors import IngestError
from ingest.flood import MOST_PER_MIN
from ingest.judged import Judged, Known
from ingest.judging import Deadlines, judge_alone, judge_in_turns, set_aside
from ingest.listening import AWAY_LEAST, WAITED_LEAST, Listening
from ingest.ownership.store import Ownership
from ingest.patience import Patience
from ingest.recall.recall import Recall, owned
from ingest.registry import Registry
from ingest.sequence import NumberBook
from ingest.sources import Envelope
from ingest.states import StateBook
from ingest.work import Flight, Work
from runtime import database
from runtime.clock import Clock
from runtime.service import Stop

log = structlog.get_logger(__name__)

#: Longest wait for a message before deadlines are looked at again. Real seconds.
LOOK_EVERY_S = 0.25
#: ... or before another few of those are read who have not spoken since the start. Real seconds.
AHEAD_EVERY_S = 0.003
#: Turns of the event loop from an answer of the database to what is sent next: the socket, its waiter, the commit.
STEPS_OF_A_COMMIT = 3
#: Class of PostgreSQL's errors for a value that is too large for an index: a message's fault, and no lost connection.
LIMIT_EXCEEDED = "54"
#: Class of its errors for tables and columns that are not there.
WRONG_SCHEMA = "42"


class Stopping(IngestError):  # noqa: N818 - said as people say it
    """Asked to end while the database is away: what is in hand stays with the broker."""


class Pipeline:
    """Owns the engine's states while it runs."""

    def __init__(
        self,
        url: str,
        registry: Registry,
        batcher: Batcher,
        downlink: Downlink,
        clock: Clock,
        *,
        caught_up: Callable[[], bool] = lambda: True,
        most_per_min: int = MOST_PER_MIN,
    ) -> None:
        """Make it; it does nothing before `start`.

        Args:
            url: of the database.
            registry: devices and persons.
            batcher: where messages come from.
            downlink: the way to the devices.
            clock: of the domain.
            caught_up: whether everything that the broker kept while we were away has come.
            most_per_min: readings of one device that are judged in a minute of its time.
        """
        self._url, self._registry, self._batcher = url, registry, batcher
        self._downlink, self._clock, self._caught_up = downlink, clock, caught_up
        self._connection: database.Connection | None = None
        self._most_per_min = most_per_min
        self._owner: Ownership | None = None
        self._book = StateBook(most_per_min=most_per_min)
        self._numbers = NumberBook()
        self._latest = Latest()
        self._recall = Recall(url, registry)
        self._flight: Flight | None = None
        self._patience = Patience(batcher, clock, caught_up)
        self._listening: Listening | None = None

    @property
    def problem(self) -> str | None:
        """What is wrong with it, or None."""
        return None if self._connection else "not connected to the database, or another ingest owns the states"

    async def start(self, stop: Stop) -> None:
        """Become the owner and read the states; waits for both.

        Raises:
            Stopping: asked to end meanwhile.
        """
        while self._connection is None:
            try:
                await self._take_over()
            except (psycopg.OperationalError, database.DatabaseAway) as error:
                await self._wait_for_database(stop, error, messages=0)

    async def run(self, stop: Stop) -> None:
        """Handle batches until asked to stop; what is in hand is finished."""
        reading_ahead = True
        try:
            while not stop.requested:
                batch = await self._batcher.next(wait_s=AHEAD_EVERY_S if reading_ahead else LOOK_EVERY_S)
                if self._flight and self._flight.committing.done():
                    await self._settled(stop)
                unwritten = self._listens(batch)
                if self._flight and not batch:
                    # Without a message there is nothing that could not wait for the commit under way.
                    continue
                deadlines = self._patience.passed(self._book)
                if batch or deadlines is not None or unwritten or self._latest.overdue:
                    await self._handle(Work(batch=batch, deadlines=deadlines, began_s=time.monotonic()), stop)
                elif not batch:
                    reading_ahead = await self._read_ahead()
            await self._settled(stop)
            if self._connection is not None:
                await write_everything(self._latest, self._connection, self._owner, self._registry.persons)
        except Stopping:
            log.warning("ended_without_database", waiting=len(self._batcher))
        finally:
            await self._abandon()
        await self._disconnect()

    async def _read_ahead(self) -> bool:
        """Use the quiet for who has not spoken yet. Whether there may be more of them."""
        if self._connection is None:
            return False
        try:
            return await self._recall.ahead(self._book, self._numbers)
        except (psycopg.OperationalError, psycopg.InterfaceError, database.DatabaseAway) as error:
            log.debug("not_read_ahead", error=type(error).__name__)
            return False

    async def _take_over(self) -> None:
        connection = await database.connect_when_up(self._url, wait_s=LOOK_EVERY_S)
        try:
            self._owner, self._book = await owned(connection, self._most_per_min)
            self._numbers, self._latest = NumberBook(), Latest()
            await recover(connection, self._owner)
            spans = await store.listened(connection)
        except BaseException:
            await connection.close()
            raise
        self._connection = connection
        self._listening = Listening(spans, least=WAITED_LEAST if self._listening else AWAY_LEAST)
        self._book.memory.absences = self._listening.absences
        metrics.STATES.set(len(self._book))
        log.info("states_read", persons=len(self._book))

    def _listens(self, batch: Sequence[Envelope]) -> bool:
        """Note that we listen, or cannot; whether that is to be written down now."""
        if self._listening is None:
            return False
        if not batch and not self._caught_up():
            self._listening.lost()
        elif self._listening.heard(self._clock.now()) is not None:
            self._book.memory.absences = self._listening.absences
        return self._listening.unwritten

    async def _handle(self, work: Work, stop: Stop) -> None:
        """Judge a batch while the one before is being committed, and send it after that one."""
        judged = await self._judged_ahead(work)
        if not await self._settled(stop) or judged is None:
            await self._handle_alone(work, stop)
            return
        self._batcher.committing(True)
        self._flight = Flight(work=work, committing=asyncio.create_task(self._stored(work, judged)))

    async def _judged_ahead(self, work: Work) -> Judged | None:
        """A batch on top of what is being committed. None: it has to wait, and is then looked at alone."""
        if self._connection is None:
            return None
        try:
            judged = await self._judge(work.batch, work.deadlines)
        except Exception as error:  # noqa: BLE001 - it is judged again, and told then
            log.warning("not_judged_ahead", error=type(error).__name__)
            self._book.undo()
            self._numbers.undo()
            return None
        self._seal(judged)
        return judged

    async def _settled(self, stop: Stop) -> bool:
        """Wait for the commit in flight; if it failed, do it again, alone. Whether what was judged since stands."""
        flight, self._flight = self._flight, None
        if flight is None or await flight.committing:
            return True
        self._undo_all()
        await self._handle_alone(flight.work, stop)
        return False

    async def _stored(self, work: Work, judged: Judged) -> bool:
        """Commit a judged batch and acknowledge it. Whether that was possible; nothing is taken back here."""
        try:
            await self._write(judged)
        except Exception as error:
            if _ours(error):
                raise
            log.warning("commit_failed", error=type(error).__name__, messages=len(work.batch))
            return False
        finally:
            self._batcher.committing(False)
        self._done(work, judged)
        return True

    def _done(self, work: Work, judged: Judged) -> None:
        """After the commit of a whole batch."""
        self._finish(work.batch, judged)
        self._batcher.took(sum(judged.took_s.values()))
        metrics.COMMIT_S.observe(time.monotonic() - work.began_s)

    async def _abandon(self) -> None:
        """Leave what is in flight, if we end in the middle of it: nobody has heard that it is safe."""
        flight, self._flight = self._flight, None
        if flight is not None:
            flight.committing.cancel()
            await asyncio.gather(flight.committing, return_exceptions=True)

    async def _handle_alone(self, work: Work, stop: Stop) -> None:
        """Judge and store a batch, nothing ahead of it; one that cannot be is taken apart until it is known why."""
        batch, deadlines = work.batch, work.deadlines
        try:
            judged = await self._commit(lambda: self._judge(batch, deadlines), stop, messages=len(batch))
        except Stopping:
            raise
        except Exception as error:
            if _ours(error):
                raise
            log.exception("batch_failed", messages=len(batch), deadlines=len(deadlines.person_ids) if deadlines else 0)
            await self._take_apart(batch, deadlines, stop)
            return
        self._done(work, judged)

    async def _take_apart(self, batch: Sequence[Envelope], deadlines: Deadlines | None, stop: Stop) -> None:
        if deadlines is not None and (batch or len(deadlines.person_ids) > 1):
            if batch:
                await self._part(batch, None, stop)
            for person_id in deadlines.person_ids:
                await self._part([], Deadlines(person_ids=[person_id], until=deadlines.until), stop)
        elif deadlines is not None:
            # Looked at again when a reading of this person has been judged.
            self._book.drop_deadline(deadlines.person_ids[0])
        elif len(batch) > 1:
            for envelope in batch:
                await self._part([envelope], None, stop)
        else:
            await self._save_what_can_be(batch, stop)

    async def _part(self, batch: Sequence[Envelope], deadlines: Deadlines | None, stop: Stop) -> None:
        await self._handle_alone(Work(batch=batch, deadlines=deadlines, began_s=time.monotonic()), stop)

    async def _save_what_can_be(self, batch: Sequence[Envelope], stop: Stop) -> None:
        """One message that fails: a call for help is told from itself alone, anything else is set aside."""
        try:
            alone = judge_alone(batch[0], self._known(), now=self._clock.now())
            if alone is not None:
                self._finish(batch, await self._commit(lambda: _at_once(alone), stop, messages=1))
                metrics.JUDGED_ALONE.inc()
                log.error("judged_alone", detections=len(alone.detections))
                return
        except Stopping:
            raise
        except Exception as error:
            if _ours(error):
                raise
            log.exception("judging_alone_failed")
        self._finish(batch, await self._commit(lambda: _at_once(set_aside(batch)), stop, messages=1))

    async def _commit(self, judge_: Callable[[], Awaitable[Judged]], stop: Stop, *, messages: int) -> Judged:
        """Judge and store, again and again while the database is away."""
        while True:
            try:
                await self.start(stop)
                judged = await self._judged_and_stored(judge_)
            except (psycopg.OperationalError, psycopg.InterfaceError, database.DatabaseAway) as error:
                if (getattr(error, "sqlstate", None) or "").startswith(LIMIT_EXCEEDED):
                    raise
                await self._wait_for_database(stop, error, messages=messages)
            else:
                return judged

    async def _judged_and_stored(self, judge_: Callable[[], Awaitable[Judged]]) -> Judged:
        try:
            judged = await judge_()
            self._seal(judged)
            await self._write(judged)
        except BaseException:
            self._undo_all()
            raise
        return judged

    async def _write(self, judged: Judged) -> None:
        """Commit what was judged longest ago, and keep it."""
        assert self._connection is not None
        plan = self._latest.plan(judged.commit, self._registry.persons)
        plan.commit.owner = self._owner
        began_s = time.perf_counter()
        await store.commit(self._connection, plan.commit)
        judged.took_s["commit"] = time.perf_counter() - began_s
        self._latest.done(plan)
        self._book.keep()
        self._numbers.keep()
        if judged.commit.listened is not None and self._listening is not None:
            self._listening.written()

    def _seal(self, judged: Judged) -> None:
        self._book.seal(self._registry.persons, judged.due)
        self._numbers.seal(judged.numbers)

    def _undo_all(self) -> None:
        self._book.undo_all()
        self._numbers.undo_all()

    async def _judge(self, batch: Sequence[Envelope], deadlines: Deadlines | None) -> Judged:
        await self._recall.bring(batch, deadlines.person_ids if deadlines else (), self._book, self._numbers)
        # Lanes decide who waits; within a batch things are judged as they came, which is what a replay can know.
        in_order = sorted(batch, key=attrgetter("received_at"))
        now = self._clock.now()
        judged = Judged()
        for _ in judge_in_turns(in_order, self._known(), judged, now=now, deadlines=deadlines):
            await self._give_way()
        self._patience.heard(judged)
        if self._listening is not None:
            judged.commit.listened = self._listening.row(now, concluding=bool(judged.due or judged.detections))
        return judged

    async def _give_way(self) -> None:
        """Let the commit under way take a step: hear an answer of the database, and send what comes next."""
        if self._flight is not None and not self._flight.committing.done():
            for _ in range(STEPS_OF_A_COMMIT):
                await asyncio.sleep(0)

    def _known(self) -> Known:
        of, book, numbers = self._registry, self._book, self._numbers
        return Known(devices=of.devices, persons=of.persons, book=book, numbers=numbers, seats=self._recall.seats)

    async def _wait_for_database(self, stop: Stop, error: Exception, *, messages: int) -> None:
        log.warning("waiting_for_database", error=str(error).strip(), messages=messages)
        await self._disconnect()
        if stop.requested:
            raise Stopping
        await asyncio.sleep(database.RETRY_EVERY_S)

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
        await self._recall.close()

    def _finish(self, batch: Sequence[Envelope], judged: Judged) -> None:
        """After the commit: acknowledge, answer the devices, count."""
        began_s = time.perf_counter()
        for envelope in batch:
            envelope.acknowledge()
        judged.took_s["acknowledge"] = time.perf_counter() - began_s
        now = self._clock.now()
        for device_id, event_id in judged.answers:
            self._downlink.answer(device_id, event_id, now)
        for command in judged.commit.commands:
            self._downlink.command(command)
            metrics.COMMANDS.labels(command.type).inc()
        count(batch, judged)
        metrics.STATES.set(len(self._book))


async def _at_once(judged: Judged) -> Judged:
    """What was judged before."""
    return judged


def _ours(error: Exception) -> bool:
    """Whether no message can be to blame: the tables are not those of this version, or we may not write them."""
    return isinstance(error, psycopg.ProgrammingError) and (error.sqlstate or "").startswith(WRONG_SCHEMA)
