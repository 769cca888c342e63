"""The second line behind the broker: what ingest itself refuses of who speaks for another device."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ingest import wire
from ingest.wire.message import Rejection, RejectionReason, Report
from tests.ingest.envelopes import BRACELET, Desk, envelope, message

OWNTRACKS = {"_type": "location", "lat": 36.8, "lon": 118.05, "tst": 1_763_640_000}


def heard(formats: frozenset[str] | None, topic: str, payload: bytes) -> tuple[int, list[RejectionReason]]:
    """How many readings came of a message, and why it was refused."""
    desk = Desk()
    desk.devices["zb-1"] = replace(BRACELET, formats=formats)
    judged = desk.judge(envelope(topic, payload))
    return len(judged.heard), [one.reason for one in judged.rejections]


SOS = json.dumps({"id": "e1", "type": "sos", "at": 1_763_640_000}).encode()
FOREIGN = [
    ("owntracks", "owntracks/zb/1", json.dumps(OWNTRACKS).encode()),
    ("traccar", "traccar/zb-1/position", b'{"device": {"uniqueId": "zb-1"}, "position": {"deviceTime": "2025-11-20T12:00:00Z"}}'),
    ("watch", "watch/zb-1", b"[3G*zb-1*0002*LK]"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "topic", "payload"), FOREIGN)
def test_a_device_with_credentials_is_heard_in_their_formats_alone(name, topic, payload):
    assert heard(None, topic, payload) == (1, []), "without any, a gateway speaks for it"
    assert heard(frozenset({name}), topic, payload) == (1, [])
    assert heard(frozenset({"native"}), topic, payload) == (0, [RejectionReason.WRONG_DEVICE])
    others = frozenset({"native", "owntracks", "traccar", "watch"}) - {name}
    assert heard(others, topic, payload) == (0, [RejectionReason.WRONG_DEVICE])


@pytest.mark.parametrize("formats", [None, frozenset({"native"}), frozenset({"owntracks"})])
def test_its_own_topics_are_always_its_own(formats):
    assert heard(formats, "tongxing/v1/zb-1/event", SOS) == (1, [])


def test_what_is_refused_is_kept_to_be_looked_into():
    desk = Desk()
    desk.devices["zb-1"] = replace(BRACELET, formats=frozenset({"native"}))
    forged = envelope("watch/zb-1", b"[3G*zb-1*0002*LK]")
    judged = desk.judge(forged, message("location", latitude=36.8, longitude=118.05))
    [row] = judged.commit.quarantine
    assert (row[1], row[2], row[3]) == ("watch/zb-1", "zb-1", "wrong_device")
    assert len(judged.heard) == 1, "its neighbour is heard"


def test_an_owntracks_message_that_names_another_topic_is_refused():
    def read(**more) -> object:
        (said,) = wire.decode("owntracks/li/phone", json.dumps(OWNTRACKS | more).encode())
        return said

    for harmless in (
        {},
        {"topic": "owntracks/li/phone"},
        {"topic": "owntracks/li/phone/event"},
        {"tid": "xx"},
        {"topic": 7},
    ):
        assert isinstance(read(**harmless), Report), harmless
    for other in ("owntracks/li/tablet", "owntracks/wang/phone", "owntracks"):
        refused = read(topic=other)
        assert isinstance(refused, Rejection)
        assert refused.reason is RejectionReason.WRONG_DEVICE
