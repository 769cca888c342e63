"""What a session says of itself, and which acknowledgements it may still send."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ingest.batching import Batcher
from ingest.lanes import LIVE
from ingest.sources import mqtt
from ingest.sources.mqtt import MqttSession
from runtime.broker_address import address
from runtime.clock import ManualClock
from tests.ingest.envelopes import NOW


class Client:
    """Stands where paho's client stands, and remembers what was acknowledged."""

    def __init__(self) -> None:
        self.acknowledged: list[int] = []
        self.subscribed: list[tuple[str, int]] = []
        self.given_up: list[str] = []

    def ack(self, mid: int, qos: int) -> None:
        assert qos == 1
        self.acknowledged.append(mid)

    def subscribe(self, topics: list[tuple[str, int]]) -> None:
        self.subscribed += topics

    def unsubscribe(self, topics: list[str]) -> None:
        self.given_up += topics


class Session:
    """A session whose broker is the test."""

    def __init__(self) -> None:
        self.batcher = Batcher(messages=10, age_s=0.0)
        self.session = MqttSession(address("mqtt://broker:1884"), "t", LIVE, self.batcher, ManualClock(NOW))
        self.client = Client()
        self.session._client = cast("Any", self.client)

    def connect(self, *, resumed: bool = False, granted: bool = True) -> None:
        reason: Any = SimpleNamespace(is_failure=False)
        flags: Any = SimpleNamespace(session_present=resumed)
        self.session._on_connect(cast("Any", self.client), None, flags, reason, None)
        self.session._on_subscribe(
            cast("Any", None), None, 1, [cast("Any", SimpleNamespace(is_failure=not granted))], None
        )

    def lose(self) -> None:
        self.session._on_disconnect(cast("Any", None), None, cast("Any", None), cast("Any", "gone"), None)

    async def hear(self, mid: int, topic: str = "tongxing/v1/zb-1/location", *, retain: bool = False):
        message: Any = SimpleNamespace(topic=topic, payload=bytearray(b"{}"), mid=mid, qos=1, retain=retain)
        self.session._on_message(cast("Any", None), None, message)
        (envelope,) = await self.batcher.next(wait_s=1)
        return envelope


async def test_a_message_is_handed_over_and_acknowledged_when_told() -> None:
    session = Session()
    session.connect()
    envelope = await session.hear(7)
    assert (envelope.topic, envelope.payload, envelope.received_at, envelope.skipped) == (
        "tongxing/v1/zb-1/location", b"{}", NOW, False,
    )  # fmt: skip
    assert session.client.acknowledged == []
    envelope.acknowledge()
    assert session.client.acknowledged == [7]
    assert session.client.subscribed == [(topic, 1) for topic in LIVE.topics]
    assert session.client.given_up == []


@pytest.mark.parametrize("back", [False, True])
async def test_an_acknowledgement_of_a_lost_connection_is_not_sent(back: bool) -> None:
    """The broker may have given the same packet id to another message meanwhile."""
    session = Session()
    session.connect()
    envelope = await session.hear(7)
    session.lose()
    if back:
        session.connect(resumed=True)
    envelope.acknowledge()
    assert session.client.acknowledged == []


@pytest.mark.parametrize(
    ("topic", "retain", "skipped"),
    [
        ("tongxing/v1/zb-1/event", False, True),
        ("tongxing/v1/zb-1/ack", False, True),
        ("tongxing/v1/zb-1/status", False, False),
        ("tongxing/v1/zb-1/status", True, True),
        ("tongxing/v1/zb-1/weather", False, True),
    ],
)
async def test_what_is_another_lanes_business_is_only_acknowledged(topic: str, retain: bool, skipped: bool) -> None:
    session = Session()
    session.connect()
    assert (await session.hear(1, topic, retain=retain)).skipped is skipped


def test_what_is_wrong_with_it() -> None:
    session = Session()
    assert session.session.problem == "not connected to the broker at broker:1884"
    session.connect(granted=False)
    assert session.session.problem == "the broker has not granted the subscription"
    session.connect()
    assert session.session.problem is None
    session.lose()
    assert session.session.problem == "not connected to the broker at broker:1884"


def test_a_resumed_session_gives_up_the_filter_of_an_earlier_version() -> None:
    session = Session()
    session.connect(resumed=True)
    assert session.client.given_up == ["tongxing/v1/#"]


def test_caught_up_at_once_after_a_first_connection_and_later_after_a_resumed_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = Session()
    assert not session.session.caught_up
    session.connect()
    assert session.session.caught_up
    session.lose()
    assert not session.session.caught_up
    session.connect(resumed=True)
    assert not session.session.caught_up
    later_s = time.monotonic() + mqtt.SENT_AGAIN_WITHIN_S
    monkeypatch.setattr(mqtt, "time", SimpleNamespace(monotonic=lambda: later_s))
    assert session.session.caught_up
