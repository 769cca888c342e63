"""The fixtures themselves: fresh databases, real brokers."""

import time

import psycopg
import pytest

from runtime import migrate, probe


async def test_every_test_gets_a_database_of_its_own(databases):
    with databases.fresh() as one, databases.fresh() as other:
        with psycopg.connect(one) as connection:
            connection.execute("CREATE TABLE mine ()")
        with psycopg.connect(other) as connection:
            assert connection.execute("SELECT to_regclass('mine')").fetchone() == (None,)
            assert connection.execute("SELECT count(*) > 0 FROM schema_migrations").fetchone() == (True,)


@pytest.mark.alone
async def test_a_fresh_database_is_made_quickly(databases):
    """Much more quickly than by running the migrations, on a busy machine too."""
    took_s = []
    with databases.fresh(template="template0") as url:
        began = time.perf_counter()
        await migrate.migrate(url)
        migrated_s = time.perf_counter() - began
    for _ in range(3):
        began = time.perf_counter()
        with databases.fresh():
            took_s.append(time.perf_counter() - began)
    assert min(took_s) < migrated_s / 2, (took_s, migrated_s)


async def test_the_embedded_broker_answers(broker_url):
    assert await answer(broker_url) is None


async def test_mosquitto_answers(mosquitto_url):
    assert await answer(mosquitto_url) is None


async def answer(url):
    host, port = url.removeprefix("mqtt://").split(":")
    return await probe.mqtt(host, int(port))
