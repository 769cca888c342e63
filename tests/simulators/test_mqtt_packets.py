"""Packets of MQTT 3.1.1: bytes as the standard has them, and back, whatever pieces they come in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.mqtt import packets
from simulators.mqtt.packets import PUBACK, PUBLISH, PacketError, Reader, Will


def test_connect_is_as_the_standard_has_it():
    assert packets.connect("d", keepalive_s=60, keep_session=False) == b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01d"
    whole = packets.connect(
        "d", keepalive_s=60, keep_session=True, username="u", password="p", will=Will(topic="t", payload=b"x")
    )
    assert whole == b"\x10\x19\x00\x04MQTT\x04\xec\x00\x3c\x00\x01d\x00\x01t\x00\x01x\x00\x01u\x00\x01p"


def test_publish_and_its_flags():
    assert packets.publish(b"a/b", b"hi", packet_id=10) == b"\x32\x09\x00\x03a/b\x00\x0ahi"
    assert packets.publish(b"a/b", b"hi", packet_id=0) == b"\x30\x07\x00\x03a/bhi"
    assert packets.publish(b"a", b"", packet_id=1, again=True)[0] == 0x3A
    assert packets.publish(b"a", b"", packet_id=1, retain=True)[0] == 0x33


def test_subscribe_and_puback():
    assert packets.subscribe(1, ["a", "b"]) == b"\x82\x0a\x00\x01\x00\x01a\x01\x00\x01b\x01"
    assert packets.puback(258) == b"\x40\x02\x01\x02"


@given(
    messages=st.lists(
        st.tuples(st.text("abc/", min_size=1, max_size=9), st.binary(max_size=300), st.integers(0, 65_535))
    ),
    piece=st.integers(1, 50),
)
def test_what_was_published_is_read_back_in_any_pieces(messages, piece):
    stream = b"".join(packets.publish(topic.encode(), body, packet_id=number) for topic, body, number in messages)
    reader = Reader()
    found = [one for at in range(0, len(stream), piece) for one in reader.packets(stream[at : at + piece])]
    assert [kind for kind, _, _ in found] == [PUBLISH] * len(messages)
    assert [packets.published(flags, body) for _, flags, body in found] == messages


def test_a_long_payload_has_a_longer_length():
    body = b"x" * 200_000
    (found,) = Reader().packets(packets.publish(b"t", body, packet_id=7))
    assert packets.published(found[1], found[2]) == ("t", body, 7)


def test_several_packets_in_one_read():
    found = list(Reader().packets(packets.puback(1) + packets.puback(2) + b"\x40"))
    assert [(kind, int.from_bytes(body, "big")) for kind, _, body in found] == [(PUBACK, 1), (PUBACK, 2)]


def test_a_length_that_is_none_is_refused():
    with pytest.raises(PacketError):
        list(Reader().packets(b"\x40\xff\xff\xff\xff\x01"))
