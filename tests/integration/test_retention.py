"""What goes when its time has come: what the preview said and no more, never of somebody who is being looked for."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from alerts.store import retention as told
from api.keeping import retention, summing
from api.keeping.data_class import DataClass, terms
from api.keeping.service import Keeper
from api.keeping.settings import KeepingSettings
from api.keeping.store import deletions
from runtime import cli, database, telemetry
from runtime.clock import ManualClock
from tests.integration.keeping_scene import (
    DAY,
    HOUR,
    KINDS,
    NOW,
    bed_report,
    chance,
    detection,
    incident,
    location,
    message,
    persons,
    put,
    rejected,
    rows,
    run,
    series,
)

MIDNIGHT = NOW.replace(hour=0)
TABLES = (
    "locations", "bed_reports", "heartbeats", "quarantine", "safety_events", "detections", "commands", "incidents",
    "notifications", "notification_attempts", "access_log", "person_days",
)  # fmt: skip


@pytest.fixture(params=KINDS)
def url(request, databases):
    with series(databases, request.param) as made:
        yield made


@pytest.fixture(autouse=True)
def _logs_stay_as_they_are(monkeypatch):
    """A command line would tie them to the output that is captured here, and closed afterwards."""
    monkeypatch.setattr(telemetry, "configure_logging", lambda *_, **__: None)


def settings(url: str, **days: int) -> KeepingSettings:
    return KeepingSettings(database_url=url, **{f"keep_{name}_days": value for name, value in days.items()})


async def on(url, work):
    async with await database.connect(url, autocommit=True) as connection:
        return await work(connection)


async def previewed(url, at=NOW, **days):
    return await on(url, lambda c: retention.preview(c, terms(settings(url, **days)), at=at))


async def deleted(url, at=NOW, **days):
    return await on(url, lambda c: retention.run(c, terms(settings(url, **days)), at=at, user_id=None))


def counts(url):
    return {table: rows(url, f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


def fill(url, seed=1):
    """Four years of everything, in random order, of three persons."""
    random, people = chance(seed), persons(url, 3, beds=True)
    new = defaultdict(list)
    for person_id, key, bed in people:
        # On either side of every term.
        ages = [timedelta(days=days * (0.2 + random.random())) for days in (3, 25, 50, 85, 100, 180, 400, 1_100, 1_500)]
        for age in ages:
            at = NOW - age
            of_device = {"device_key": key, "person_id": person_id, "at": at, "received_at": at}
            new["locations"].append(location(key, person_id, at))
            new["heartbeats"].append(of_device)
            new["bed_reports"].append(bed_report(bed, person_id, at))
            new["quarantine"].append(rejected(at))
            new["detections"].append(detection(person_id, "zone_exit", at))
            new["safety_events"].append(of_device | {"event_id": str(age), "type": "sos"})
            new["access_log"].append({"at": at, "user_id": 1, "person_id": person_id, "what": "track"})
            message(url, incident(url, person_id, opened_at=at - HOUR, resolved_at=at), at)
    for table, each in new.items():
        put(url, table, each)
    return people


async def test_what_goes_is_what_the_preview_said(url):
    fill(url)
    await on(url, lambda c: summing.bring_up_to_date(c, at=NOW))
    before, said = counts(url), await previewed(url)
    assert counts(url) == before
    assert len({each.data_class for each in said}) >= 6
    done = await deleted(url)
    assert sorted(done, key=str) == sorted((each for each in said if each.rows), key=str)
    after = counts(url)
    for table in (
        "locations",
        "bed_reports",
        "heartbeats",
        "quarantine",
        "detections",
        "safety_events",
        "access_log",
        "incidents",
    ):
        assert before[table] - after[table] == sum(each.rows for each in said if each.series == table), table
    assert after["notification_attempts"] == after["notifications"]
    for table, instant, days in (
        ("locations", "at", 90), ("bed_reports", "at", 60), ("quarantine", "received_at", 30), ("detections", "at", 1_095),
        ("notifications", "created_at", 180), ("access_log", "at", 1_095), ("incidents", "resolved_at", 1_095),
    ):  # fmt: skip
        ((oldest,),) = rows(url, f"SELECT min({instant}) FROM {table}")
        assert oldest >= MIDNIGHT - days * DAY, table
        assert after[table] > 0
    assert await previewed(url) == []
    assert await deleted(url) == []


async def test_every_deletion_is_recorded_in_its_transaction(url):
    fill(url)
    done = await deleted(url)
    recorded = rows(
        url,
        "SELECT data_class, series, part, rows, oldest, newest, cutoff, user_id FROM deletions ORDER BY deletion_id",
    )
    assert recorded == [(d.data_class, d.series, d.part, d.rows, d.oldest, d.newest, d.cutoff, None) for d in done]


async def test_days_go_whole_and_a_row_on_the_edge_stays(url):
    ((person_id, key, _),) = persons(url, 1)
    edge = MIDNIGHT - 90 * DAY
    for day in (edge - DAY, edge):
        rows(url, "SELECT make_part('locations', 'at', %s)", day.date())
    put(
        url, "locations", [location(key, person_id, at) for at in (edge - timedelta(microseconds=1), edge, edge + HOUR)]
    )
    (gone,) = await deleted(url)
    assert (gone.rows, gone.newest) == (1, edge - timedelta(microseconds=1))
    assert rows(url, "SELECT at FROM locations ORDER BY at") == [(edge,), (edge + HOUR,)]
    # A day later the other two.
    assert [each.rows for each in await deleted(url, NOW + DAY)] == [2]


async def test_a_day_is_dropped_and_not_emptied(databases):
    with series(databases, "native") as url:
        ((person_id, key, _),) = persons(url, 1)
        at = NOW - 100 * DAY
        async with await database.connect(url, autocommit=True) as connection:
            await connection.execute("SELECT make_part('locations', 'at', %s)", (at.date(),))
        put(url, "locations", [location(key, person_id, at)])
        (said,) = await previewed(url)
        assert (said.part, said.rows) == ("locations_20260814", 1)
        assert said.bytes > 0
        await deleted(url)
        assert rows(url, "SELECT to_regclass('locations_20260814')") == [(None,)]


async def test_nothing_goes_of_somebody_who_is_looked_for(url):
    (lost, found, handed), old = persons(url, 3, beds=True), NOW - 200 * DAY
    # One of a day with its part, one of a day without.
    rows(url, "SELECT make_part('locations', 'at', %s)", old.date())
    for person_id, key, bed in (lost, found, handed):
        put(url, "locations", [location(key, person_id, old), location(key, person_id, old + HOUR)])
        put(url, "bed_reports", [bed_report(bed, person_id, old)])
        put(url, "detections", [detection(person_id, "zone_exit", NOW - 2_000 * DAY)])
    incident(url, lost[0], opened_at=NOW - HOUR)
    incident(url, found[0], opened_at=NOW - DAY, resolved_at=NOW - HOUR)
    case = incident(url, handed[0], opened_at=NOW - DAY, resolved_at=NOW - HOUR)
    put(
        url,
        "handover_links",
        [{"incident_id": case, "kind": "police", "token_digest": b"x", "since": NOW - DAY, "until": NOW + 10 * DAY}],
    )
    said = await previewed(url)
    assert {(each.series, each.rows, each.held_rows) for each in said} == {
        ("locations", 2, 4),
        ("bed_reports", 1, 2),
        ("detections", 1, 2),
    }
    for _ in range(2):
        await deleted(url)
        assert rows(url, "SELECT person_id, count(*) FROM locations GROUP BY 1 ORDER BY 1") == [
            (lost[0], 2),
            (handed[0], 2),
        ]
        assert rows(url, "SELECT person_id, count(*) FROM bed_reports GROUP BY 1 ORDER BY 1") == [
            (lost[0], 1),
            (handed[0], 1),
        ]
        assert rows(url, "SELECT person_id, count(*) FROM detections GROUP BY 1 ORDER BY 1") == [
            (lost[0], 1),
            (handed[0], 1),
        ]
    # Found, and the link has ended: it goes like everything else.
    run(url, "UPDATE incidents SET state = 'resolved', outcome = 'found', resolved_at = now() WHERE state = 'open'")
    await deleted(url, NOW + 11 * DAY)
    assert counts(url)["locations"] == counts(url)["bed_reports"] == 0


async def test_a_message_that_is_still_to_be_sent_stays(url):
    ((person_id, *_),) = persons(url, 1)
    case = incident(url, person_id, opened_at=NOW - 300 * DAY, resolved_at=NOW - 299 * DAY)
    message(url, case, NOW - 299 * DAY, state="pending")
    message(url, case, NOW - 299 * DAY, round_=2)
    assert [each.rows for each in await deleted(url)] == [1]
    assert counts(url)["notifications"] == 1


async def test_an_incident_goes_with_everything_that_refers_to_it(url):
    """Whatever table comes to refer to incidents is deleted with them, or this fails."""
    fill(url)
    names = {
        name.rpartition(".")[2]
        for (name,) in rows(
            url,
            "SELECT conrelid::regclass::text FROM pg_constraint WHERE confrelid = 'incidents'::regclass AND contype = 'f' AND connamespace = 'public'::regnamespace AND confdeltype = 'a'",
        )
    }
    deleted_from = {statement.split()[2] for statement in (*told._OF_MESSAGES, *told._OF_INCIDENTS)}
    assert names - deleted_from == set()


async def test_for_ever_is_for_ever(url):
    fill(url)
    before = counts(url)
    assert await deleted(url, **dict.fromkeys(DataClass, 0)) == []
    assert counts(url) == before


async def test_sums_outlive_their_readings_and_are_not_made_again_from_what_is_left(url):
    ((person_id, key, _),) = persons(url, 1)
    old = MIDNIGHT - 100 * DAY
    put(url, "locations", [location(key, person_id, old + n * HOUR / 3, steps=1) for n in range(60)])
    await on(url, lambda c: summing.bring_up_to_date(c, at=NOW))
    run(
        url,
        "CREATE TABLE before AS SELECT * FROM device_hours",
        "CREATE TABLE days_before AS SELECT * FROM person_days",
    )
    await deleted(url)
    assert counts(url)["locations"] == 0
    # One that was in a device for a hundred days: kept until the night, and summed up nowhere.
    put(url, "locations", [location(key, person_id, old + 2 * HOUR, NOW + HOUR, steps=1)])
    put(url, "detections", [detection(person_id, "zone_exit", old, NOW + HOUR)])
    await on(url, lambda c: summing.bring_up_to_date(c, at=NOW + 2 * HOUR))
    assert rows(url, "SELECT count(*) FROM (SELECT * FROM before EXCEPT SELECT * FROM device_hours) x") == [(0,)]
    assert rows(url, "SELECT count(*) FROM before") == rows(url, "SELECT count(*) FROM device_hours") == [(20,)]
    assert rows(
        url,
        "SELECT count(*) FROM (SELECT * FROM days_before EXCEPT SELECT * FROM person_days) x WHERE day < '2026-11-20'",
    ) == [(0,)]
    # They have a time of their own.
    assert {each.series: each.rows for each in await deleted(url, NOW + 400 * DAY)}["device_hours"] == 20
    assert rows(url, "SELECT count(*) FROM device_hours") == [(0,)]


async def test_a_step_that_finds_somebody_in_the_way_tries_again(url, monkeypatch):
    ((person_id, key, _),) = persons(url, 1)
    rows(url, "SELECT make_part('locations', 'at', %s)", (NOW - 100 * DAY).date())
    put(url, "locations", [location(key, person_id, NOW - 100 * DAY)])
    monkeypatch.setattr(retention, "LOCK_TIMEOUT", "50ms")
    async with await database.connect(url) as reading:
        await reading.execute("SELECT count(*) FROM locations")
        pauses = []

        async def pause(seconds):
            pauses.append(seconds)
            if len(pauses) == 2:
                await reading.rollback()

        monkeypatch.setattr(retention, "asyncio", SimpleNamespace(sleep=pause))
        assert [each.rows for each in await deleted(url)] == [1]
    assert pauses == [1.0, 1.0]


async def test_the_keeper_does_it_at_night_and_once(url):
    people = fill(url)
    clock = ManualClock(datetime(2026, 11, 22, 10, tzinfo=UTC))
    keeper = Keeper(url, settings(url), clock)

    async def round_(by):
        clock.advance(by)
        await on(url, keeper.round)
        return rows(url, "SELECT count(*) FROM deletions")[0][0]

    # The first night is the next one: there is time to look.
    assert [await round_(HOUR * n) for n in (0, 1)] == [0, 0]
    # 03:00 in Zibo is 19:00 UTC.
    assert await round_(7 * HOUR) == 0
    first = await round_(HOUR)
    assert first > 0
    put(url, "quarantine", [rejected(NOW - 31 * DAY)])
    assert await round_(HOUR) == first
    assert await round_(23 * HOUR) == first + 1
    assert rows(url, "SELECT count(*) > 0 FROM person_days WHERE person_id = %s", people[0][0]) == [(True,)]


async def test_one_at_a_time(url, monkeypatch, capsys):
    monkeypatch.setenv("TONGXING_DATABASE_URL", url)
    async with (
        await database.connect(url, autocommit=True) as one,
        await database.connect(url, autocommit=True) as other,
    ):
        assert await deletions.try_own(one)
        assert not await deletions.try_own(other)
        assert await asyncio.to_thread(cli.main, ["retention", "run"]) == 2
        assert "try again" in capsys.readouterr().err
        await deletions.disown(one)
        assert await deletions.try_own(other)


async def test_between_its_rounds_the_keeper_lets_others(url):
    keeper = Keeper(url, settings(url), ManualClock(NOW))
    async with (
        await database.connect(url, autocommit=True) as one,
        await database.connect(url, autocommit=True) as other,
    ):
        await keeper._as_owner(one)
        assert await deletions.try_own(other)
        before = rows(url, "SELECT count(*) FROM roll_up_marks")
        run(url, "DELETE FROM roll_up_marks")
        await keeper._as_owner(one)
        assert rows(url, "SELECT count(*) FROM roll_up_marks") == [(0,)] != before


def test_the_command_line_says_what_goes_and_when(url, monkeypatch, capsys):
    people = fill(url)
    incident(url, people[0][0], opened_at=NOW)
    monkeypatch.setenv("TONGXING_DATABASE_URL", url)
    assert cli.main(["retention", "preview", "--at", NOW.isoformat()]) == 0
    said = capsys.readouterr().out
    assert "positions" in said
    assert "2,000" not in said
    assert "1 persons are held" in said
    assert cli.main(["retention", "preview", "--at", NOW.isoformat(), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {item["data_class"] for item in told["items"]} >= {"positions", "vital_signs", "rejected", "incidents"}
    ((oldest,),) = rows(url, "SELECT min(at)::date FROM locations WHERE at >= %s", MIDNIGHT - 90 * DAY)
    assert told["next"]["positions"].startswith(str(oldest + timedelta(days=91)))


def test_erasing_leaves_nothing_of_a_person(url, monkeypatch, capsys):
    people = fill(url)
    person_id, (other, *_) = people[0][0], people[1]
    run(url, f"INSERT INTO engine_states (person_id, snapshot) VALUES ({person_id}, 'x')")
    held = incident(url, person_id, opened_at=NOW)
    monkeypatch.setenv("TONGXING_DATABASE_URL", url)
    assert cli.main(["person", "erase", str(person_id)]) == 2
    assert cli.main(["person", "erase", str(person_id), "--yes"]) == 2
    assert "open incident" in capsys.readouterr().err
    run(url, f"UPDATE incidents SET state = 'resolved', outcome = 'found' WHERE incident_id = {held}")
    assert cli.main(["person", "erase", str(person_id), "--yes"]) == 0
    named = rows(
        url,
        "SELECT table_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name) WHERE column_name = 'person_id' AND table_schema = 'public' AND table_name NOT LIKE '%\\_2%%'",
    )
    left = {name: rows(url, f"SELECT count(*) FROM {name} WHERE person_id = {person_id}")[0][0] for (name,) in named}
    # Who looked at them stays, by number alone.
    assert {name for name, count in left.items() if count} == {"access_log"}
    assert rows(url, f"SELECT count(*) FROM locations WHERE person_id = {other}") == [(9,)]
    assert cli.main(["person", "erase", str(person_id), "--yes"]) == 2
    assert rows(url, "SELECT DISTINCT data_class FROM deletions") == [("erasure",)]
