"""The few packets of MQTT 3.1.1 that a device needs, as bytes and back (OASIS standard, section 3).

A simulated city is as many clients as it has devices on one event loop, and its generator must cost less than what it
measures: aiomqtt takes some 150 us a message, paho 44 (docs/decisions/0003), these lines 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CONNACK, PUBLISH, PUBACK, SUBACK = 2, 3, 4, 9
PING = b"\xc0\x00"
GOODBYE = b"\xe0\x00"
#: Ids of packets run from 1 to here.
LARGEST_ID = 65_535
_CONTINUES, _SEVEN_BITS, _LENGTH_BYTES = 0x80, 0x7F, 4


class PacketError(Exception):
    """The broker said something that is no MQTT 3.1.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Will:
    """What the broker says when the device is gone."""

    topic: str
    payload: bytes


def connect(
    client_id: str,
    *,
    keepalive_s: int,
    keep_session: bool,
    username: str | None = None,
    password: str | None = None,
    will: Will | None = None,
) -> bytes:
    """CONNECT, with a retained will of quality of service 1."""
    flags = 0 if keep_session else 0x02
    body = _text(client_id)
    if will is not None:
        flags |= 0x04 | 0x08 | 0x20
        body += _text(will.topic) + len(will.payload).to_bytes(2, "big") + will.payload
    if username is not None:
        flags |= 0x80
        body += _text(username)
    if password is not None:
        flags |= 0x40
        body += _text(password)
    head = b"\x00\x04MQTT\x04" + bytes([flags]) + keepalive_s.to_bytes(2, "big")
    return b"\x10" + _length(len(head) + len(body)) + head + body


def publish(topic: bytes, payload: bytes, *, packet_id: int, again: bool = False, retain: bool = False) -> bytes:
    """PUBLISH; packet id 0 means quality of service 0."""
    first = 0x30 | (0x02 if packet_id else 0) | (0x08 if again else 0) | (0x01 if retain else 0)
    numbered = packet_id.to_bytes(2, "big") if packet_id else b""
    length = 2 + len(topic) + len(numbered) + len(payload)
    return b"".join((bytes((first,)), _length(length), len(topic).to_bytes(2, "big"), topic, numbered, payload))


def subscribe(packet_id: int, topics: Sequence[str]) -> bytes:
    """SUBSCRIBE with quality of service 1."""
    body = packet_id.to_bytes(2, "big") + b"".join(_text(topic) + b"\x01" for topic in topics)
    return b"\x82" + _length(len(body)) + body


def puback(packet_id: int) -> bytes:
    """PUBACK."""
    return b"\x40\x02" + packet_id.to_bytes(2, "big")


def published(flags: int, body: bytes) -> tuple[str, bytes, int]:
    """(topic, payload, packet id) of a PUBLISH; id 0: none is to be acknowledged."""
    length = int.from_bytes(body[:2], "big")
    topic, rest = body[2 : 2 + length].decode(), body[2 + length :]
    if flags & 0x06:
        return topic, rest[2:], int.from_bytes(rest[:2], "big")
    return topic, rest, 0


class Reader:
    """Cuts what comes from a broker into packets."""

    def __init__(self) -> None:
        self._rest = b""

    def packets(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """(type, flags, body) of every packet that is whole now.

        Raises:
            PacketError: a length that is none.
        """
        held, at = self._rest + data if self._rest else data, 0
        while (found := _head(held, at)) is not None:
            begins, ends = found
            if ends > len(held):
                break
            yield held[at] >> 4, held[at] & 0x0F, held[begins:ends]
            at = ends
        self._rest = held[at:]


def _head(held: bytes, at: int) -> tuple[int, int] | None:
    """Where the body of the packet at a place begins and ends; None: its length is not there yet."""
    length, shift = 0, 0
    for place in range(at + 1, min(at + 1 + _LENGTH_BYTES, len(held))):
        length |= (held[place] & _SEVEN_BITS) << shift
        if not held[place] & _CONTINUES:
            return place + 1, place + 1 + length
        shift += 7
    if len(held) > at + _LENGTH_BYTES:
        raise PacketError("a packet of the broker has a length of more than four bytes")
    return None


def _length(length: int) -> bytes:
    if length <= _SEVEN_BITS:
        return bytes((length,))
    out = bytearray()
    while length > _SEVEN_BITS:
        out.append(length & _SEVEN_BITS | _CONTINUES)
        length >>= 7
    out.append(length)
    return bytes(out)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded
