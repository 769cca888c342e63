"""Every source, against real brokers: handed over in order, acknowledged by hand, sent again when it was not."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from ingest.lanes import LIVE, Lane
from ingest.sources import Envelope, Source
from ingest.sources.mqtt import MqttSession
from ingest.sources.mqtt5 import Mqtt5Session
from ingest.sources.session import BrokerSession, Version, spoken
from runtime.broker_address import Address, address
from runtime.clock import ManualClock
from runtime.embedded import ports
from tests import servers
from tests.conftest import missing
from tests.integration.ingest_running import device, unique

NOW = datetime(2026, 11, 20, 18, 40, tzinfo=UTC)


@dataclass
class Heard:
    """A sink that keeps what it is given."""

    envelopes: list[Envelope] = field(default_factory=list)

    def put(self, rank: int, *envelopes: Envelope) -> None:
        assert rank == LIVE.rank
        self.envelopes.extend(envelopes)

    @property
    def payloads(self) -> list[bytes]:
        return [envelope.payload for envelope in self.envelopes]

    async def until(self, count: int, within_s: float = 60.0) -> None:
        await when(lambda: len(self.envelopes) >= count, within_s, lambda: f"{len(self.envelopes)} of {count} came")


async def when(true: Callable[[], bool], within_s: float = 60.0, said: Callable[[], str] = lambda: "") -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, said()
        await asyncio.sleep(0.01)


Make = Callable[[Address, str, Lane, Heard], Source]


def paho(at: Address, client_id: str, lane: Lane, sink: Heard) -> Source:
    return MqttSession(at, client_id, lane, sink, ManualClock(NOW))


def codec(at: Address, client_id: str, lane: Lane, sink: Heard) -> Source:
    return Mqtt5Session(at, client_id, lane, sink, ManualClock(NOW), pacing_ms=2.0)


def asked(at: Address, client_id: str, lane: Lane, sink: Heard) -> Source:
    return BrokerSession(at, client_id, lane, sink, ManualClock(NOW))


@dataclass
class Place:
    """A broker, a source, and names of this test's own."""

    url: str
    make: Make
    root: str = field(default_factory=lambda: unique("s"))
    client_id: str = field(default_factory=lambda: unique("c"))

    @property
    def lane(self) -> Lane:
        return Lane(name="live", rank=LIVE.rank, topics=(f"{self.root}/#",))

    @contextlib.asynccontextmanager
    async def running(self, lane: Lane | None = None) -> AsyncIterator[tuple[Heard, Source]]:
        heard = Heard()
        source = self.make(address(self.url), self.client_id, lane or self.lane, heard)
        task = asyncio.create_task(source.run())
        try:
            await when(lambda: source.problem is None, said=lambda: str(source.problem))
            yield heard, source
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def publish(self, *payloads: bytes, topic: str | None = None, qos: int = 1, retain: bool = False) -> None:
        async with device(self.url, unique("zb")) as client:
            for payload in payloads:
                await client.publish(topic or f"{self.root}/zb-1/location", payload, qos=qos, retain=retain)


@pytest.fixture(
    params=[(paho, "broker_url"), (paho, "mosquitto_url"), (codec, "mosquitto_url")],
    ids=["paho-embedded", "paho-mosquitto", "codec-mosquitto"],
)
def place(request: pytest.FixtureRequest) -> Place:
    make, url = request.param
    return Place(request.getfixturevalue(url), make)


async def test_messages_come_in_order_with_topic_and_time(place: Place) -> None:
    said = [b"%d" % number for number in range(500)]
    async with place.running() as (heard, source):
        await place.publish(*said)
        await heard.until(len(said))
        assert source.caught_up
    assert heard.payloads == said
    assert {envelope.topic for envelope in heard.envelopes} == {f"{place.root}/zb-1/location"}
    instants = [envelope.received_at for envelope in heard.envelopes]
    assert instants == sorted(instants)
    # One read has one instant; each message of it is told apart all the same.
    assert len(set(instants)) == (len(said) if place.make is codec else 1)
    assert (instants[0] - NOW).total_seconds() < 1
    assert abs(heard.envelopes[0].received_wall.timestamp() - time.time()) < 60


async def test_what_is_acknowledged_is_not_sent_again_and_what_is_not_is(place: Place) -> None:
    async with place.running() as (heard, _):
        await place.publish(b"a", b"b", b"c", b"d")
        await heard.until(4)
        for envelope in heard.envelopes[:2]:
            envelope.acknowledge()
    async with place.running() as (again, source):
        # What comes last was waited for, so everything before it has come.
        await again.until(2)
        await place.publish(b"e")
        await again.until(3)
        assert again.payloads[:2] == [b"c", b"d"]
        assert again.payloads[-1] == b"e"
        assert not source.caught_up


