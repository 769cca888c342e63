"""One batch is judged while another is being committed: a commit that fails takes both back, and nothing differs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import psycopg
import pytest

from ingest import pipeline, store
from ingest.batching import Batcher
from ingest.sources import Envelope
from tests.integration.ingest_process import TIMELESS, frozen, stored_states, uninterrupted
from tests.integration.ingest_running import device, publish, rows, rows_when, running_ingest, settings_for, unique
from tests.registry_rows import HOME_LATITUDE, HOME_LONGITUDE, add_person

#: Messages in a batch; so many are judged ahead.
TOGETHER = 6
#: Who waits for a table that we hold.
WAITING = "SELECT pid FROM pg_locks WHERE NOT granted"


class Watched:
    """What ingest has judged and acknowledged so far, seen from within."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.judged: list[int] = []
        self.acknowledged = 0
        judge, put = pipeline.judge_in_turns, Batcher.put

        def judging(envelopes: Any, *rest: Any, **further: Any) -> Iterator[None]:
            self.judged.append(len(envelopes))
            return judge(envelopes, *rest, **further)

        def putting(batcher: Batcher, rank: int, envelope: Envelope) -> None:
            put(batcher, rank, msgspec.structs.replace(envelope, acknowledge=self._counted(envelope.acknowledge)))

        monkeypatch.setattr(pipeline, "judge_in_turns", judging)
        monkeypatch.setattr(Batcher, "put", putting)

    def _counted(self, acknowledge: Callable[[], None]) -> Callable[[], None]:
        def counted() -> None:
            self.acknowledged += 1
            acknowledge()

        return counted

    async def has_judged(self, messages: int, within_s: float = 20.0) -> None:
        deadline = time.monotonic() + within_s
        while sum(self.judged) < messages:
            assert time.monotonic() < deadline, f"only {self.judged} were judged"
            await asyncio.sleep(0.01)


async def walk(client: Any, bracelet: str, began_s: float, first: int) -> None:
    """One batch: a fix every ten seconds, out of the zone within the first six and back within twelve."""
    for number in range(first, first + TOGETHER):
        north = 0.004 * (1 - abs(number % 12 / 6 - 1))
        fix = {"latitude": HOME_LATITUDE + north, "longitude": HOME_LONGITUDE, "accuracy_m": 8.0}
        await publish(client, bracelet, "location", at=began_s + 10 * number, seq=number, battery_pct=80, **fix)


async def as_if_nothing_had_happened(url: str, messages: int) -> None:
    assert rows(url, "SELECT count(*) FROM locations") == [(messages,)]
    states, outcomes = await uninterrupted(url)
    assert await stored_states(url) == frozen(states)
    expected = sorted(str(each.detection_id) for outcome in outcomes for each in outcome.judgement.detections)
    assert sorted(str(row[0]) for row in rows(url, "SELECT detection_id FROM detections")) == expected
    assert len(expected) > 1
    assert rows(url, "SELECT last_seq, missing FROM device_states") == [(messages - 1, 0)]
    assert rows(url, "SELECT count(*) FROM quarantine") == [(0,)]


@pytest.mark.parametrize("how", ["connection_lost", "refused"])
async def test_a_failed_commit_takes_back_what_was_judged_on_top_of_it(
    how: str, database_url: str, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bracelet, watched, real = unique("zb"), Watched(monkeypatch), store.commit
    add_person(database_url, bracelet=bracelet, overrides=TIMELESS)
    refusals = ["planted"] if how == "refused" else []

    async def committing(connection: Any, commit: store.Commit) -> None:
        if not commit.rows["locations"] or not refusals:
            await real(connection, commit)
            return
        async with connection.transaction(force_rollback=True):
            await real(connection, commit)
        raise psycopg.DataError(refusals.pop())

    monkeypatch.setattr(store, "commit", committing)
    settings = settings_for(database_url, broker_url, ingest_batch_messages=TOGETHER, ingest_batch_age_ms=1_000)
    began_s = time.time() - 600
    with psycopg.connect(database_url) as held:
        async with running_ingest(settings), device(broker_url, bracelet) as client:
            # The first batch waits for this table, before it is committed.
            held.execute("LOCK TABLE engine_states IN EXCLUSIVE MODE")
            await walk(client, bracelet, began_s, 0)
            await watched.has_judged(TOGETHER)
            await walk(client, bracelet, began_s, TOGETHER)
            await watched.has_judged(2 * TOGETHER)
            assert watched.acknowledged == 0, "acknowledged, and not committed"
            await rows_when(database_url, WAITING, count=1)
            if how == "connection_lost":
                rows(database_url, f"SELECT pg_terminate_backend(pid) FROM ({WAITING}) AS waiting")
            held.rollback()
            await rows_when(database_url, "SELECT 1 FROM locations", count=2 * TOGETHER)
            await walk(client, bracelet, began_s, 2 * TOGETHER)
            await rows_when(database_url, "SELECT 1 FROM locations", count=3 * TOGETHER)
    assert sum(watched.judged) > 4 * TOGETHER, "nothing was judged again"
    await as_if_nothing_had_happened(database_url, 3 * TOGETHER)


async def test_a_message_that_cannot_be_judged_ahead_costs_nothing_of_the_commit_before(
    database_url: str, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bracelet, watched, counted = unique("zb"), Watched(monkeypatch), pipeline.judge_in_turns
    add_person(database_url, bracelet=bracelet, overrides=TIMELESS)
    failures = ["planted"]

    def failing(envelopes: Any, *rest: Any, **further: Any) -> Iterator[None]:
        yield from counted(envelopes, *rest, **further)
        if sum(watched.judged) > TOGETHER and failures:
            # After the states have changed.
            raise ZeroDivisionError(failures.pop())

    monkeypatch.setattr(pipeline, "judge_in_turns", failing)
    settings = settings_for(database_url, broker_url, ingest_batch_messages=TOGETHER, ingest_batch_age_ms=1_000)
    began_s = time.time() - 600
    with psycopg.connect(database_url) as held:
        async with running_ingest(settings), device(broker_url, bracelet) as client:
            held.execute("LOCK TABLE engine_states IN EXCLUSIVE MODE")
            await walk(client, bracelet, began_s, 0)
            await watched.has_judged(TOGETHER)
            await walk(client, bracelet, began_s, TOGETHER)
            await watched.has_judged(2 * TOGETHER)
            held.rollback()
            await rows_when(database_url, "SELECT 1 FROM locations", count=2 * TOGETHER)
    assert not failures
    await as_if_nothing_had_happened(database_url, 2 * TOGETHER)
