"""We were away for a day: nobody is told of what is over, and who is silent when we are back is found.

Ingest and alerts with a real broker and PostgreSQL; a simulated day passes between two runs of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiomqtt
import psycopg

from alerts.pipeline import Pipeline
from ingest.registry import Registry
from ingest.replay import replay
from ingest.settings import IngestSettings
from runtime import clock as clocks
from runtime import database
from runtime.clock import Clock, ManualClock
from runtime.database import Pool
from tests.integration.ingest_process import METRES_PER_DEGREE_NORTH
from tests.integration.ingest_running import device, publish, rows, rows_when, running_ingest, settings_for, unique
from tests.registry_rows import HOME_LATITUDE, HOME_LONGITUDE, add_person

#: 02:00 in Zibo; three simulated minutes pass in a second.
BEGINS = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
RATE = 180.0
AWAY = timedelta(days=1)
#: A quarter of an hour, so that the test need not wait for an hour.
PATIENCE = {"silence_unknown": 900}


class Fleet:
    """Ten persons of one village with bracelets; one of them has a bed as well."""

    def __init__(self, database_url: str) -> None:
        self.bracelets = [unique("zb") for _ in range(10)]
        self.bed = unique("bed")
        self.persons = [
            add_person(database_url, bracelet=each, bed=None if number else self.bed, overrides=PATIENCE)
            for number, each in enumerate(self.bracelets)
        ]

    def in_bed(self) -> str:
        return self.bracelets[0]


async def say(client: aiomqtt.Client, clock: Clock, who: Iterable[str], north_m: float = 0.0) -> None:
    for device_id in who:
        place = {"latitude": HOME_LATITUDE + north_m / METRES_PER_DEGREE_NORTH, "longitude": HOME_LONGITUDE}
        told: dict[str, Any] = {"battery_pct": 70.0, "worn": True, "steps": 0, "accuracy_m": 10.0}
        await publish(client, device_id, "location", at=clock.now().timestamp(), **place, **told)


def settings_from(database_url: str, broker_url: str, client_id: str, begins: datetime) -> IngestSettings:
    clocked = {"clock_start": begins, "clock_rate": RATE, "clock_anchor": datetime.now(UTC)}
    return settings_for(database_url, broker_url, ingest_client_id=client_id, **clocked)


async def first_night(database_url: str, broker_url: str, client_id: str, fleet: Fleet, lost: str) -> datetime:
    """Everybody at home, one of them in bed and then up; one goes out and is told of. Returns when it ends."""
    settings = settings_from(database_url, broker_url, client_id, BEGINS)
    clock = clocks.from_settings(settings)
    async with running_ingest(settings), device(broker_url, unique("fleet")) as client:
        for minute in range(0, 14, 2):
            await clock.sleep_until(BEGINS + timedelta(minutes=minute))
            await say(client, clock, [each for each in fleet.bracelets if each != lost])
            await say(client, clock, [lost], north_m=60.0 * minute)
            at = clock.now().timestamp()
            await publish(client, fleet.bed, "bed", at=at, status="occupied" if minute < 10 else "empty")
        await rows_when(database_url, "SELECT 1 FROM detections WHERE kind = 'zone_exit'", count=1)
        await rows_when(database_url, "SELECT 1 FROM detections WHERE kind = 'bed_exit'", count=1)
        await rows_when(database_url, "SELECT 1 FROM locations", count=70)
        return clock.now()


async def second_night(  # noqa: PLR0917 - each is another thing
    database_url: str, broker_url: str, client_id: str, fleet: Fleet, begins: datetime, silent: list[str]
) -> datetime:
    """A day later everybody speaks again but these; until somebody's silence has been told. Returns when it ends."""
    settings = settings_from(database_url, broker_url, client_id, begins)
    clock = clocks.from_settings(settings)
    async with running_ingest(settings), device(broker_url, unique("fleet")) as client:
        for _ in range(100):
            await say(client, clock, [each for each in fleet.bracelets if each not in silent])
            await publish(client, fleet.bed, "bed", at=clock.now().timestamp(), status="empty")
            if rows(database_url, "SELECT count(*) FROM detections WHERE kind = 'silence'") == [(len(silent),)]:
                break
            await asyncio.sleep(0.2)
        # What others said last is stored as well.
        last = clock.now().timestamp()
        await publish(client, fleet.bracelets[1], "heartbeat", at=last)
        await rows_when(database_url, "SELECT 1 FROM heartbeats WHERE at >= to_timestamp(%s)", last - 0.001, count=1)
        return clock.now()