async def test_what_came_while_away_is_waiting(place: Place) -> None:
    async with place.running():
        pass
    await place.publish(b"meanwhile")
    async with place.running() as (heard, _):
        await heard.until(1)
    assert heard.payloads == [b"meanwhile"]


async def test_what_needs_no_acknowledgement_takes_none(place: Place) -> None:
    async with place.running() as (heard, source):
        await place.publish(b"lightly", qos=0)
        await heard.until(1)
        heard.envelopes[0].acknowledge()
        await place.publish(b"after")
        await heard.until(2)
        assert source.problem is None


async def test_a_payload_larger_than_what_is_read_at_once(place: Place) -> None:
    large = bytes(range(256)) * 2_800
    async with place.running() as (heard, _):
        await place.publish(b"before", large, b"after")
        await heard.until(3)
    assert heard.payloads == [b"before", large, b"after"]


async def test_only_what_the_broker_repeats_counts_as_retained(place: Place) -> None:
    device_id = unique("zb")
    lane = Lane(name="live", rank=LIVE.rank, topics=(f"tongxing/v1/{device_id}/+",), endings=LIVE.endings)
    topic = f"tongxing/v1/{device_id}/status"
    async with place.running(lane) as (heard, _):
        await place.publish(b"now", topic=topic, retain=True)
        await heard.until(1)
        assert [envelope.skipped for envelope in heard.envelopes] == [False]
        heard.envelopes[0].acknowledge()
    place.client_id = unique("c")
    async with place.running(lane) as (heard, _):
        await heard.until(1)
        assert [envelope.skipped for envelope in heard.envelopes] == [True]
    await place.publish(b"", topic=topic, retain=True)


@pytest.fixture
def mosquitto() -> str:
    program = servers.mosquitto_program()
    if program is None:
        missing("mosquitto", "apt-get install mosquitto")
    return program


@pytest.mark.parametrize("make", [paho, codec])
async def test_a_broker_that_comes_back_is_found_again(mosquitto: str, make: Make) -> None:
    port = ports.any_free()
    place = Place(f"mqtt://127.0.0.1:{port}", make)
    with servers.open_folder() as folder:
        process = await servers.start_mosquitto(mosquitto, folder, port)
        async with process, place.running() as (heard, source):
            await place.publish(b"a", b"b")
            await heard.until(2)
            await process.stop()
            await when(lambda: source.problem is not None)
            assert source.problem == f"not connected to the broker at 127.0.0.1:{port}"
            assert not source.caught_up
            # Belongs to the connection that is lost.
            heard.envelopes[0].acknowledge()
            async with await servers.start_mosquitto(mosquitto, folder, port):
                await heard.until(4)
                assert heard.payloads == [b"a", b"b", b"a", b"b"]
                for envelope in heard.envelopes[2:]:
                    envelope.acknowledge()
                await place.publish(b"c")
                await heard.until(5)
                assert source.problem is None
    assert heard.payloads[4:] == [b"c"]


@pytest.mark.parametrize("make", [paho, codec])
async def test_credentials(mosquitto: str, make: Make) -> None:
    """The password is percent-encoded in the URL."""
    port = ports.any_free()
    with servers.open_folder() as folder:
        login, passwords = ("tongxing", "s:cret/"), folder / "passwords"
        await asyncio.to_thread(subprocess.run, ["mosquitto_passwd", "-b", "-c", passwords, *login], check=True)
        passwords.chmod(0o644)
        further = f"\nallow_anonymous false\npassword_file {passwords}\n"
        async with await servers.start_mosquitto(mosquitto, folder, port, further=further, login=login):
            right = Place(f"mqtt://tongxing:s%3Acret%2F@127.0.0.1:{port}", make)
            async with right.running():
                pass
            wrong = make(address(f"mqtt://tongxing:wrong@127.0.0.1:{port}"), "c", LIVE, Heard())
            task = asyncio.create_task(wrong.run())
            with pytest.raises(AssertionError):
                await when(lambda: wrong.problem is None, within_s=1.0)
            task.cancel()


@pytest.mark.parametrize(
    ("url", "version"), [("broker_url", Version.V311), ("mosquitto_url", Version.V5)], ids=["embedded", "mosquitto"]
)
async def test_the_broker_is_asked_what_it_speaks(url: str, version: Version, request: pytest.FixtureRequest) -> None:
    place = Place(request.getfixturevalue(url), asked)
    assert await spoken(address(place.url), unique("c")) is version
    async with place.running() as (heard, source):
        await place.publish(b"a")
        await heard.until(1)
        assert isinstance(source, BrokerSession)
        assert isinstance(source._chosen, Mqtt5Session if version is Version.V5 else MqttSession)
