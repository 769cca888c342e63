"""A publisher of MQTT 3.1.1 that costs next to nothing: whole packets written, acknowledgements counted, not looked at.

Only for load on loopback. Devices share a few sessions, so that the generator is not what is measured.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

PUBLISH_QOS1, PUBACK_BYTES = 0x32, 4
#: Seconds for the last acknowledgements.
ACKNOWLEDGED_WITHIN_S = 60.0


def _length(size: int) -> bytes:
    """MQTT's variable length."""
    out = bytearray()
    while True:
        size, low = divmod(size, 128)
        out.append(low | (0x80 if size else 0))
        if not size:
            return bytes(out)


def publish(topic: bytes, payload: bytes, packet_id: int) -> bytes:
    """One PUBLISH with QoS 1."""
    body = len(topic).to_bytes(2, "big") + topic + packet_id.to_bytes(2, "big") + payload
    return bytes([PUBLISH_QOS1]) + _length(len(body)) + body


class Session:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self._packet_id = reader, writer, 0
        self.published = self.acknowledged = 0
        self._counting = asyncio.create_task(self._count())

    @classmethod
    async def open(cls, broker_url: str, client_id: str) -> Session:
        """Connect with a clean session."""
        parts = urlsplit(broker_url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        name = client_id.encode()
        body = b"\x00\x04MQTT\x04\x02\x00\x00" + len(name).to_bytes(2, "big") + name
        writer.write(b"\x10" + _length(len(body)) + body)
        await reader.readexactly(4)
        return cls(reader, writer)

    async def send(self, messages: Sequence[tuple[bytes, bytes]]) -> None:
        """Write (topic, payload) pairs in one go."""
        packets = []
        for topic, payload in messages:
            self._packet_id = self._packet_id % 65_535 + 1
            packets.append(publish(topic, payload, self._packet_id))
        self._writer.write(b"".join(packets))
        self.published += len(packets)
        await self._writer.drain()

    async def _count(self) -> None:
        """Only acknowledgements come back on a session that subscribes to nothing."""
        left = 0
        while data := await self._reader.read(65_536):
            count, left = divmod(left + len(data), PUBACK_BYTES)
            self.acknowledged += count

    async def close(self) -> None:
        """Disconnect, once everything is acknowledged: a socket that is closed with acknowledgements unread is reset,
        and what the broker has not read by then is lost.
        """
        async with asyncio.timeout(ACKNOWLEDGED_WITHIN_S):
            while self.acknowledged < self.published:  # noqa: ASYNC110 - another task counts them
                await asyncio.sleep(0.005)
        self._writer.write(b"\xe0\x00")
        await self._writer.drain()
        self._counting.cancel()
        self._writer.close()
