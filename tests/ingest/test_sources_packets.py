"""Packets out of a stream of bytes: whole ones, halves, and what the codec cannot read."""

from __future__ import annotations

import mqtt5
import pytest

from ingest.sources.packets import packets
from runtime.broker_address import address

#: The codec's panic leaves a second error behind that nobody can catch.
panics = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def publish(
    topic: str = "tongxing/v1/zb-1/location",
    payload: bytes = b"{}",
    packet_id: int | None = 7,
    content_type: str = "text/plain",
) -> bytes:
    qos = mqtt5.QoS.AT_MOST_ONCE if packet_id is None else mqtt5.QoS.AT_LEAST_ONCE
    return mqtt5.PublishPacket(topic, payload, qos=qos, packet_id=packet_id, content_type=content_type).write()


def told(received: bytes) -> tuple[list[object], int]:
    """(topic, payload, packet id, retained) of each, and the place after the last."""
    found, place = [], 0
    for packet, place in packets(memoryview(received)):  # noqa: B007 - where the last one ends
        assert isinstance(packet, mqtt5.PublishPacket)
        found.append((packet.topic, packet.payload, packet.packet_id, packet.retain))
    return found, place


@pytest.mark.parametrize("cut", [0, 1, 2, 10, 30])
def test_a_packet_that_has_not_come_whole_is_left_for_later(cut: int) -> None:
    whole = publish()
    found, place = told(whole + whole[:cut])
    assert found == [("tongxing/v1/zb-1/location", b"{}", 7, False)]
    assert place == len(whole)


@panics
@pytest.mark.parametrize("packet_id", [None, 300])
@pytest.mark.parametrize(("size", "content_type"), [(0, "a"), (2, "ab"), (200, "abc"), (20_000, "a" * 200)])
def test_text_that_is_none_costs_only_itself(packet_id: int | None, size: int, content_type: str) -> None:
    payload = bytes(size)
    broken = publish("tongxing/v1/z~/event", payload, packet_id, content_type).replace(b"z~", b"z\xff")
    broken = bytes([broken[0] | 1]) + broken[1:]
    found, place = told(publish() + broken + publish(packet_id=8))
    assert found == [
        ("tongxing/v1/zb-1/location", b"{}", 7, False),
        ("tongxing/v1/z\ufffd/event", payload, packet_id, True),
        ("tongxing/v1/zb-1/location", b"{}", 8, False),
    ]
    assert place == len(publish()) * 2 + len(broken)
    assert told(broken[:-1]) == ([], 0)


@panics
def test_a_property_that_is_no_text_leaves_the_reading() -> None:
    found, _ = told(publish().replace(b"text/plain", b"text/pl\xffin"))
    assert found == [("tongxing/v1/zb-1/location", b"{}", 7, False)]


@pytest.mark.parametrize("received", [b"\x32\xff\xff\xff\xff\xff\x01", b"\xf0\x05\x00\x00\x00\x00\x00"])
def test_what_is_no_mqtt_is_refused(received: bytes) -> None:
    with pytest.raises(ValueError, match=r"length|read"):
        told(received)


@pytest.mark.parametrize(
    ("url", "host", "port", "login"),
    [
        ("mqtt://broker", "broker", 1883, (None, None)),
        ("mqtt://u%40x:p%2F@broker:1884", "broker", 1884, ("u@x", "p/")),
        ("mqtts://u@broker", "broker", 8883, ("u", "")),
    ],
)
def test_an_address(url: str, host: str, port: int, login: tuple[str | None, str | None]) -> None:
    found = address(url)
    assert (found.host, found.port, (found.username, found.password)) == (host, port, login)
    assert (found.tls is not None) is url.startswith("mqtts")
    assert str(found) == f"{host}:{port}"
