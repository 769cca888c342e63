"""Servers broken on purpose: away, back with what they had kept, held still; and the run goes on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess

import psycopg
import pytest

from runtime import probe
from runtime.embedded import ports
from runtime.embedded.breakable import Breakable, family
from tests.servers import open_folder


@pytest.fixture
def data_dir():
    with open_folder() as folder:
        yield folder / "data"


def asked(url, statement):
    with psycopg.connect(url, autocommit=True, connect_timeout=2) as connection:
        answer = connection.execute(statement)
        return answer.fetchall() if answer.description else None


async def test_both_can_be_killed_and_come_back_where_they_were(data_dir):
    async with Breakable(data_dir, broker_port=ports.any_free()) as servers:
        port = int(servers.broker_url.rpartition(":")[2])
        asked(servers.database_url, "CREATE TABLE kept AS SELECT 1 AS number")
        servers.kill("broker")
        servers.kill("database")
        await asyncio.gather(servers.start_again("broker"), servers.start_again("database"))
        assert await probe.tcp("127.0.0.1", port) is None
        assert asked(servers.database_url, "SELECT number FROM kept") == [(1,)]
        assert not servers.failed.done()


async def test_a_database_held_still_answers_nobody_until_it_is_released(data_dir):
    async with Breakable(data_dir, broker_port=ports.any_free()) as servers:
        url = servers.database_url
        servers.hold("database")
        with pytest.raises(psycopg.OperationalError):
            await asyncio.to_thread(asked, url, "SELECT 1")
        servers.release("database")
        assert await asyncio.to_thread(asked, url, "SELECT 1") == [(1,)]
        servers.hold("database")
    # Leaving ended it although it stood still.


async def test_a_death_that_nobody_wanted_is_still_a_failure(data_dir):
    async with Breakable(data_dir, broker_port=ports.any_free()) as servers:
        servers._running["broker"].kill()
        died = await asyncio.wait_for(servers.failed, 60)
        assert died.name == "broker"
        assert died.exit_code == -signal.SIGKILL


def test_a_family_holds_the_children_of_children():
    with subprocess.Popen(["sh", "-c", "sh -c 'sleep 30; true' & wait"], stdout=subprocess.PIPE) as process:
        for _ in range(1_000):
            if len(found := family(process.pid)) == 3:
                break
        assert found[0] == process.pid
        assert len(found) == 3
        for pid in reversed(found):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
