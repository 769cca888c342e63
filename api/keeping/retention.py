"""What goes when its time has come: first asked for, then done, by the same list of steps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import LiteralString, Protocol, TypeVar

import psycopg
import structlog

from alerts.store import retention as told
from api.keeping.data_class import SERIES, TABLES, DataClass, Term
from api.keeping.store import deletions
from api.keeping.store.deletions import Deleted
from api.queries import keeping as queries
from ingest.retention import store as heard
from ingest.retention.store import Part
from runtime.database import Connection

log = structlog.get_logger(__name__)

#: Days that have their part before they begin. Count.
DAYS_AHEAD = 7
#: Rows of one past day without a part that are worth one. Count: a clock that is wrong by years makes none.
WORTH_A_PART = 10_000
#: How long a step waits for a lock, with writers waiting behind it, and how often it tries. Real time.
LOCK_TIMEOUT = "500ms"
TRIES, TRY_AGAIN_AFTER_S = 30, 1.0
Held = Sequence[int]
T = TypeVar("T")


class Aged(Protocol):
    """Rows that are, or were, older than the cutoff."""

    @property
    def rows(self) -> int:
        """Which go."""

    @property
    def held_rows(self) -> int:
        """Which stay because somebody is being looked for."""

    @property
    def oldest(self) -> datetime | None:
        """Of those that go."""

    @property
    def newest(self) -> datetime | None:
        """Of those that go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that can be deleted in one transaction: a part, or the old rows of a table."""

    data_class: DataClass
    series: str
    #: Null: single rows.
    part: str | None = None
    cutoff: datetime
    #: On disk, of a part that goes whole.
    bytes: int | None = None
    count: Callable[[Connection, Held], Awaitable[Aged]]
    delete: Callable[[Connection, Held], Awaitable[Aged]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed(Deleted):
    """What a step deletes, or would."""

    #: On disk, of a part that goes whole.
    bytes: int | None


async def preview(connection: Connection, terms: Sequence[Term], *, at: datetime) -> list[Doomed]:
    """What a run at that instant would delete, if nothing came in until then."""
    held = await told.held(connection, at=at)
    found = []
    for step in await plan(connection, terms, at=at):
        counted = await step.count(connection, held)
        if counted.rows or counted.held_rows:
            found.append(_doomed(step, counted))
    return found


async def run(connection: Connection, terms: Sequence[Term], *, at: datetime, user_id: int | None) -> list[Doomed]:
    """Delete it, each step in a transaction of its own with its record.

    Args:
        connection: in autocommit.
        terms: how long each class is kept.
        at: now, on the scaled clock.
        user_id: whose login asked for it; None: by itself.
    """
    done = []
    for step in await plan(connection, terms, at=at):
        doomed = await _patiently(partial(_carry_out, connection, step, at, user_id))
        if doomed.rows:
            log.info("deleted", data_class=str(step.data_class), part=step.part or step.series, rows=doomed.rows)
            done.append(doomed)
    return done


async def next_dates(connection: Connection, terms: Sequence[Term], *, at: datetime) -> dict[str, datetime | None]:
    """The next midnight, after `at`, at which something of each class has to go; None: never, or nothing is there."""
    found: dict[str, datetime | None] = {}
    for term in terms:
        cutoff = term.cutoff(at)
        oldest = None if cutoff is None else await _oldest(connection, term.data_class, cutoff)
        found[term.data_class] = term.goes_on(oldest) if oldest else None
    return found


async def _oldest(connection: Connection, data_class: DataClass, since: datetime) -> datetime | None:
    """The oldest that is kept; of series, without reading the days: their part says it."""
    found = []
    for series in SERIES.get(data_class, ()):
        parts = await heard.parts(connection, series)
        found += [await heard.oldest(connection, part, since=since) for part in parts if part.since is None]
        for part in parts:
            if part.until and part.until > since and await heard.has_rows(connection, part):
                found.append(part.since)
                break
    if data_class not in SERIES:
        found.append(await queries.oldest(connection, data_class, since=since))
    return min((each for each in found if each is not None), default=None)


async def plan(connection: Connection, terms: Sequence[Term], *, at: datetime) -> list[Step]:
    """Every step that a run would take, oldest parts first."""
    steps: list[Step] = []
    for term in terms:
        cutoff = term.cutoff(at)
        if cutoff is None:
            continue
        for series in SERIES.get(term.data_class, ()):
            parts = [part for part in await heard.parts(connection, series) if (part.until or cutoff) <= cutoff]
            steps += [_of_part(term.data_class, part, cutoff) for part in parts]
        for name in TABLES.get(term.data_class, ()):
            count, delete = partial(heard.count_rows, table=name), partial(heard.delete_rows, table=name)
            steps.append(_of_table(term.data_class, name, cutoff, count, delete))
        if term.data_class in _OWN:
            table, counting, deleting = _OWN[term.data_class]
            steps.append(_of_table(term.data_class, table, cutoff, counting, deleting))
    return steps


async def make_ahead(connection: Connection, *, at: datetime, kept_since: datetime) -> int:
    """Parts of the days to come, and of past days that came in without one. How many were made."""
    made = 0
    today = at.astimezone(UTC).date()
    for series in heard.SERIES:
        past = await heard.days_without_part(connection, series, least=WORTH_A_PART, after=kept_since)
        for day in [*past, *(today + timedelta(days=n) for n in range(DAYS_AHEAD + 1))]:
            made += await _patiently(partial(_make, connection, series, day))
    return made


async def _make(connection: Connection, series: LiteralString, day: date) -> bool:
    async with connection.transaction():
        await deletions.give_up_after(connection, LOCK_TIMEOUT)
        return await heard.make_part(connection, series, day)


async def _carry_out(connection: Connection, step: Step, at: datetime, user_id: int | None) -> Doomed:
    async with connection.transaction():
        await deletions.give_up_after(connection, LOCK_TIMEOUT)
        # Asked within the transaction: an incident may have opened a moment ago.
        counted = await step.delete(connection, await told.held(connection, at=at))
        doomed = _doomed(step, counted)
        if counted.rows:
            await deletions.note_deleted(connection, doomed, at=at, user_id=user_id)
        await deletions.keep_since(connection, step.series, step.cutoff)
    return doomed


async def _patiently(attempt: Callable[[], Awaitable[T]]) -> T:
    """Try until nobody is in the way: a lock that is waited for holds up those who come after."""
    for _ in range(TRIES - 1):
        try:
            return await attempt()
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            await asyncio.sleep(TRY_AGAIN_AFTER_S)
    return await attempt()


def _of_part(data_class: DataClass, part: Part, cutoff: datetime) -> Step:
    whole = part.until is not None
    before = part.until or cutoff

    async def count(connection: Connection, held: Held) -> Aged:
        return await heard.count(connection, part, before=before, held=held)

    async def delete(connection: Connection, held: Held) -> Aged:
        if whole:
            return await heard.drop(connection, part, held=held)
        return await heard.delete(connection, part, before=before, held=held)

    return Step(
        data_class=data_class,
        series=part.series,
        part=part.part if whole else None,
        cutoff=cutoff,
        bytes=part.bytes if whole else None,
        count=count,
        delete=delete,
    )


def _of_table(data_class: DataClass, table: str, cutoff: datetime, counting: Work, deleting: Work) -> Step:
    async def count(connection: Connection, held: Held) -> Aged:
        return await counting(connection, before=cutoff, held=held)

    async def delete(connection: Connection, held: Held) -> Aged:
        return await deleting(connection, before=cutoff, held=held)

    return Step(data_class=data_class, series=table, cutoff=cutoff, count=count, delete=delete)


class Work(Protocol):
    """Counts or deletes what is older than an instant."""

    def __call__(self, connection: Connection, *, before: datetime, held: Held) -> Awaitable[Aged]:
        """Do it."""


def _doomed(step: Step, counted: Aged) -> Doomed:
    return Doomed(
        data_class=step.data_class,
        series=step.series,
        part=step.part,
        rows=counted.rows,
        held_rows=counted.held_rows,
        bytes=step.bytes,
        oldest=counted.oldest,
        newest=counted.newest,
        cutoff=step.cutoff,
    )


#: What is no part of ingest's: its table, how it is counted and how deleted.
_OWN: Mapping[DataClass, tuple[str, Work, Work]] = {
    DataClass.MESSAGES: ("notifications", told.messages, told.delete_messages),
    DataClass.INCIDENTS: ("incidents", told.incidents, told.delete_incidents),
    DataClass.ACCESSES: ("access_log", queries.old_accesses, deletions.delete_accesses),
    DataClass.DEVICE_HOURS: ("device_hours", queries.old_hours, deletions.delete_hours),
    DataClass.PERSON_DAYS: ("person_days", queries.old_days, deletions.delete_days),
}
