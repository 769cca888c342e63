"""A backlog: many readings in one message, each as its own topic would have it; and CBOR, the same in fewer bytes."""

from __future__ import annotations

import json
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import wire
from ingest.wire.message import Rejection, RejectionReason, Report

TOPIC = "tongxing/v1/zb-1/backlog"
AT = 1_763_749_200.0
LOCATION = {"kind": "location", "at": AT, "latitude": 36.8, "longitude": 118.0, "accuracy_m": 12.0, "seq": 4}
BED = {"kind": "bed", "at": AT + 5, "status": "occupied", "heart_rate_bpm": 61.0}
HEARTBEAT = {"kind": "heartbeat", "at": AT - 60, "battery_pct": 44.0}
EVENT = {"kind": "event", "id": "e1", "type": "sos"}


def decode(told: Any, topic: str = TOPIC) -> tuple[Any, ...]:
    return wire.decode(topic, json.dumps(told).encode())


def alone(reading: dict[str, Any]) -> Any:
    """The same reading on its own topic."""
    body = {name: value for name, value in reading.items() if name != "kind"}
    (found,) = decode(body, f"tongxing/v1/zb-1/{reading['kind']}")
    return found


def test_each_reading_is_what_its_own_topic_would_have_said() -> None:
    told = [LOCATION, BED, HEARTBEAT, LOCATION]
    assert decode({"readings": told}) == tuple(alone(reading) for reading in told)


@pytest.mark.parametrize("reading", [LOCATION, BED, HEARTBEAT, EVENT], ids=lambda reading: reading["kind"])
def test_one_reading_needs_no_list(reading: dict[str, Any]) -> None:
    assert decode(reading) == (alone(reading),)


def test_a_call_for_help_among_them_is_heard() -> None:
    assert decode({"readings": [LOCATION, EVENT]}) == (alone(LOCATION), alone(EVENT))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (LOCATION | {"latitude": 91}, RejectionReason.INVALID_FIELD),
        (LOCATION | {"datum": "moon"}, RejectionReason.DATUM_UNSUPPORTED),
        ({"kind": "status", "online": True}, RejectionReason.INVALID_FIELD),
        ({"at": AT}, RejectionReason.INVALID_FIELD),
        ({"kind": 3}, RejectionReason.INVALID_FIELD),
        (3, RejectionReason.MALFORMED),
        ({"kind": "event", "id": "", "type": "sos"}, RejectionReason.INVALID_FIELD),
    ],
)
def test_what_is_wrong_with_one_costs_that_one(wrong: Any, reason: RejectionReason) -> None:
    first, second, third = decode({"readings": [LOCATION, wrong, BED]})
    assert (first, third) == (alone(LOCATION), alone(BED))
    assert isinstance(second, Rejection)
    assert second.reason is reason


@pytest.mark.parametrize(
    "told", [{"readings": []}, {"readings": 3}, {"readings": None}, {}, [], 3, "x", None, [LOCATION]]
)
def test_what_holds_nothing_is_rejected_once(told: Any) -> None:
    (found,) = decode(told)
    assert isinstance(found, Rejection)


@pytest.mark.parametrize("level", ["location", "bed", "heartbeat", "event", "status", "answer"])
def test_cbor_says_the_same_as_json_on_every_topic(level: str) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "location": LOCATION, "bed": BED, "heartbeat": HEARTBEAT, "event": EVENT | {"at": AT, "latitude": float("nan")},
        "status": {"online": False}, "answer": {"id": "c", "at": AT, "result": "done"},
    }  # fmt: skip
    topic = f"tongxing/v1/zb-1/{level}"
    assert wire.decode(topic, cbor2.dumps(bodies[level])) == decode(bodies[level], topic)


def test_a_backlog_in_cbor_is_smaller_and_the_same() -> None:
    told = {"readings": [BED | {"at": AT + 10 * number} for number in range(100)]}
    packed = cbor2.dumps(told)
    assert wire.decode(TOPIC, packed) == decode(told)
    assert wire.decode(TOPIC, b"\xd9\xd9\xf7" + packed) == decode(told)
    assert len(packed) < 0.75 * len(json.dumps(told))


@pytest.mark.parametrize(
    "payload",
    [
        b"\xa1", b"\xbf", b"\xa1\x61a\x01\x01", b"\xa1\x61a\xff", cbor2.dumps({"a": b"bytes"}), b"\xd9\xd9\xf7",
        b"\xa1\xff\x00", b"\xa1\x61a\xd8\x1d\x05", b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff", b"\xa1\x61a" + b"\x81" * 5_000,
        b"\xa1\x61a\xc1\xf9\x7e\x00", b"\xa1\x61a\xc4\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01", b"\xa1\x81\x01\x01",
    ],
)  # fmt: skip
def test_what_is_no_cbor_object_is_malformed(payload: bytes) -> None:
    for level in ("location", "backlog", "event"):
        (found,) = wire.decode(f"tongxing/v1/zb-1/{level}", payload)
        assert isinstance(found, Rejection)
        assert found.reason in (RejectionReason.MALFORMED, RejectionReason.INVALID_FIELD)


_scalars = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=6) | st.binary(max_size=4)
)
_names = st.sampled_from(sorted({"readings", *LOCATION, *BED, *HEARTBEAT, *EVENT}))
_values = st.recursive(_scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=4))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.one_of(_values, st.fixed_dictionaries({"readings": st.lists(_values, max_size=4)})), st.booleans())
def test_any_object_in_cbor_decodes_to_something(told: Any, described: bool) -> None:
    payload = (b"\xd9\xd9\xf7" if described else b"") + cbor2.dumps(told)
    for level in ("backlog", "location", "event"):
        assert all(isinstance(part, Report | Rejection) for part in wire.decode(f"tongxing/v1/zb-1/{level}", payload))


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=60), st.sampled_from([b"", b"\xa1", b"\xa2\x64kind\x68location\x62at", b"\xa1\x68readings\x82"])
)
def test_any_bytes_decode_to_something(tail: bytes, head: bytes) -> None:
    for level in ("backlog", "location", "event"):
        assert wire.decode(f"tongxing/v1/zb-1/{level}", head + tail)


@pytest.mark.parametrize(
    "payload",
    [cbor2.dumps({"id": "e1", "type": "sos"}) + b"\x01", cbor2.dumps({"id": b"e1", "type": "sos"})],
    ids=["something follows", "bytes for a text"],
)
def test_what_json_could_not_have_said_is_malformed(payload: bytes) -> None:
    (found,) = wire.decode("tongxing/v1/zb-1/event", payload)
    assert isinstance(found, Rejection)
    assert found.reason is RejectionReason.MALFORMED
