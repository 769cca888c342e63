"""MQTT 5 packets out of a stream of bytes, by the `mqtt5` codec; a PUBLISH that the codec cannot read, by hand.

The codec is strict about text and, on text that is not UTF-8, panics instead of raising. A broker checks what it
forwards, so that is not expected; but a message that cannot be read must not hold up those behind it, and a broker
would send it again for ever.
"""

from __future__ import annotations

from collections.abc import Iterator

import mqtt5

_PUBLISH, _QOS_1 = 0x30, 0x02
_LENGTH_BYTES = 4


def packets(received: memoryview) -> Iterator[tuple[mqtt5.Packet | None, int]]:
    """Each whole packet and the place after it; None for one that cannot be read and may be left out.

    Raises:
        ValueError: what came is no MQTT.
    """
    read, place, end = mqtt5.read, 0, len(received)
    packet: mqtt5.Packet | None
    while place < end:
        try:
            packet, size = read(received[place:])
        except IndexError:
            return
        except BaseException as error:
            if not isinstance(error, ValueError) and type(error).__name__ != "PanicException":
                raise
            body = _body(received[place:])
            if body is None:
                return
            packet, size = publish_by_hand(received[place], body[1]), body[0]
        place += size
        yield packet, place


def _body(received: memoryview) -> tuple[int, memoryview] | None:
    """Size of the first packet and what follows its fixed header; None if it has not come whole."""
    length = place = 0
    for place in range(1, _LENGTH_BYTES + 1):
        if place >= len(received):
            return None
        length |= (received[place] & 0x7F) << 7 * (place - 1)
        if received[place] < 0x80:  # noqa: PLR2004 - the bit that says more follow
            break
    else:
        raise ValueError("a length of more than four bytes")
    size = place + 1 + length
    return (size, received[place + 1 : size]) if len(received) >= size else None


def publish_by_hand(first: int, body: memoryview) -> mqtt5.PublishPacket | None:
    """A PUBLISH with its topic as far as it can be read and without its properties; None for anything else."""
    if first & 0xF0 != _PUBLISH:
        raise ValueError(f"a packet of type {first >> 4} that cannot be read")
    place = 2 + int.from_bytes(body[:2])
    topic, packet_id = bytes(body[2:place]).decode("utf-8", "replace"), None
    if first & _QOS_1:
        packet_id, place = int.from_bytes(body[place : place + 2]), place + 2
    size, shift = 0, 0
    while True:
        if place >= len(body):
            raise ValueError("a PUBLISH that ends within its properties")
        size |= (body[place] & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if body[place - 1] < 0x80:  # noqa: PLR2004 - the bit that says more follow
            break
    qos = mqtt5.QoS.AT_MOST_ONCE if packet_id is None else mqtt5.QoS.AT_LEAST_ONCE
    return mqtt5.PublishPacket(
        topic, bytes(body[place + size :]), qos=qos, packet_id=packet_id, retain=bool(first & 0x01)
    )
