"""Which session takes which message."""

from __future__ import annotations

import pytest

from ingest.lanes import LANES, LIVE, SAFETY
from ingest.wire.native import DECODERS


@pytest.mark.parametrize("level", [*DECODERS, "weather", ""])
def test_each_message_up_is_the_business_of_one_lane(level: str) -> None:
    topic = f"tongxing/v1/zb-1/{level}"
    takers = [lane.name for lane in LANES if lane.takes(topic) and (lane is LIVE or level == "event")]
    assert takers == (["safety"] if level == "event" else ["live"])


@pytest.mark.parametrize("level", ["ack", "command"])
def test_what_we_wrote_ourselves_is_left_alone(level: str) -> None:
    assert not LIVE.takes(f"tongxing/v1/zb-1/{level}")


def test_safety_goes_first() -> None:
    assert SAFETY.rank < LIVE.rank
    assert SAFETY.topics == ("tongxing/v1/+/event",)


def test_a_status_that_is_only_repeated_is_not_news() -> None:
    assert LIVE.takes("tongxing/v1/zb-1/status")
    assert not LIVE.takes("tongxing/v1/zb-1/status", retained=True)
    assert LIVE.takes("tongxing/v1/zb-1/location", retained=True)
    assert SAFETY.takes("tongxing/v1/zb-1/event", retained=True)
