"""`kill -9` of ingest while devices talk: nothing acknowledged is lost, nothing is concluded twice, states are equal.

The devices are outside: they know only what the broker acknowledged, and what Tongxing answered.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import psycopg
import pytest

from runtime.clock import ScaledClock
from tests.integration.ingest_process import (
    RATE,
    TIMELESS,
    Bracelet,
    IngestProcess,
    frozen,
    ingest_process,
    stored_states,
    uninterrupted,
)
from tests.integration.ingest_running import rows, rows_when, unique
from tests.registry_rows import add_person

BRACELETS, READINGS, EVENT_EVERY = 3, 160, 30
KILLS = 4


async def killed_at_random(
    ingest: IngestProcess, url: str, random: Random, everything: int, done: asyncio.Event
) -> None:
    """Kill ingest whenever it has come a random way further, half the times within a commit, and start it again at once."""
    thresholds = sorted(random.sample(range(everything // 20, everything * 4 // 5), KILLS))
    for number, threshold in enumerate(thresholds):
        await rows_when(url, "SELECT 1 FROM locations", count=threshold, within_s=120)
        with psycopg.connect(url) as connection:
            if number % 2:
                await in_the_middle_of_a_commit(connection)
            await ingest.kill()
        await ingest.start()
    done.set()


async def in_the_middle_of_a_commit(connection: psycopg.Connection[Any], within_s: float = 60.0) -> None:
    """Return when ingest waits for a table that we hold: readings are written by then, and states are not."""
    connection.execute("LOCK TABLE engine_states IN EXCLUSIVE MODE")
    deadline = time.monotonic() + within_s
    while not connection.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchall():
        assert time.monotonic() < deadline, "ingest did not commit anything"
        await asyncio.sleep(0.01)


@pytest.fixture(params=["broker_url", "mosquitto_url"])
def any_broker(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.mark.timeout(600)
async def test_killed_again_and_again(
    any_broker: str, database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    random = Random(20_261_121)
    # Everybody's clock runs fast, so that what is said is said when it is so, and no silence is due.
    began = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
    anchor = datetime.now(UTC) + timedelta(seconds=6)
    clock = ScaledClock(start=began, rate=RATE, anchor=anchor)
    told = {"START": began.isoformat(), "RATE": str(RATE), "ANCHOR": anchor.isoformat()}
    bracelets = [Bracelet(unique("zb"), random.randrange(2**32), began.timestamp(), clock) for _ in range(BRACELETS)]
    for bracelet in bracelets:
        add_person(database_url, bracelet=bracelet.device_id, overrides=TIMELESS)
    clocked = {f"TONGXING_CLOCK_{name}": value for name, value in told.items()}
    async with ingest_process(database_url, any_broker, unique("t"), tmp_path, clocked) as ingest:
        await ingest.ready()
        done = asyncio.Event()
        async with asyncio.timeout(300), asyncio.TaskGroup() as group:
            for bracelet in bracelets:
                group.create_task(bracelet.live(any_broker, READINGS, EVENT_EVERY, done))
            group.create_task(killed_at_random(ingest, database_url, random, BRACELETS * READINGS, done))
        said = sum(len(bracelet.taken) for bracelet in bracelets)
        await rows_when(database_url, "SELECT 1 FROM locations", count=said, within_s=120)
        await ingest.ready()
        assert await ingest.terminate() == 0
    check_nothing_is_lost(database_url, bracelets)
    assert rows(database_url, "SELECT reason, detail FROM quarantine") == []
    await check_conclusions_are_those_of_an_uninterrupted_run(database_url, bracelets)
    assert rows(database_url, "SELECT count(*), sum(missing) FROM device_states") == [(BRACELETS, 0)]
    if request.node.callspec.params["any_broker"] == "mosquitto_url":
        check_the_order_was_kept(database_url)


def check_nothing_is_lost(url: str, bracelets: list[Bracelet]) -> None:
    for bracelet in bracelets:
        assert len(bracelet.taken) >= READINGS
        stored = rows(
            url,
            """
            SELECT extract(epoch FROM at)::float FROM locations JOIN devices USING (device_key)
            WHERE device_id = %s ORDER BY at
            """,
            bracelet.device_id,
        )
        assert [row[0] for row in stored] == bracelet.taken
        events = rows(
            url,
            "SELECT event_id FROM safety_events JOIN devices USING (device_key) WHERE device_id = %s",
            bracelet.device_id,
        )
        assert {row[0] for row in events} == set(bracelet.pressed) <= bracelet.answered


async def check_conclusions_are_those_of_an_uninterrupted_run(url: str, bracelets: list[Bracelet]) -> None:
    states, outcomes = await uninterrupted(url)
    found_states, expected_states = await stored_states(url), frozen(states)
    assert different_parts(found_states, expected_states) == {}
    assert found_states == expected_states
    expected = sorted(str(d.detection_id) for outcome in outcomes for d in outcome.judgement.detections)
    found = sorted(str(row[0]) for row in rows(url, "SELECT detection_id FROM detections"))
    assert found == expected
    assert len(set(found)) == len(found)
    kinds = dict(rows(url, "SELECT kind, count(*) FROM detections GROUP BY kind"))
    assert kinds["sos"] == sum(len(bracelet.pressed) for bracelet in bracelets)
    assert kinds["zone_exit"] > BRACELETS
    assert kinds["zone_enter"] > BRACELETS
    asked = sorted(str(c.command_id) for outcome in outcomes for c in outcome.judgement.commands)
    assert sorted(str(row[0]) for row in rows(url, "SELECT command_id FROM commands")) == asked


def different_parts(found: dict[int, bytes], expected: dict[int, bytes]) -> dict[int, dict[str, object]]:
    """By person the parts of two states that differ: what a failure should say."""
    assert found.keys() == expected.keys()
    pairs = {key: (msgspec.msgpack.decode(found[key])[1], msgspec.msgpack.decode(expected[key])[1]) for key in found}
    return {
        key: {name: (one.get(name), other.get(name)) for name in one | other if one.get(name) != other.get(name)}
        for key, (one, other) in pairs.items()
        if one != other
    }


def check_the_order_was_kept(url: str) -> None:
    """Mosquitto sends again in order and at once; the embedded broker only after its `ack_wait`, behind newer ones."""
    disordered = rows(
        url,
        """
        SELECT count(*) FROM (SELECT received_at < lag(received_at) OVER (PARTITION BY device_key ORDER BY at) AS early
                              FROM locations) AS ordered WHERE early
        """,
    )
    assert disordered == [(0,)]
