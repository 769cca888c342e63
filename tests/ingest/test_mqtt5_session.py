"""What a session of MQTT 5 writes on its socket, and says of itself; the broker is the test."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import mqtt5
import pytest
from mqtt5 import ConnAckReasonCode, QoS, SubAckReasonCode

from ingest.batching import Batcher
from ingest.lanes import LIVE
from ingest.sources.mqtt5 import BUFFER_BYTES, RECEIVE_MAXIMUM, Mqtt5Session, _Connection
from ingest.sources.pacing import Pacing
from runtime.broker_address import Address
from runtime.clock import ManualClock
from tests.ingest.envelopes import NOW

TOPIC = "tongxing/v1/zb-1/location"


class Socket:
    """Stands where the transport stands."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.aborted = self.paused = False

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def abort(self) -> None:
        self.aborted = True

    def close(self) -> None: ...


class Scene:
    """A connection from CONNECT on."""

    def __init__(self, most: int = RECEIVE_MAXIMUM) -> None:
        self.batcher = Batcher(messages=100, age_s=0.0)
        address = Address(host="broker", port=1884, username="u", password="p")
        self.session = Mqtt5Session(address, "t", LIVE, self.batcher, ManualClock(NOW), receive_maximum=most)
        self.socket = Socket()
        self.connection = _Connection(self.session, Pacing(0.0))
        self.session._connection = self.connection
        self.connection.connection_made(cast("Any", self.socket))

    def say(self, *packets: Any, cut: int = 0) -> None:
        """Bytes from the broker, in portions of `cut`."""
        data = b"".join(packet if isinstance(packet, bytes) else packet.write() for packet in packets)
        for begin in range(0, len(data), cut or len(data)):
            part = data[begin : begin + (cut or len(data))]
            with self.connection.get_buffer(len(part)) as buffer:
                buffer[: len(part)] = part
            self.connection.buffer_updated(len(part))

    def welcome(self, *, session_present: bool = False) -> None:
        self.say(mqtt5.ConnAckPacket(session_present=session_present))
        self.say(mqtt5.SubAckPacket(1, [SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE]))

    async def publish(self, *packet_ids: int, cut: int = 0) -> list[Any]:
        self.say(
            *(mqtt5.PublishPacket(TOPIC, b"{}", qos=QoS.AT_LEAST_ONCE, packet_id=each) for each in packet_ids), cut=cut
        )
        return await self.batcher.next(wait_s=1)


async def test_it_asks_for_a_session_that_stays() -> None:
    hello, _ = mqtt5.read(memoryview(Scene().session._hello()))
    assert isinstance(hello, mqtt5.ConnectPacket)
    assert (hello.client_id, hello.clean_start, hello.session_expiry_interval) == ("t-live", False, 2**32 - 1)
    assert (hello.receive_max, hello.username, hello.password) == (RECEIVE_MAXIMUM, "u", b"p")


async def test_what_is_acknowledged_in_one_turn_leaves_in_one_write_and_in_order() -> None:
    scene = Scene()
    scene.welcome()
    batch = await scene.publish(7, 8, 300)
    scene.socket.written.clear()
    for envelope in batch:
        envelope.acknowledge()
    assert scene.socket.written == []
    await asyncio.sleep(0)
    assert scene.socket.written == [b"\x40\x02\x00\x07\x40\x02\x00\x08\x40\x02\x01\x2c"]


async def test_nothing_is_acknowledged_on_a_connection_that_is_lost() -> None:
    scene = Scene()
    scene.welcome()
    (envelope,) = await scene.publish(7)
    scene.connection.connection_lost(None)
    scene.socket.written.clear()
    envelope.acknowledge()
    await asyncio.sleep(0)
    assert scene.socket.written == []
    assert scene.session.problem == "not connected to the broker at broker:1884"


@pytest.mark.parametrize("cut", [1, 3, 50])
async def test_packets_that_come_in_pieces_are_put_together(cut: int) -> None:
    scene = Scene()
    scene.welcome()
    batch = await scene.publish(1, 2, 3, cut=cut)
    assert [(envelope.topic, envelope.payload) for envelope in batch] == [(TOPIC, b"{}")] * 3
    assert batch[0].received_at < batch[1].received_at < batch[2].received_at


async def test_what_is_wrong_with_it() -> None:
    scene = Scene()
    assert scene.session.problem == "not connected to the broker at broker:1884"
    scene.say(mqtt5.ConnAckPacket())
    assert scene.session.problem == "the broker has not granted the subscription"
    subscribed, _ = mqtt5.read(memoryview(scene.socket.written[-1]))
    assert isinstance(subscribed, mqtt5.SubscribePacket)
    assert [filter_.pattern for filter_ in subscribed.topic_filters] == list(LIVE.topics)
    scene.say(mqtt5.SubAckPacket(1, [SubAckReasonCode.NOT_AUTHORIZED]))
    assert scene.session.problem == "the broker has not granted the subscription"
    scene.say(mqtt5.SubAckPacket(1, [SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE]))
    assert scene.session.problem is None


@pytest.mark.parametrize("resumed", [False, True])
async def test_a_resumed_session_has_caught_up_later(resumed: bool) -> None:
    scene = Scene()
    scene.welcome(session_present=resumed)
    assert scene.session.caught_up is not resumed


@pytest.mark.parametrize(
    ("reason", "for_good"),
    [(ConnAckReasonCode.NOT_AUTHORIZED, False), (ConnAckReasonCode.UNSUPPORTED_PROTOCOL_VERSION, True)],
)
async def test_a_refusal(reason: ConnAckReasonCode, for_good: bool) -> None:
    scene = Scene()
    scene.say(mqtt5.ConnAckPacket(reason_code=reason))
    assert scene.session.problem == "not connected to the broker at broker:1884"
    assert scene.session.refused_version is for_good


async def test_a_packet_that_never_ends_ends_the_connection() -> None:
    scene = Scene()
    scene.welcome()
    endless = b"\x32\xff\xff\xff\x7f" + bytes(BUFFER_BYTES)
    for begin in range(0, len(endless), 2**18):
        if scene.socket.aborted:
            break
        scene.say(endless[begin : begin + 2**18], cut=2**16)
    assert scene.socket.aborted


async def test_what_is_no_mqtt_ends_the_connection() -> None:
    scene = Scene()
    scene.say(b"\xf0\x05\x00\x00\x00\x00\x00")
    assert scene.socket.aborted


async def test_a_broker_that_sends_more_than_it_may_is_not_read_until_something_is_acknowledged() -> None:
    """Mosquitto 2.0 does, as soon as messages were queued."""
    scene = Scene(most=3)
    scene.welcome()
    batch = await scene.publish(1, 2, 3)
    assert not scene.socket.paused
    batch += await scene.publish(4, 5)
    assert scene.socket.paused
    batch[0].acknowledge()
    assert scene.socket.paused
    batch[1].acknowledge()
    assert not scene.socket.paused
