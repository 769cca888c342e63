"""Whatever arrives on the topics of other makers, decoding gives something and never raises, nor does judging it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import wire
from ingest.registry import Device
from ingest.wire.message import Decoded, Ignored, Rejection, Report, Status
from tests.ingest.envelopes import Desk, all_rows, envelope
from tests.ingest.test_wire_owntracks import LOCATION
from tests.ingest.test_wire_traccar import ATTRIBUTES, POSITION
from tests.ingest.test_wire_watch import ID, frame, position

TOPICS = ["owntracks/li/phone", "traccar/8800000015/position", f"watch/{ID}"]
IDS = ["li-phone", "8800000015", ID]

_scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(), st.text(max_size=8),
    st.sampled_from(["sos", "location", "2026-11-20T12:00:00Z", 1_795_000_000, 36.8, 118.0]),
)  # fmt: skip
_names = st.sampled_from(sorted({*LOCATION, *POSITION, *ATTRIBUTES, "alarm", "approximate", "attributes", "position"}))
_values = st.recursive(_scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4))
_fields = st.lists(
    st.sampled_from(["", "A", "V", "N", "S", "36.8", "118.05", "-1", "0", "9" * 400, "00010000", "201126", "123456"])
    | st.text(max_size=6),
    max_size=24,
).map(",".join)
_commands = st.sampled_from(["UD", "UD2", "AL", "LK", "heart", "bphrt", "TKQ", "", "AL_LTE", "UD_9"])


def accepted(topic: str, payload: bytes) -> tuple[Decoded, ...]:
    found = wire.decode(topic, payload)
    assert found
    assert sum(isinstance(part, Rejection) for part in found) <= 1
    for part in found:
        assert isinstance(part, Report | Status | Ignored | Rejection)
        if isinstance(part, Report):
            assert part.event is None or (part.event.event_id.isascii() and 0 < len(part.event.event_id) <= 64)
            assert part.fix is None or (abs(part.fix.latitude) <= 90 and abs(part.fix.longitude) <= 180)
            assert part.fix is None or 0 < part.fix.accuracy_m <= 100_000
    return found


def judged(topic: str, payload: bytes) -> None:
    accepted(topic, payload)
    desk = Desk()
    desk.devices |= {id_: Device(device_key=50, device_id=id_, kind="bracelet", person_id=1) for id_ in IDS}
    list(all_rows(desk.judge(envelope(topic, payload))))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(TOPICS), st.binary(max_size=120))
def test_any_bytes(topic: str, payload: bytes) -> None:
    judged(topic, payload)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.sampled_from(TOPICS[:2]), _values)
def test_any_json(topic: str, told: Any) -> None:
    judged(topic, json.dumps(told).encode("utf-8", "surrogatepass"))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.dictionaries(_names, _values, max_size=5))
def test_any_fields_in_a_phones_location(told: dict[str, Any]) -> None:
    judged(TOPICS[0], json.dumps(LOCATION | told).encode("utf-8", "surrogatepass"))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.dictionaries(_names, _values, max_size=4), st.dictionaries(_names, _values, max_size=4), st.booleans())
def test_any_fields_in_a_forwarded_position(told: dict[str, Any], attributes: dict[str, Any], call: bool) -> None:
    attributes = attributes | ({"alarm": "sos"} if call else {})
    body = {"position": POSITION | told | {"attributes": attributes}, "device": {"uniqueId": "8800000015"}}
    payload = json.dumps(body).replace("NaN", "null").replace("-Infinity", "-1e9").replace("Infinity", "1e9")
    judged(TOPICS[1], payload.encode("utf-8", "surrogatepass"))


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(_fields, st.text(max_size=30)), max_size=4), st.lists(_commands, min_size=4, max_size=4))
def test_any_text_in_frames(contents: list[str], commands: list[str]) -> None:
    text = "".join(frame(f"{command},{content}") for command, content in zip(commands, contents, strict=False))
    judged(TOPICS[2], text.encode("utf-8", "surrogatepass"))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.integers(0, 200), st.integers(0, 255), st.integers(0, 400))
def test_any_damage_on_the_way(place: int, byte: int, cut: int) -> None:
    payload = bytearray((frame("LK,1,2,93") + frame(position("AL", "00010000"))).encode())
    payload[place % len(payload)] = byte
    judged(TOPICS[2], bytes(payload))
    judged(TOPICS[2], bytes(payload[: cut % (len(payload) + 1)]))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["owntracks", "traccar", "watch", "tongxing", ""]), st.lists(st.text(max_size=6), max_size=5))
def test_any_topic(root: str, levels: list[str]) -> None:
    judged("/".join([root, *levels]), b"{}")


def test_a_payload_full_of_brackets_is_quick() -> None:
    for unit in ("[", "[3G*1*0002*", f"[3G*{ID}*FFFF*LK]", "[3G*", "*", ",", "]"):
        accepted(TOPICS[2], (unit * 65_536)[:65_536].encode())
