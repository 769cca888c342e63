"""Mosquitto with our settings keeps what its defaults lose."""

import asyncio

import aiomqtt
import pytest

from runtime.embedded import ports
from tests.conftest import missing
from tests.servers import mosquitto_program, open_folder, start_mosquitto

#: Beyond both defaults: 1,000 waiting, 20 in flight.
MANY = 5_000


@pytest.fixture
def mosquitto():
    """Its program, a folder and a port."""
    program = mosquitto_program()
    if program is None:
        missing("mosquitto", "apt-get install mosquitto")
    with open_folder() as folder:
        yield program, folder, ports.any_free()


def client(port, identifier, **options):
    return aiomqtt.Client("127.0.0.1", port, identifier=identifier, max_inflight_messages=1_000, **options)


async def publish(port, payloads):
    async with client(port, "sender") as sender:
        await asyncio.gather(*(sender.publish("many/1", payload, qos=1, timeout=60) for payload in payloads))


async def receive(port, count):
    async with asyncio.timeout(60), client(port, "away", clean_session=False) as away:
        messages = aiter(away.messages)
        return [(await anext(messages)).payload for _ in range(count)]


async def subscribe(port):
    async with client(port, "away", clean_session=False) as away:
        await away.subscribe("many/+", qos=1)


async def test_nothing_that_waits_is_dropped(mosquitto):
    _, _, port = mosquitto
    payloads = [b"%d" % number for number in range(MANY)]
    async with await start_mosquitto(*mosquitto):
        await subscribe(port)
        await publish(port, payloads)
        assert await receive(port, MANY) == payloads


async def test_a_kill_loses_nothing_older_than_the_last_snapshot(mosquitto):
    _, folder, port = mosquitto
    snapshot = folder / "mosquitto.db"
    payloads = [b"%d" % number for number in range(200)]
    async with await start_mosquitto(*mosquitto) as process:
        await subscribe(port)
        await publish(port, payloads)
        before_ns = snapshot.stat().st_mtime_ns if snapshot.exists() else 0
        async with asyncio.timeout(60):
            # Two: the first may have begun before the last message.
            for _ in range(2):
                while not snapshot.exists() or snapshot.stat().st_mtime_ns == before_ns:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                before_ns = snapshot.stat().st_mtime_ns
        process.kill()
        await process.wait()
    async with await start_mosquitto(*mosquitto):
        assert await receive(port, len(payloads)) == payloads
