"""Sums by the hour and the day, brought up to date: after any number of crashes they are what the readings say.

Each step is one transaction, with how far it has come in it. Killed in the middle, it is done again. Whoever has days
to catch up with rests after each step as long as it took, because others ask the same database for where somebody is.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import LiteralString

import structlog

from api.keeping.store import sums
from runtime.database import Connection

log = structlog.get_logger(__name__)

#: How much later than others of its series a row may be committed, by time of arrival. Ingest commits in the order of
#: arrival but for its lanes, whose batches wait seconds for each other; what waits in the broker has not arrived yet.
#: Provisional.
COMMITTED_WITHIN = timedelta(minutes=15)
#: Arrivals looked at in one transaction.
SLICE = timedelta(hours=1)
#: Rest after a step, at most. Real seconds.
LONGEST_REST_S = 5.0
#: Persons whose day is summed up in one transaction. Count.
TOGETHER = 1_000
#: A fix moves the way on when it lies further off than this, and than both radii together. Metres; the noise of a
#: bracelet at rest, and a little less than somebody walks in a minute. Provisional.
LEAST_STEP_M = 30.0
#: Fixes coarser than this say nothing about a way. Metres; as docs/evaluation.md takes for certain places.
WAY_ACCURACY_M = 100.0
#: What changes the sums: readings, by their series, and what was concluded and told.
SOURCES: tuple[LiteralString, ...] = (*sums.HOURS, "detections", "notifications")
#: Mark of the hour in which everybody's day was last looked at.
_HOURLY = "everybody"
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


async def bring_up_to_date(connection: Connection, *, at: datetime) -> int:
    """Sum up what came in since the last time.

    Args:
        connection: in autocommit.
        at: now, on the scaled clock.

    Returns:
        How many days of persons were summed up.
    """
    for source in SOURCES:
        await _follow(connection, source, at)
    if await sums.aggregates_continuously(connection):
        for series in sums.HOURS:
            await sums.refresh_hours(connection, series, until=at)
    await _everybody(connection, at)
    done = 0
    while (waiting := await sums.next_stale(connection, limit=TOGETHER)) is not None:
        day, person_ids = waiting
        began_s = time.monotonic()
        async with connection.transaction():
            await sums.sum_days(connection, day, person_ids, now=at, least_m=LEAST_STEP_M, accuracy_m=WAY_ACCURACY_M)
        await _rest(began_s)
        done += len(person_ids)
    return done


async def _follow(connection: Connection, source: LiteralString, at: datetime) -> None:
    """Look at what arrived, a slice at a time."""
    known = await sums.mark(connection, source)
    # A clock that ran ahead once must not hide what came after it was put right.
    looked = BEGINNING if known is None else min(known, at) - COMMITTED_WITHIN
    since, asked = await sums.first_arrival(connection, source, since=looked), True
    while since is not None and since <= at:
        until, began_s = since + SLICE, time.monotonic()
        async with connection.transaction():
            last = await _slice(connection, source, since, until)
            # Nothing came in a slice that follows another: then the mark stays with what came last.
            if (came := since if last is None and asked else last) is not None:
                await sums.set_mark(connection, source, min(came, at))
        await _rest(began_s)
        # Where something came, more may have: to ask for the next arrival takes as long as to look.
        asked = last is None
        since = await sums.first_arrival(connection, source, since=until) if asked else until


async def _rest(began_s: float) -> None:
    """Leave the database to others, for as long as it was ours."""
    await asyncio.sleep(min(time.monotonic() - began_s, LONGEST_REST_S))


async def _slice(connection: Connection, source: LiteralString, since: datetime, until: datetime) -> datetime | None:
    last = await sums.touch(connection, source, since=since, until=until)
    if last is not None:
        if source in sums.HOURS and not await sums.aggregates_continuously(connection):
            for day in await sums.touched_days(connection):
                await sums.sum_hours(connection, source, day)
        await sums.mark_stale(connection)
    return last


async def _everybody(connection: Connection, at: datetime) -> None:
    """Once an hour everybody's day, so that who is not heard of has a day too."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    if await sums.mark(connection, _HOURLY) != hour:
        async with connection.transaction():
            await sums.mark_everybody(connection, at=at)
            await sums.set_mark(connection, _HOURLY, hour)
