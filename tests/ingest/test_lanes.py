"""Which session takes which message."""

from __future__ import annotations

import pytest
from paho.mqtt.client import topic_matches_sub

from ingest import wire
from ingest.lanes import BACKLOG, LANES, LIVE, SAFETY
from ingest.wire.bodies import DECODERS


def heard_by(topic: str) -> list[str]:
    """The lanes to which a broker gives a message."""
    return [lane.name for lane in LANES if any(topic_matches_sub(filter_, topic) for filter_ in lane.topics)]


def takers(topic: str, *, retained: bool = False) -> list[str]:
    """The lanes that a broker gives a message to and that make it their business."""
    heard = [lane for lane in LANES if any(topic_matches_sub(filter_, topic) for filter_ in lane.topics)]
    return [lane.name for lane in heard if lane.takes(topic, retained=retained)]


@pytest.mark.parametrize("level", [*DECODERS, "backlog"])
def test_each_message_up_is_heard_by_one_lane(level: str) -> None:
    assert heard_by(f"tongxing/v1/zb-1/{level}") == [{"event": "safety", "backlog": "backlog"}.get(level, "live")]


@pytest.mark.parametrize("level", ["weather", "", "ack", "command", "backlog/x"])
def test_what_nobody_is_to_say_is_carried_by_none(level: str) -> None:
    assert heard_by(f"tongxing/v1/zb-1/{level}") == []


@pytest.mark.parametrize("level", ["event", "backlog", "weather"])
def test_what_still_comes_by_the_filter_of_an_earlier_version_is_left_alone(level: str) -> None:
    assert LIVE.formerly == ("tongxing/v1/#",)
    assert not LIVE.takes(f"tongxing/v1/zb-1/{level}")


@pytest.mark.parametrize("level", ["ack", "command"])
def test_what_we_wrote_ourselves_is_left_alone(level: str) -> None:
    assert not LIVE.takes(f"tongxing/v1/zb-1/{level}")


def test_safety_goes_first_and_what_was_last() -> None:
    assert SAFETY.rank < LIVE.rank < BACKLOG.rank
    assert SAFETY.topics == ("tongxing/v1/+/event",)


def test_a_status_that_is_only_repeated_is_not_news() -> None:
    assert LIVE.takes("tongxing/v1/zb-1/status")
    assert not LIVE.takes("tongxing/v1/zb-1/status", retained=True)
    assert LIVE.takes("tongxing/v1/zb-1/location", retained=True)
    assert SAFETY.takes("tongxing/v1/zb-1/event", retained=True)


@pytest.mark.parametrize("topic", [
    "owntracks/li/phone", "owntracks/li/phone/event", "owntracks/li/phone/status", "traccar/1/position", "watch/1",
])  # fmt: skip
def test_other_makers_messages_have_their_lane_whatever_the_last_level(topic: str) -> None:
    assert takers(topic) == ["formats"]
    assert takers(topic, retained=True) == ["formats"]


def test_every_format_is_subscribed() -> None:
    assert {filter_.partition("/")[0] for lane in LANES for filter_ in lane.topics} == set(wire.FORMATS)


def test_the_embedded_broker_allows_what_a_session_subscribes() -> None:
    """It counts a filter that ends in # twice: runtime.embedded.broker."""
    for lane in LANES:
        assert sum(2 if filter_.endswith("#") else 1 for filter_ in lane.topics) <= 6
