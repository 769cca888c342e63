"""Many bracelets at home in bursts: judged in columns, in the tables as they were said, and known after a crash."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import aiomqtt
import psycopg
import pytest

from ingest import pipeline, store
from ingest.counting import count
from ingest.deferring import latest
from ingest.judged import Judged
from ingest.newest import NEWEST
from ingest.registry import Registry
from tests.integration.ingest_process import TIMELESS, frozen, stored_states, uninterrupted
from tests.integration.ingest_running import device, rows, rows_when, running_ingest, settings_for, unique
from tests.registry_rows import HOME_LATITUDE, HOME_LONGITUDE

#: Devices that speak at once: more than `quiet_fixes.LEAST`, and than `latest.FEW` rows.
MANY = 150
#: Rounds after which what people at home say is quiet.
FIRST = 4
EVERY_S = 30


class Columns:
    """What was judged and written in columns, seen where batches are counted and committed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.quiet = self.written = 0
        self._commit = store.commit
        monkeypatch.setattr(pipeline, "count", self._counted)
        monkeypatch.setattr(store, "commit", self._committed)

    async def _committed(self, connection: Any, commit: store.Commit) -> None:
        # Before it is there for others to see: whoever sees it looks at this next.
        self.written += len(commit.newest)
        await self._commit(connection, commit)

    async def heard(self, more_than: int) -> None:
        """So many were quiet: they are counted a moment after others can see them."""
        deadline = time.monotonic() + 20
        while self.quiet <= more_than:
            assert time.monotonic() < deadline, f"{self.quiet} were quiet"
            await asyncio.sleep(0.02)

    def _counted(self, batch: Any, judged: Judged) -> None:
        self.quiet += len(judged.quiet or ())
        count(batch, judged)


class City:
    """People at home with a bracelet each, and what they have said."""

    def __init__(self, url: str) -> None:
        self.url, self.began_s, self.said = url, float(int(time.time()) - 900), list[dict[str, Any]]()
        names = [unique("zb") for _ in range(MANY)]
        with psycopg.connect(url) as connection:
            self.keys = {
                device_id: (person_id, device_key)
                for person_id, device_id, device_key in connection.execute(_PEOPLE, (names, json.dumps(TIMELESS)))
            }

    async def speaks(self, client: aiomqtt.Client, round_: int, number: int | None = None) -> None:
        """Everybody says where they are; what nobody has to say is said by some, and not in every round."""
        told = []
        for n, device_id in enumerate(self.keys):
            body: dict[str, Any] = {
                "at": self.began_s + EVERY_S * round_ + n / 100,
                "latitude": HOME_LATITUDE + n * 1e-7,
                "longitude": HOME_LONGITUDE - round_ * 1e-7,
                "accuracy_m": 8 + n % 5,
                "seq": 10 * n + (round_ if number is None else number),
            }
            for place, (name, value) in enumerate(FURTHER.items()):
                if (n >> place % 5) & 1:
                    body[name] = value
            body |= {"battery_pct": 90 - round_} if (n + round_) % 3 else {}
            told.append((device_id, body))
        client.pending_calls_threshold = MANY
        await asyncio.gather(
            *(client.publish(f"tongxing/v1/{each}/location", json.dumps(body), qos=1) for each, body in told)
        )
        self.said += [body | {"person": self.keys[each][0], "device": self.keys[each][1]} for each, body in told]

    async def comes_home(self, client: aiomqtt.Client, monkeypatch: pytest.MonkeyPatch, write_after_s: float) -> None:
        """The first rounds, after which most are quiet; nothing of them waits any more, and then for so long."""
        monkeypatch.setattr(latest, "WRITE_AFTER_S", 0.0)
        for round_ in range(FIRST):
            await self.speaks(client, round_)
            await self.is_told(round_ + 1)
        await settled(self)
        monkeypatch.setattr(latest, "WRITE_AFTER_S", write_after_s)

    async def is_told(self, times: int) -> None:
        """Every word so far is in the table."""
        query = "SELECT 1 FROM (SELECT count(*) AS heard FROM locations) AS them WHERE heard >= %s"
        await rows_when(self.url, query, times * MANY, count=1)

    def newest(self, name: str) -> dict[int, Any]:
        """The last word on something, by device."""
        return {body["device"]: body[name] for body in self.said if body.get(name) is not None}


FURTHER = {
    "source": "wifi", "altitude_m": 41.5, "speed_mps": 0.25, "heading_deg": 271.5, "charging": False, "worn": True,
    "steps": 2, "at_home": True,
}  # fmt: skip

