"""A broker that drops what it had acknowledged is found out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ingest import metrics
from ingest.dropped import Dropped
from runtime import broker_address, doctor
from runtime.embedded import ports
from tests import servers
from tests.conftest import missing
from tests.integration.ingest_running import device, unique


@pytest_asyncio.fixture(loop_scope="session")
async def forgetful(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """Mosquitto with limits as by default, only smaller, and a count every second."""
    program = servers.mosquitto_program()
    if program is None:
        missing("mosquitto", "apt-get install mosquitto")
    ours = servers.mosquitto_configuration

    def theirs(folder, port):
        text = ours(folder, port)
        for before, after in (
            ("max_queued_messages 0", "max_queued_messages 5"),
            ("sys_interval 10", "sys_interval 1"),
        ):
            assert before in text
            text = text.replace(before, after)
        return text

    monkeypatch.setattr(servers, "mosquitto_configuration", theirs)
    with servers.open_folder() as folder:
        port = ports.any_free()
        async with await servers.start_mosquitto(program, folder, port):
            yield f"mqtt://{ports.HOST}:{port}"


async def test_what_it_drops_is_counted_and_shown(forgetful: str, capsys: pytest.CaptureFixture[str]) -> None:
    where = broker_address.address(forgetful)
    kept = await doctor.check_dropped(where)
    assert (kept.verdict, kept.says) == (doctor.Verdict.OK, "nothing since it started")
    sleeper = unique("sleeper")
    async with device(forgetful, sleeper, clean_session=False) as client:
        await client.subscribe("tongxing/v1/+/location", qos=1)
    metrics.BROKER_DROPPED.set(0)
    dropped = Dropped(where, unique("t"))
    watching = asyncio.create_task(dropped.run())
    try:
        async with device(forgetful, unique("zb")) as client:
            for number in range(50):
                await client.publish("tongxing/v1/zb-1/location", str(number), qos=1)
        async with asyncio.timeout(60):
            while metrics.BROKER_DROPPED._value.get() < 40:  # noqa: ASYNC110 - the broker's own clock
                await asyncio.sleep(0.1)
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    assert "broker_dropped_messages" in capsys.readouterr().out
    assert dropped.note is not None
    assert "max_queued_messages" in dropped.note
    found = [one async for one in doctor.check_broker(where) if one.subject == "broker drops"]
    assert [one.verdict for one in found] == [doctor.Verdict.WRONG]
    assert "deploy/mosquitto/mosquitto.conf" in found[0].says
    assert int(found[0].says.split()[0]) >= 40


async def test_a_broker_that_keeps_no_count_is_fine(broker_url: str) -> None:
    """The embedded one keeps every message that it acknowledged, and counts nothing."""
    found = await doctor.check_dropped(broker_address.address(broker_url))
    assert found.verdict is doctor.Verdict.OK
