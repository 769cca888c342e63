"""Series in parts of a day: nothing is refused, nothing is lost on the way there, and a wrong clock makes no part."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from api.keeping import retention
from ingest.retention import store as heard
from runtime import database, migrate, timescale
from tests.integration.keeping_scene import (
    DAY,
    HOUR,
    KINDS,
    NOW,
    bed_report,
    has_timescale,
    location,
    put,
    rejected,
    rows,
    run,
    series,
)

TABLES = ("locations", "bed_reports", "heartbeats", "quarantine")


@pytest.fixture(params=KINDS)
def url(request, databases):
    with series(databases, request.param) as made:
        yield made


@pytest.fixture
def native_url(databases):
    with series(databases, "native") as made:
        yield made


async def keep(url, work):
    async with await database.connect(url, autocommit=True) as connection:
        return await work(connection)


def older(tmp_path: Path, last: int) -> Path:
    """The migrations up to a number."""
    for file in migrate.FOLDER.glob("[0-9]*.sql"):
        if int(file.name[:4]) <= last:
            (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def fill(url: str) -> None:
    """A week of two devices, a device whose clock stands at 2001, duplicates and rejected messages."""
    run(
        url,
        "INSERT INTO locations (device_key, at, person_id, received_at, latitude, longitude, accuracy_m, source, seq)"
        " SELECT k, '2026-11-15Z'::timestamptz + n * interval '10 min', k, '2026-11-15Z'::timestamptz + n * interval"
        " '10 min 1 s', 36.8, 118 + n * 1e-4, 12, 'gnss', n FROM generate_series(1, 2) k, generate_series(1, 1000) n",
        "INSERT INTO locations (device_key, at, person_id, received_at, latitude, longitude, accuracy_m, source)"
        " SELECT 3, '2001-01-01Z'::timestamptz + n * interval '1 day', 3, '2026-11-20Z', 36.8, 118, 12, 'gnss'"
        " FROM generate_series(1, 300) n",
        "INSERT INTO bed_reports (device_key, at, person_id, received_at, status, apnea_s)"
        " SELECT 4, '2026-11-15Z'::timestamptz + n * interval '1 min', 4, '2026-11-15Z'::timestamptz + n * interval"
        " '1 min', 'occupied', n FROM generate_series(1, 3000) n",
        "INSERT INTO heartbeats (device_key, at, person_id, received_at, battery_pct)"
        " SELECT 1, '2026-11-15Z'::timestamptz + n * interval '1 hour', 1, '2026-11-19Z', 50"
        " FROM generate_series(1, 100) n",
        "INSERT INTO quarantine (received_at, topic, reason, detail, payload, payload_size)"
        " SELECT '2026-11-15Z'::timestamptz + n * interval '1 hour', 't', 'malformed', 'x', 'x', 1"
        " FROM generate_series(1, 50) n",
    )  # fmt: skip


async def test_a_filled_database_keeps_every_row(databases, tmp_path):
    with databases.fresh(template="template0") as url:
        await migrate.migrate(url, older(tmp_path, 10))
        fill(url)
        every = {table: f"SELECT x::text FROM {table} x ORDER BY 1" for table in TABLES}
        before = {table: rows(url, query) for table, query in every.items()}
        assert [len(before[table]) for table in TABLES] == [2300, 3000, 100, 50]
        await migrate.migrate(url)
        assert {table: rows(url, query) for table, query in every.items()} == before
        # Numbers go on where they were, and a duplicate is still one.
        put(url, "quarantine", [rejected(NOW)])
        assert rows(url, "SELECT max(quarantine_id) FROM quarantine") == [(51,)]
        put(url, "locations", [location(1, 1, datetime(2026, 11, 15, 0, 10, tzinfo=UTC), latitude=1.0)])
        assert rows(url, "SELECT count(*) FROM locations WHERE latitude = 1") == [(0,)]


async def test_what_migration_lays_out_is_days_and_none_for_a_wrong_clock(databases, tmp_path):
    if has_timescale(databases):
        pytest.skip("chunks are laid out by TimescaleDB")
    with databases.fresh(template="template0") as url:
        await migrate.migrate(url, older(tmp_path, 10))
        fill(url)
        await migrate.migrate(url)
        parts = rows(url, "SELECT since::date FROM time_parts WHERE series = 'locations' AND since < now() ORDER BY 1")
        assert {day for (day,) in parts} >= {date(2026, 11, 15 + n) for n in range(7)}
        assert min(day for (day,) in parts) == date(2026, 11, 15)
        assert rows(url, "SELECT count(*) FROM locations_other") == [(300,)]
        assert not rows(url, "SELECT FROM pg_class WHERE relname LIKE '%_plain'")


async def test_days_that_begin_have_their_part_before(native_url):
    made = await keep(native_url, lambda c: retention.make_ahead(c, at=NOW + 30 * DAY, kept_since=NOW - 90 * DAY))
    assert made == 4 * 8
    again = await keep(native_url, lambda c: retention.make_ahead(c, at=NOW + 30 * DAY, kept_since=NOW - 90 * DAY))
    assert again == 0
    put(native_url, "locations", [location(1, 1, NOW + 30 * DAY + HOUR)])
    (where,) = rows(native_url, "SELECT tableoid::regclass::text FROM locations")
    assert where == ("locations_20261222",)


async def test_what_fits_into_no_day_is_stored_all_the_same_and_moved_when_it_is_much(native_url, monkeypatch):
    monkeypatch.setattr(retention, "WORTH_A_PART", 50)
    past = datetime(2026, 10, 1, tzinfo=UTC)
    put(native_url, "locations", [location(1, 1, past + n * timedelta(minutes=1)) for n in range(50)])
    put(native_url, "locations", [location(2, 2, past + DAY), location(3, 3, datetime(2003, 1, 1, tzinfo=UTC))])
    assert rows(native_url, "SELECT count(*) FROM locations_other") == [(52,)]
    await keep(native_url, lambda c: retention.make_ahead(c, at=NOW, kept_since=NOW - 90 * DAY))
    assert rows(native_url, "SELECT count(*) FROM locations_other") == [(2,)]
    assert rows(native_url, "SELECT count(*) FROM locations_20261001") == [(50,)]
    assert rows(native_url, "SELECT count(*) FROM locations") == [(52,)]


async def test_nobody_waits_for_a_part_that_is_being_made(native_url):
    """Another day is written while the part is made but not yet committed."""
    async with await database.connect(native_url) as making, await database.connect(native_url) as writing:
        assert await heard.make_part(making, "locations", date(2027, 1, 1))
        await writing.execute("SET lock_timeout = '200ms'")
        await writing.execute(
            "INSERT INTO locations (device_key, at, person_id, received_at, latitude, longitude, accuracy_m, source)"
            " VALUES (1, %s, 1, %s, 36.8, 118, 10, 'gnss')",
            (rows(native_url, "SELECT now()")[0][0],) * 2,
        )
        await writing.commit()


async def test_a_duplicate_is_stored_once_wherever_it_lies(url):
    late = [location(1, 1, NOW - 400 * DAY), location(1, 1, NOW), location(1, 1, NOW - 400 * DAY)]
    put(url, "locations", late)
    put(url, "locations", late)
    put(url, "bed_reports", [bed_report(1, 1, NOW)] * 3)
    assert rows(url, "SELECT count(*) FROM locations") == [(2,)]
    assert rows(url, "SELECT count(*) FROM bed_reports") == [(1,)]


async def test_the_parts_of_every_series_are_told(url):
    put(url, "locations", [location(1, 1, NOW)])
    parts = await keep(url, lambda c: heard.parts(c, "locations"))
    (day,) = [part for part in parts if part.since and part.since <= NOW < part.until]
    assert (day.since, day.until) == (NOW.replace(hour=0), NOW.replace(hour=0) + DAY)
    assert day.bytes > 0
    with pytest.raises(psycopg.errors.RaiseException, match="is no part of locations"):
        await keep(url, lambda c: c.execute("SELECT drop_part('locations', 'incidents')"))


async def test_native_parts_become_hypertables_with_every_row(databases, tmp_path):
    if not has_timescale(databases):
        pytest.skip("TimescaleDB is missing: no registry of packages carries it; runs on a PostgreSQL that has it")
    with series(databases, "native") as url:
        fill(url)
        every = {table: f"SELECT x::text FROM {table} x ORDER BY 1" for table in TABLES}
        before = {table: rows(url, query) for table, query in every.items()}
        assert await timescale.use_where_available(url) is timescale.Choice.HYPERTABLES
        assert {table: rows(url, query) for table, query in every.items()} == before
        # Again, with a day compressed.
        run(url, "SELECT compress_chunk(c, if_not_compressed => true) FROM show_chunks('locations') c")
        assert await timescale.use_where_available(url) is timescale.Choice.HYPERTABLES
        assert {table: rows(url, query) for table, query in every.items()} == before
        put(url, "locations", [location(1, 1, datetime(2026, 11, 15, 0, 10, tzinfo=UTC), latitude=1.0)])
        assert rows(url, "SELECT count(*) FROM locations") == [(2300,)]


def test_keys_and_indexes_are_the_same_on_every_path(databases):
    def of(url):
        return {
            table: {
                definition.replace(" ON ONLY ", " ON ")
                for (definition,) in rows(url, "SELECT indexdef FROM pg_indexes WHERE tablename = %s", table)
            }
            for table in TABLES
        }

    with series(databases, "native") as url:
        native = of(url)
    assert [len(native[table]) for table in TABLES] == [3, 3, 2, 3]
    if has_timescale(databases):
        with series(databases, "hypertables") as url:
            assert of(url) == native
