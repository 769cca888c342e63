"""Migrations on a real database: each once, in order, never an edited one."""

import asyncio

import psycopg
import pytest

from runtime import database, migrate, timescale
from runtime.embedded import ports
from runtime.migrate import MigrationError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (word text); INSERT INTO first VALUES ('once');")
    (tmp_path / "0002_second.sql").write_text("ALTER TABLE first ADD COLUMN number int;")
    (tmp_path / "notes.sql").write_text("this is no migration")
    return tmp_path


def query(url, statement):
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


async def test_each_runs_once_and_in_order(empty_database_url, folder):
    assert await migrate.migrate(empty_database_url, folder) == ["0001_first", "0002_second"]
    assert await migrate.migrate(empty_database_url, folder) == []
    (folder / "0003_third.sql").write_text("CREATE TABLE third ();")
    assert await migrate.migrate(empty_database_url, folder) == ["0003_third"]
    assert query(empty_database_url, "SELECT word, number FROM first") == [("once", None)]


async def test_processes_that_start_together_migrate_once(empty_database_url, folder):
    ran = await asyncio.gather(*(migrate.migrate(empty_database_url, folder) for _ in range(5)))
    assert sorted(ran) == [[], [], [], [], ["0001_first", "0002_second"]]
    assert query(empty_database_url, "SELECT count(*) FROM first") == [(1,)]


async def test_an_edited_file_is_refused(empty_database_url, folder):
    await migrate.migrate(empty_database_url, folder)
    (folder / "0001_first.sql").write_text("CREATE TABLE first (word text);")
    with pytest.raises(MigrationError, match="0001_first was edited after it ran: restore the file"):
        await migrate.migrate(empty_database_url, folder)


async def test_a_migration_of_a_newer_version_is_refused(empty_database_url, folder):
    await migrate.migrate(empty_database_url, folder)
    (folder / "0002_second.sql").unlink()
    with pytest.raises(MigrationError, match="0002_second, which this version does not have: upgrade"):
        await migrate.migrate(empty_database_url, folder)


async def test_a_migration_that_fails_leaves_nothing_behind(empty_database_url, folder):
    (folder / "0002_second.sql").write_text("CREATE TABLE half (); SELECT 1/0;")
    with pytest.raises(MigrationError, match="0002_second failed and left nothing behind: division by zero"):
        await migrate.migrate(empty_database_url, folder)
    assert query(empty_database_url, "SELECT to_regclass('half'), to_regclass('first')::text") == [(None, "first")]
    (folder / "0002_second.sql").write_text("CREATE TABLE half ();")
    assert await migrate.migrate(empty_database_url, folder) == ["0002_second"]


async def test_a_migration_and_the_note_that_it_ran_are_one(empty_database_url, folder):
    (folder / "0002_second.sql").write_text("CREATE TABLE half (); ALTER TABLE schema_migrations RENAME TO elsewhere;")
    with pytest.raises(MigrationError, match="0002_second failed and left nothing behind"):
        await migrate.migrate(empty_database_url, folder)
    assert query(empty_database_url, "SELECT to_regclass('half')") == [(None,)]


async def test_what_is_missing_is_told_without_changing_anything(empty_database_url, folder):
    async with await database.connect(empty_database_url, autocommit=True) as connection:
        assert await migrate.missing(connection, folder) == ["0001_first", "0002_second"]
        await migrate.migrate(empty_database_url, folder)
        assert await migrate.missing(connection, folder) == []
        (folder / "0003_third.sql").write_text("SELECT 1;")
        assert await migrate.missing(connection, folder) == ["0003_third"]


async def test_a_database_that_is_away_is_not_waited_for_for_ever(folder):
    url = f"postgresql://nobody@127.0.0.1:{ports.any_free()}/nothing"
    with pytest.raises(database.DatabaseAway, match="TONGXING_DATABASE_URL does not answer"):
        await migrate.migrate(url, folder, wait_s=0)


async def test_without_timescaledb_tables_stay_plain(database_url):
    async with await database.connect(database_url, autocommit=True) as connection:
        if await timescale.ask(connection) is timescale.Choice.HYPERTABLES:
            pytest.skip("this PostgreSQL has TimescaleDB")
    assert await timescale.use_where_available(database_url) is timescale.Choice.NOT_AVAILABLE
    assert query(database_url, "SELECT count(*) FROM locations") == [(0,)]


async def test_an_extension_that_cannot_be_created_breaks_nothing(database_url, monkeypatch, tmp_path):
    async def promising(_):
        return timescale.Choice.HYPERTABLES

    file = tmp_path / "timescale.sql"
    file.write_text("CREATE TABLE half (); CREATE EXTENSION no_such_extension;")
    monkeypatch.setattr(timescale, "ask", promising)
    assert await timescale.use_where_available(database_url, file) is timescale.Choice.FAILED
    assert query(database_url, "SELECT to_regclass('half')") == [(None,)]


async def test_with_timescaledb_the_time_series_are_hypertables(database_url):
    async with await database.connect(database_url, autocommit=True) as connection:
        if await timescale.ask(connection) is not timescale.Choice.HYPERTABLES:
            pytest.skip("TimescaleDB is missing: no registry of packages carries it; runs against a server that has it")
    for _ in range(2):
        assert await timescale.use_where_available(database_url) is timescale.Choice.HYPERTABLES
    names = query(database_url, "SELECT hypertable_name FROM timescaledb_information.hypertables ORDER BY 1")
    assert names == [("bed_reports",), ("heartbeats",), ("locations",)]
