"""Nobody speaks for a device that is not theirs: the same tests on Mosquitto and on the embedded broker."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

import aiomqtt
import pytest
import pytest_asyncio

from ingest.identity import keeper
from ingest.identity.credential import Format, Holder, Service
from ingest.identity.keeper import Target
from runtime import child, probe
from runtime.embedded import ports
from tests.conftest import missing
from tests.identity_brokers import Guarded, device, guarded_embedded, guarded_mosquitto, password
from tests.servers import MOSQUITTO_CONF, mosquitto_program, open_folder

ONE = "tongxing/v1/zb-000001"
TWO = "tongxing/v1/zb-000002"
OTHER = device("zb-000002", "two")


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=["mosquitto", "embedded"])
async def guarded(request) -> AsyncIterator[Guarded]:
    with open_folder() as folder:
        if request.param == "embedded":
            async with guarded_embedded(folder) as made:
                yield made
            return
        program = mosquitto_program()
        if program is None:
            missing("mosquitto", "apt-get install mosquitto")
        async with guarded_mosquitto(program, folder) as made:
            yield made


class Ear:
    """Hears everything that reaches ingest, by a message of its own at the end."""

    def __init__(self, guarded: Guarded, *further: str) -> None:
        self._client = guarded.service(identifier="ear")
        # A session of the embedded broker takes three such (runtime.embedded.broker).
        self._topics = {"tongxing/v1/#", *further}

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        for topic in self._topics:
            await self._client.subscribe(topic, qos=1)
        return self

    async def __aexit__(self, *error) -> None:
        await self._client.__aexit__(*error)

    async def heard(self) -> list[str]:
        """Topics until now."""
        await self._client.publish("tongxing/v1/end/status", b"", qos=1)
        topics = []
        async with asyncio.timeout(60):
            async for message in self._client.messages:
                if str(message.topic) == "tongxing/v1/end/status":
                    return topics
                topics.append(str(message.topic))
        raise AssertionError


async def refused(client: aiomqtt.Client) -> bool:
    """Whether the broker does not let somebody in."""
    try:
        async with client:
            return False
    except aiomqtt.MqttError:
        return True


async def attempt(guarded: Guarded, login: str, secret: str, topic: str) -> None:
    """Publish; a broker may take it and drop it, refuse it, or hang up."""
    try:
        async with asyncio.timeout(5), guarded.device(login, secret) as client:
            await client.publish(topic, b"{}", qos=1)
    except (aiomqtt.MqttError, TimeoutError):
        pass


async def reaches(guarded: Guarded, login: str, secret: str, topic: str) -> bool:
    family = "tongxing/v1/#" if topic.startswith("tongxing/") else f"{topic.partition('/')[0]}/#"
    async with Ear(guarded, family) as ear:
        await attempt(guarded, login, secret, topic)
        return topic in await ear.heard()


@pytest.mark.parametrize("level", ["location", "heartbeat", "bed", "event", "status", "answer", "backlog"])
async def test_a_device_writes_its_own_topics(guarded, level):
    await guarded.let_in(device("zb-000001", "one"))
    assert await reaches(guarded, "zb-000001", "one", f"{ONE}/{level}")


@pytest.mark.parametrize(
    "topic",
    [
        f"{TWO}/location",
        f"{TWO}/event",
        f"{ONE}/ack",
        f"{ONE}/command",
        f"{TWO}/command",
        f"{ONE}/location/more",
        "tongxing/v1/zb-000001",
        "owntracks/zb/000001",
        "owntracks/zb/000002",
        "traccar/zb-000001/position",
        "watch/zb-000001",
    ],
)
async def test_and_no_other(guarded, topic):
    await guarded.let_in(device("zb-000001", "one"), device("zb-000002", "two"))
    assert not await reaches(guarded, "zb-000001", "one", topic)


async def test_nobody_comes_in_without_a_credential_or_with_a_wrong_one(guarded):
    await guarded.let_in(device("zb-000001", "one"), device("zb-000002", "two"))
    assert await refused(guarded.device(None, None, identifier="nobody"))
    assert await refused(guarded.device("zb-000001", None))
    anonymous = aiomqtt.Client("127.0.0.1", guarded.service_port, identifier="nobody", timeout=5)
    assert await refused(anonymous), "nor where services come in"
    assert await refused(guarded.device("zb-000001", "two"))
    assert await refused(guarded.device("zb-000003", "one"))
    assert not await refused(guarded.device("zb-000001", "one"))


@pytest.mark.parametrize(
    "topic",
    [f"{TWO}/command", f"{TWO}/location", f"{ONE}/location", "tongxing/v1/+/command", "tongxing/v1/#", "#", "+/+/+/+"],
)
async def test_a_device_hears_nothing_that_is_not_for_it(guarded, topic):
    await guarded.let_in(device("zb-000001", "one"), OTHER)
    heard = []
    async with guarded.device("zb-000001", "one") as curious, guarded.service(identifier="teller") as ours:
        await curious.subscribe(f"{ONE}/command", qos=1)
        with contextlib.suppress(aiomqtt.MqttError):
            await curious.subscribe(topic, qos=1)
        for name in (f"{TWO}/command", f"{TWO}/location", f"{ONE}/location"):
            await ours.publish(name, b"{}", qos=1)
        # Its own comes last, and shows that it hears at all.
        await ours.publish(f"{ONE}/command", b"last", qos=1)
        async with asyncio.timeout(60):
            async for message in curious.messages:
                heard.append(str(message.topic))
                if message.payload == b"last":
                    break
    assert set(heard) == {f"{ONE}/command"}


@pytest.mark.parametrize("level", ["command", "ack"])
async def test_a_device_hears_its_own_commands_and_answers(guarded, level):
    await guarded.let_in(device("zb-000001", "one"))
    async with guarded.device("zb-000001", "one") as bracelet, guarded.service(identifier="teller") as ours:
        await bracelet.subscribe(f"{ONE}/{level}", qos=1)
        await ours.publish(f"{ONE}/{level}", b"for one", qos=1)
        async with asyncio.timeout(60):
            assert (await anext(aiter(bracelet.messages))).payload == b"for one"


async def test_revoking_closes_the_session_and_no_other(guarded):
    await guarded.let_in(device("zb-000001", "one"), OTHER)
    async with Ear(guarded) as ear, guarded.device("zb-000002", "two") as other:
        lost = guarded.device("zb-000001", "one")
        await lost.__aenter__()
        await guarded.let_in(OTHER)
        with pytest.raises(aiomqtt.MqttError):
            await asyncio.wait_for(anext(aiter(lost.messages)), 5)
        assert await refused(guarded.device("zb-000001", "one"))
        await other.publish(f"{TWO}/location", b"{}", qos=1)
        assert await ear.heard() == [f"{TWO}/location"]


async def test_old_and_new_secret_overlap_and_then_the_old_one_ends(guarded):
    old, new = device("zb-000001", "old"), device("zb-000001", "new", login="zb-000001~2")
    await guarded.let_in(old, new)
    assert await reaches(guarded, "zb-000001", "old", f"{ONE}/location")
    assert await reaches(guarded, "zb-000001~2", "new", f"{ONE}/location")
    assert not await reaches(guarded, "zb-000001~2", "new", f"{TWO}/location")
    assert await refused(guarded.device("zb-000001", "new"))
    await guarded.let_in(new)
    assert await refused(guarded.device("zb-000001", "old"))
    assert await reaches(guarded, "zb-000001~2", "new", f"{ONE}/event")


async def test_what_waits_for_ingest_outlives_a_change_of_credentials(guarded):
    await guarded.let_in(device("zb-000001", "one"))
    async with guarded.service(identifier="away", clean_session=False) as away:
        await away.subscribe("tongxing/v1/+/event", qos=1)
    await attempt(guarded, "zb-000001", "one", f"{ONE}/event")
    await guarded.let_in(device("zb-000002", "two"))
    async with guarded.service(identifier="away", clean_session=False) as away:
        async with asyncio.timeout(60):
            assert str((await anext(aiter(away.messages))).topic) == f"{ONE}/event"
        await away.unsubscribe("tongxing/v1/+/event")


FOREIGN = [
    (Format.OWNTRACKS, "li_na-phone", "owntracks/li_na/phone", "owntracks/li_na/tablet"),
    (Format.OWNTRACKS, "li_na-phone", "owntracks/li_na/phone/event", "owntracks/wang/phone"),
    (Format.TRACCAR, "860000000000001", "traccar/860000000000001/position", "traccar/860000000000002/position"),
    (Format.WATCH, "3G-1234567890", "watch/3G-1234567890", "watch/3G-1234567891"),
]


@pytest.mark.parametrize(("wire_format", "device_id", "own", "other"), FOREIGN)
async def test_a_phone_a_tracker_and_a_watch_are_bound_to_their_topics(guarded, wire_format, device_id, own, other):
    await guarded.let_in(device(device_id, "theirs", wire_format=wire_format))
    assert await reaches(guarded, device_id, "theirs", own)
    assert not await reaches(guarded, device_id, "theirs", other)
    assert await reaches(guarded, device_id, "theirs", f"tongxing/v1/{device_id}/event"), "its SOS may come natively"


async def test_a_gateway_speaks_its_own_format_alone(guarded):
    gateway = password(Holder(service=Service.TRACCAR), "of-traccar")
    await guarded.let_in(gateway)
    assert await reaches(guarded, "service~traccar", "of-traccar", "traccar/860000000000001/position")
    assert not await reaches(guarded, "service~traccar", "of-traccar", f"{ONE}/location")
    assert not await reaches(guarded, "service~traccar", "of-traccar", "watch/1234567890")


async def test_alerts_may_ring_a_bracelet_and_pretend_nothing(guarded):
    await guarded.let_in(password(Holder(service=Service.ALERTS), "of-alerts"))
    assert await reaches(guarded, "service~alerts", "of-alerts", f"{ONE}/command")
    assert not await reaches(guarded, "service~alerts", "of-alerts", f"{ONE}/event")


@pytest.mark.parametrize("guarded", ["mosquitto"], indirect=True)
async def test_a_client_id_is_no_way_into_another_session(guarded):
    """Whoever could name ingest's client id would take its session over, with what waits in it.

    The embedded broker takes a client id as it is told; it listens to this machine alone (docs/operations.md).
    """
    await guarded.let_in(device("zb-000001", "one"))
    async with guarded.service(identifier="tongxing-ingest-live") as ours:
        async with guarded.device("zb-000001", "one", identifier="tongxing-ingest-live") as thief:
            await thief.publish(f"{ONE}/location", b"{}", qos=1)
        await ours.publish(f"{ONE}/command", b"{}", qos=1)


async def test_the_container_closes_with_the_first_credential_and_follows_the_files():
    """deploy/mosquitto/run.sh with the paths of this machine instead of the image's."""
    program = mosquitto_program()
    if program is None:
        missing("mosquitto", "apt-get install mosquitto")
    with open_folder() as folder:
        port = ports.any_free()
        for name in ("access", "certificates", "data"):
            (folder / name).mkdir()
        environment = {
            "OURS": str(MOSQUITTO_CONF.parent),
            "ACCESS": str(folder / "access"),
            "CERTIFICATES": str(folder / "certificates"),
            "DATA": str(folder / "data"),
            "RUN": str(folder / "run"),
            "RUN_AS": getpass.getuser(),
            "SERVICES": f"{port} 127.0.0.1",
            "PATH": f"{Path(program).parent}:{os.environ['PATH']}",
        }
        command = ["/bin/sh", MOSQUITTO_CONF.with_name("run.sh")]
        process = await child.start(command, name="broker", log=folder / "log", environment=environment)
        async with process:
            await until(lambda: probe.mqtt("127.0.0.1", port))
            target = Target(folder=folder / "access", format="mosquitto", pid_file=None)
            keeper.write(target, [device("zb-000001", "one")])
            await until(lambda: probe.mqtt("127.0.0.1", port), refused=True)
            await until(lambda: probe.mqtt("127.0.0.1", port, username="zb-000001", password="one"))
            keeper.write(target, [OTHER])
            await until(lambda: probe.mqtt("127.0.0.1", port, username="zb-000001", password="one"), refused=True)
            assert await probe.mqtt("127.0.0.1", port, username="zb-000002", password="two") is None


async def until(look, *, refused=False):
    async with asyncio.timeout(60):
        while (await look() is not None) is not refused:  # noqa: ASYNC110 - the broker tells nobody
            await asyncio.sleep(0.05)
