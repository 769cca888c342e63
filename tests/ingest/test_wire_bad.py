"""Whatever arrives, decoding gives a message or a reason and never raises; an SOS survives everything but itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence.reading import FixSource, SafetyEventType
from ingest import wire
from ingest.rows import quarantine_row
from ingest.wire.bodies import DECODERS
from ingest.wire.message import Answer, Decoded, Rejection, RejectionReason, Report, Status
from tests.ingest.envelopes import envelope
from tests.ingest.test_wire_document import AT, LEAST

KINDS = sorted(DECODERS)


def decode(kind: str, payload: bytes) -> Decoded:
    (found,) = wire.decode(f"tongxing/v1/zb-1/{kind}", payload)
    return found


def storable(text: str | None) -> bool:
    """PostgreSQL can keep it."""
    return text is None or ("\x00" not in text and text.encode("utf-8", "strict") is not None)


def accepted(found: Decoded) -> None:
    """Every text in an accepted message can be stored, and every rejection says something."""
    if isinstance(found, Rejection):
        assert found.detail
        row = quarantine_row(envelope("tongxing/v1/zb-1/\x00\ud800", b"x"), "zb\ud800-1", found)
        assert all(storable(value) for value in row if isinstance(value, str))
    elif isinstance(found, Report):
        assert found.event is None or found.event.event_id.isascii()
        assert storable(found.firmware)
    elif isinstance(found, Status):
        assert storable(found.firmware)
    else:
        assert isinstance(found, Answer)
        assert storable(found.command_id)
        assert storable(found.detail)


NASTY: list[bytes] = [
    b"",
    b" ",
    b"{",
    b"{}",
    b"[]",
    b"null",
    b"0",
    b'"sos"',
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"{}{}",
    b"NaN",
    b'{"a":1,}',
    b"{'id': 1}",
    b'{"at": 1e400}',
    b'{"at": ' + b"9" * 5_000 + b"}",
    b'{"at": -' + b"9" * 5_000 + b"}",
    b'{"at": 1' + b"0" * 400 + b"}",
    b"[" * 60_000,
    b'{"a":' * 10_000,
    b'{"x": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    b'{"id": "\xff", "type": "sos"}',
    "{".encode("utf-16"),
    "{}".encode("utf-32"),
    b"\x1f\x8b\x08\x00compressed",
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("payload", NASTY, ids=range(len(NASTY)))
def test_what_is_not_one_json_object(kind: str, payload: bytes) -> None:
    found = decode(kind, payload)
    assert isinstance(found, Rejection)
    assert found.reason in {RejectionReason.MALFORMED, RejectionReason.INVALID_FIELD}
    assert len(found.detail) < 500
    accepted(found)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("whole", [b"[]", b"null", b"7", b'"x"', b"true"])
def test_json_that_is_no_object_is_malformed(kind: str, whole: bytes) -> None:
    found = decode(kind, whole)
    assert isinstance(found, Rejection)
    assert found.reason is RejectionReason.MALFORMED


@pytest.mark.parametrize("topic", [
    "", "/", "location", "tongxing/v1/zb-1", "tongxing/v1/zb-1/", "tongxing/v1/zb-1/weather", "tongxing/v2/zb-1/event",
    "tongxing/v1/zb-1/x/event", "other/v1/zb-1/event", "tongxing/v1/zb-1/Location", "tongxing/v1/zb-1/ack",
])  # fmt: skip
def test_topics_that_are_none(topic: str) -> None:
    (found,) = wire.decode(topic, b'{"id": "1", "type": "sos"}')
    assert isinstance(found, Rejection)
    assert found.reason is RejectionReason.UNKNOWN_TOPIC


def test_size_is_looked_at_before_the_content() -> None:
    least = json.dumps(LEAST["event"]).encode()
    padded = least[:-1] + b" " * (wire.MAX_PAYLOAD_BYTES - len(least)) + b"}"
    assert isinstance(decode("event", padded), Report)
    found = decode("event", padded + b" ")
    assert isinstance(found, Rejection)
    assert (found.reason, found.detail) == (RejectionReason.TOO_LARGE, "65537 bytes, at most 65536 are read")


@pytest.mark.parametrize("text", ["a\x00b", "\x00", "ok\n\x00"])
@pytest.mark.parametrize(("kind", "field"), [
    ("heartbeat", "firmware"), ("status", "firmware"), ("answer", "id"), ("answer", "detail"), ("event", "id"),
])  # fmt: skip
def test_no_nul_passes(kind: str, field: str, text: str) -> None:
    found = decode(kind, json.dumps(LEAST[kind] | {field: text}).encode())
    assert isinstance(found, Rejection)
    accepted(found)


@pytest.mark.parametrize("text", [r"\ud800", r"x\udfff", r"\ud800\u0041"])
@pytest.mark.parametrize(("kind", "field"), [("heartbeat", "firmware"), ("answer", "detail"), ("event", "id")])
def test_no_half_character_passes(kind: str, field: str, text: str) -> None:
    payload = json.dumps(LEAST[kind] | {field: "TEXT"}).replace("TEXT", text).encode()
    found = decode(kind, payload)
    assert isinstance(found, Rejection)
    accepted(found)


class TestAnSosSurvives:
    @pytest.mark.parametrize(
        "bad",
        [
            b'"at": null',
            b'"at": "yesterday"',
            b'"at": NaN',
            b'"at": -1',
            b'"at": 1e300',
            b'"at": 0',
            b'"at": ' + b"9" * 5_000,
            b'"seq": -1',
            b'"seq": ' + b"1" * 5_000,
            b'"seq": "7"',
            b'"published_at": "now"',
            b'"latitude": NaN, "longitude": NaN',
            b'"latitude": null, "longitude": null',
            b'"latitude": 91, "longitude": 118',
            b'"latitude": 36.8',
            b'"latitude": "36.8", "longitude": "118"',
            b'"latitude": 36.8, "longitude": 118, "accuracy_m": 0',
            b'"latitude": 36.8, "longitude": 118, "accuracy_m": NaN',
            b'"latitude": 36.8, "longitude": 118, "source": "moon"',
            b'"latitude": 36.8, "longitude": 118, "datum": "mars"',
            b'"latitude": Infinity, "longitude": -Infinity',
            b'"latitude": [], "longitude": {}',
            b'"impact_g": -1',
            b'"battery_pct": 101',
            b'"battery_pct": NaN',
            b'"anything": {"else": [1, 2, {"deep": null}]}',
            b'"text": "\\ud800 \\u0000"',
            b'"seq": "\\ud800"',
            b'"at": "\\udfff"',
            b'"latitude": 36.8, "longitude": 118, "source": "\\ud800"',
            b'"latitude": 36.8, "longitude": 118, "datum": "\\ud800"',
            b'"latitude": "\\ud800", "longitude": 118',
            b'"\\ud800": 1',
        ],
    )
    def test_every_bad_field(self, bad: bytes) -> None:
        found = decode("event", b'{"id": "e1", "type": "sos", ' + bad + b"}")
        assert isinstance(found, Report)
        assert found.event is not None
        assert (found.event.event_id, found.event.type) == ("e1", SafetyEventType.SOS)
        assert found.fix is None
        assert found.at is None
        assert (found.seq, found.battery_pct, found.event.impact_g, found.published_s) == (None,) * 4

    def test_one_bad_field_leaves_the_others(self) -> None:
        told = {"id": 7, "type": "sos", "at": AT, "seq": "x", "latitude": 36.8, "longitude": 118.0, "battery_pct": 40}
        found = decode("event", json.dumps(told).encode())
        assert isinstance(found, Report)
        assert found.event is not None
        assert found.fix is not None
        assert (found.event.event_id, found.at, found.battery_pct) == ("7", datetime.fromtimestamp(AT, UTC), 40.0)
        assert (found.fix.source, found.fix.accuracy_m) == (FixSource.GNSS, 30.0)

    @pytest.mark.parametrize(
        "id_", ["", " ", "a b", "ü", "x" * 65, "a\n", "\n", None, 1.5, True, [], {}, 2**63, -(2**63) - 1]
    )
    def test_an_id_that_is_none_is_a_reason(self, id_: Any) -> None:
        found = decode("event", json.dumps({"id": id_, "type": "sos"}).encode())
        assert isinstance(found, Rejection)
        assert found.reason is RejectionReason.INVALID_FIELD
        assert "$.id" in found.detail

    @pytest.mark.parametrize("id_", ["!", "~", "x" * 64, 0, -1, 2**63 - 1, -(2**63), "42"])
    def test_an_id_that_is_one(self, id_: Any) -> None:
        found = decode("event", json.dumps({"id": id_, "type": "sos"}).encode())
        assert isinstance(found, Report)
        assert found.event is not None
        assert found.event.event_id == str(id_)

    def test_an_id_of_a_thousand_digits_is_none(self) -> None:
        """It would fit no index of the database."""
        for digits in (20, 1_000, 4_299, 5_000):
            found = decode("event", b'{"id": ' + b"9" * digits + b', "type": "sos"}')
            assert isinstance(found, Rejection)
            assert found.reason is RejectionReason.INVALID_FIELD


_scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-(10**30), 10**30), st.floats(),
    # Half characters too.
    st.text(st.characters(exclude_categories=[]), max_size=8), st.sampled_from(["\ud800", "x\udfff"]),
    st.sampled_from(["sos", "occupied", "wgs84", "gnss", "done", AT, 36.8, 118.0, 1, "e1"]),
)  # fmt: skip
_names = st.sampled_from(sorted({name for least in LEAST.values() for name in least} | {
    "seq", "published_at", "accuracy_m", "source", "datum", "battery_pct", "charging", "firmware", "detail", "impact_g",
}))  # fmt: skip
_values = st.recursive(_scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(KINDS), st.binary(max_size=80))
def test_any_bytes(kind: str, payload: bytes) -> None:
    accepted(decode(kind, payload))


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.sampled_from(KINDS), _values)
def test_any_json(kind: str, told: Any) -> None:
    accepted(decode(kind, json.dumps(told).encode()))


@pytest.mark.slow
@settings(max_examples=250, deadline=None)
@given(st.sampled_from(KINDS), st.dictionaries(_names, _values, max_size=5))
def test_any_fields_around_a_good_message(kind: str, told: dict[str, Any]) -> None:
    found = decode(kind, json.dumps(LEAST[kind] | told).encode())
    accepted(found)
    if kind == "event" and not {"id", "type"} & set(told):
        assert isinstance(found, Report)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(KINDS), st.integers(0, 200), st.integers(0, 255), st.integers(0, 200))
def test_any_damage_on_the_way(kind: str, position: int, byte: int, cut: int) -> None:
    payload = bytearray(json.dumps(LEAST[kind]).encode())
    payload[position % len(payload)] = byte
    accepted(decode(kind, bytes(payload)))
    accepted(decode(kind, bytes(payload[: cut % (len(payload) + 1)])))


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60))
def test_any_topic(topic: str) -> None:
    (found,) = wire.decode(topic, b"{}")
    assert isinstance(found, Rejection)