def told(database_url: str, since: datetime) -> list[tuple[Any, ...]]:
    return rows(
        database_url,
        "SELECT person_id, kind, reason, at - %s FROM detections WHERE at >= %s AND kind <> 'zone_enter' ORDER BY at",
        since,
        since,
    )


async def incidents(pool: Pool, clock: ManualClock) -> None:
    """Alerts, from the detections on, and again when what waits has waited."""
    pipeline = Pipeline(pool=pool, clock=clock, wake_delivery=lambda: None)
    await pipeline.seed()
    for _ in range(3):
        await pipeline.work()
        clock.advance(timedelta(minutes=2))


async def test_a_day_in_which_we_were_away(database_url, broker_url, pool):
    fleet, client_id = Fleet(database_url), unique("t")
    lost, silent = fleet.bracelets[8], fleet.bracelets[9]
    ended = await first_night(database_url, broker_url, client_id, fleet, lost)
    clock = ManualClock(ended)
    await incidents(pool, clock)
    before = rows(database_url, "SELECT count(*) FROM incidents")
    begins = ended + AWAY
    now = await second_night(database_url, broker_url, client_id, fleet, begins, [lost, silent])
    found = {(person, kind, reason): after for person, kind, reason, after in told(database_url, begins)}
    outside, at_home = (fleet.persons[fleet.bracelets.index(each)] for each in (lost, silent))
    assert found.pop((outside, "zone_exit", "still_outside"))
    assert found.pop((outside, "silence", "no_contact_outside")) <= timedelta(minutes=10), "promptly: he is out there"
    assert found.pop((at_home, "silence", "no_contact")) <= timedelta(minutes=25)
    assert found == {}, "what is over is told to nobody"
    clock.advance(now - clock.now())
    await incidents(pool, clock)
    new = rows(database_url, "SELECT person_id, kind FROM incidents WHERE opened_at >= %s", begins)
    assert new == [(at_home, "silence")], "his own exit is still open; nobody else's phone rings"
    assert before == [(2,)], "the exit, and the bed that was left, which was told to nobody"
    await replayed(database_url, now)


async def replayed(database_url: str, until: datetime) -> None:
    """The same readings give the same detections: what was put off then is put off again."""
    registry = Registry(database_url)
    await registry.load()
    connection = await database.connect(database_url)
    async with connection:
        found = await replay(connection, registry.persons, since=BEGINS - timedelta(hours=1), until=until)
    differs = [(each.change, each.kind, each.reason, each.at) for each in found.differences if each.change != "kept"]
    assert differs == []
    assert len(found.differences) >= 5


async def test_killed_it_knows_until_when_it_listened(database_url, broker_url):
    """The row is carried on while nothing happens at all; what was concluded lies within it."""
    fleet, client_id = Fleet(database_url), unique("t")
    settings = settings_from(database_url, broker_url, client_id, BEGINS)
    clock = clocks.from_settings(settings)
    async with running_ingest(settings), device(broker_url, unique("fleet")) as client:
        await say(client, clock, fleet.bracelets)
        await rows_when(database_url, "SELECT 1 FROM detections WHERE kind = 'silence'", count=10)
        concluded = clock.now()
        await rows_when(database_url, "SELECT 1 FROM listened WHERE until > %s", concluded, count=1)
        ((since, until),) = rows(database_url, "SELECT since, until FROM listened")
    with psycopg.connect(database_url) as connection:
        ((last,),) = connection.execute("SELECT max(at) FROM detections").fetchall()
    assert since <= BEGINS + timedelta(minutes=5)
    assert last <= until <= clock.now()