_PEOPLE = """
    WITH names AS (SELECT name, row_number() OVER () AS n FROM unnest(%s::text[]) AS name),
    people AS (
        INSERT INTO persons (display_name, division) SELECT name, '370303001001' FROM names
        RETURNING person_id, display_name
    ), homes AS (
        INSERT INTO zones (person_id, name, geometry, radius_m)
        SELECT person_id, 'home', '{"type": "Point", "coordinates": [118.05, 36.81]}'::jsonb, 150 FROM people
    ), policies AS (
        INSERT INTO policies (person_id, overrides) SELECT person_id, %s::jsonb FROM people
    )
    INSERT INTO devices (device_id, kind, person_id) SELECT display_name, 'bracelet', person_id FROM people
    RETURNING person_id, device_id, device_key
"""


@pytest.fixture
def city(database_url: str) -> City:
    return City(database_url)


def of(body: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(body.get(name) for name in names)


def instant(body: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(body["at"], UTC)


def hold_the_tables_what_was_said(city: City, gaps: Collection[bytes] = (b"",)) -> None:
    """Every column of what was published, but for when it arrived; and these gaps."""
    position = ("latitude", "longitude", "accuracy_m")
    expected = sorted(
        (
            body["device"], instant(body), body["person"], *of(body, *position), body.get("source", "gnss"),
            *of(body, "altitude_m", "speed_mps", "heading_deg", "battery_pct", "charging", "worn", "steps", "seq"),
            body.get("at_home"),
        )
        for body in city.said
    )  # fmt: skip
    assert rows(city.url, LOCATIONS) == expected
    last = {body["device"]: body for body in city.said}
    charge = city.newest("battery_pct")
    positions = sorted(
        (
            body["person"], body["device"], instant(body), *of(body, *position), body.get("source", "gnss"),
            *of(body, "speed_mps", "heading_deg"), charge.get(body["device"]), "inside",
        )
        for body in last.values()
    )  # fmt: skip
    assert rows(city.url, POSITIONS) == positions
    at, number = {key: instant(body) for key, body in last.items()}, city.newest("seq")
    worn, charging = city.newest("worn"), city.newest("charging")
    states = [
        (
            key, at[key], True, charge.get(key), charging.get(key), worn.get(key), None, None, number[key], 0,
            at[key], None, None, None,
        )
        for key in sorted(last)
    ]  # fmt: skip
    found = rows(city.url, STATES)
    assert [(*row[:9], *row[10:]) for row in found] == states
    assert {bytes(row[9]) for row in found} == set(gaps)


LOCATIONS = """
    SELECT device_key, at, person_id, latitude, longitude, accuracy_m, source, altitude_m, speed_mps, heading_deg,
        battery_pct, charging, worn, steps, seq, at_home
    FROM locations ORDER BY device_key, at
"""
POSITIONS = """
    SELECT person_id, device_key, at, latitude, longitude, accuracy_m, source, speed_mps, heading_deg, battery_pct,
        safety
    FROM latest_positions ORDER BY person_id
"""
STATES = """
    SELECT device_key, last_seen_at, online, battery_pct, charging, worn, bed_status, firmware, last_seq, seq_gaps,
        missing, location_at, heartbeat_at, bed_at, gateway
    FROM device_states ORDER BY device_key
"""


async def settled(city: City) -> None:
    """Nothing is put off any more."""
    query = "SELECT 1 WHERE NOT EXISTS (SELECT FROM deferred_rows) AND %s = (SELECT count(*) FROM latest_positions)"
    await rows_when(city.url, query, MANY, count=1)


async def test_what_many_say_at_once_is_in_the_tables_as_they_said_it(
    city: City, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = Columns(monkeypatch)
    settings = settings_for(city.url, broker_url, ingest_batch_age_ms=150)
    async with running_ingest(settings), device(broker_url, unique("gateway")) as client:
        await city.comes_home(client, monkeypatch, 0.5)
        # Numbers that go on by one leave gaps as they are known, in columns and elsewhere.
        with psycopg.connect(city.url) as connection:
            connection.execute("UPDATE device_states SET seq_gaps = 'noted before'")
        for round_ in range(FIRST, FIRST + 4):
            await city.speaks(client, round_)
            await city.is_told(round_ + 1)
        await settled(city)
        assert columns.quiet > 2 * MANY, "hardly anything was judged in columns"
        assert columns.written > MANY / 2, "hardly anything was written in columns"
        hold_the_tables_what_was_said(city, [b"noted before"])
    states, _ = await uninterrupted(city.url)
    assert await stored_states(city.url) == frozen(states)


async def killed(*_: object) -> None:
    """What ends like this writes nothing at its end."""


async def test_nothing_is_unknown_after_a_crash(city: City, broker_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(city.url, broker_url, ingest_batch_age_ms=150)
    with monkeypatch.context() as planted:
        planted.setattr(pipeline, "write_everything", killed)
        async with running_ingest(settings), device(broker_url, unique("gateway")) as client:
            await city.comes_home(client, planted, 1_000.0)
            for round_ in (FIRST, FIRST + 1):
                await city.speaks(client, round_)
                await city.is_told(round_ + 1)
    told = [latest._TOLD.decode(each) for (each,) in rows(city.url, "SELECT told FROM deferred_rows")]
    assert sum(len(each.newest) for each in told) > MANY * NEWEST.itemsize, "hardly anything was put off in columns"
    newest = "SELECT max(last_seen_at) < (SELECT max(at) FROM locations) OR count(*) = 0 FROM device_states"
    assert rows(city.url, newest) == [(True,)]
    async with running_ingest(settings), device(broker_url, unique("gateway")) as client:
        hold_the_tables_what_was_said(city)
        assert rows(city.url, "SELECT count(*) FROM deferred_rows") == [(0,)]
        states, _ = await uninterrupted(city.url)
        assert await stored_states(city.url) == frozen(states)
        await city.speaks(client, FIRST + 2)
        await city.is_told(FIRST + 3)
        await settled(city)
        hold_the_tables_what_was_said(city)


async def test_somebody_who_is_deleted_while_their_words_wait_costs_nobody_else_anything(
    city: City, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns, registers, opened = Columns(monkeypatch), list[Registry](), Registry.open

    async def opening(registry: Registry) -> None:
        registers.append(registry)
        await opened(registry)

    monkeypatch.setattr(Registry, "open", opening)
    settings = settings_for(city.url, broker_url, ingest_batch_age_ms=150)
    gone, key = next(iter(city.keys.values()))
    async with running_ingest(settings), device(broker_url, unique("gateway")) as client:
        await city.comes_home(client, monkeypatch, 1_000.0)
        await city.speaks(client, FIRST)
        await city.is_told(FIRST + 1)
        before = columns.written
        rows_deleted = "WITH gone AS (DELETE FROM persons WHERE person_id = %s RETURNING 1) SELECT count(*) FROM gone"
        assert rows(city.url, rows_deleted, gone) == [(1,)]
        with psycopg.connect(city.url) as connection:
            connection.execute("DELETE FROM latest_positions WHERE person_id = %s", (gone,))
        deadline = time.monotonic() + 20
        while gone in registers[0].persons:
            assert time.monotonic() < deadline, "never heard that they are gone"
            await asyncio.sleep(0.02)
        monkeypatch.setattr(latest, "WRITE_AFTER_S", 0.0)
        await rows_when(city.url, "SELECT 1 WHERE NOT EXISTS (SELECT FROM deferred_rows)", count=1)
        assert columns.written > before + MANY / 2
    assert rows(city.url, "SELECT count(*) FROM quarantine") == [(0,)]
    found = {row[0]: row[2] for row in rows(city.url, POSITIONS)}
    expected = {body["person"]: instant(body) for body in city.said}
    assert gone not in found
    assert found == {person_id: at for person_id, at in expected.items() if person_id != gone}
    assert rows(city.url, "SELECT count(*) FROM device_states WHERE device_key <> %s", key) == [(MANY - 1,)]


async def test_what_is_there_already_makes_a_batch_go_the_longer_way_and_loses_nothing(
    city: City, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = Columns(monkeypatch)
    settings = settings_for(city.url, broker_url, ingest_batch_age_ms=150)
    async with running_ingest(settings), device(broker_url, unique("gateway")) as client:
        await city.comes_home(client, monkeypatch, 0.1)
        # One of the fixes of the next round, as of somebody else's hand.
        person_id, key = list(city.keys.values())[7]
        at = datetime.fromtimestamp(city.began_s + EVERY_S * FIRST + 7 / 100, UTC)
        with psycopg.connect(city.url) as connection:
            connection.execute(_ALREADY, (key, at, person_id, at))
        before = columns.quiet
        await city.speaks(client, FIRST)
        await city.is_told(FIRST + 1)
        await rows_when(city.url, "SELECT 1 FROM locations WHERE at > %s", at, count=1)
        await settled(city)
        await columns.heard(before + MANY // 2)
    assert rows(city.url, "SELECT count(*) FROM locations") == [((FIRST + 1) * MANY,)]
    assert rows(city.url, "SELECT accuracy_m FROM locations WHERE device_key = %s AND at = %s", key, at) == [(99.0,)]
    assert rows(city.url, "SELECT count(*) FROM quarantine") == [(0,)]
    last = {body["device"]: instant(body) for body in city.said}
    assert {row[0]: row[1] for row in rows(city.url, STATES)} == last


_ALREADY = """
    INSERT INTO locations (device_key, at, person_id, received_at, latitude, longitude, accuracy_m, source)
    VALUES (%s, %s, %s, %s, 36.81, 118.05, 99, 'gnss')
"""
