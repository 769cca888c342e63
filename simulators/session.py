"""One MQTT session: carries the messages of one device, or of many, in order, until the broker acknowledged each.

A window of messages may wait for their PUBACK; what is not acknowledged when the connection breaks goes first on the
next one, byte for byte the same.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from runtime.clock import wall_now
from simulators import broker
from simulators.broker import Address
from simulators.counts import Counts
from simulators.devices import formats
from simulators.message import Kind, Message
from simulators.mqtt import packets
from simulators.mqtt.line import KEEPALIVE_S, Line, RefusedError
from simulators.mqtt.packets import Will

log = structlog.get_logger(__name__)

#: Messages that may wait for their PUBACK at once.
WINDOW = 64
#: Telemetry beyond this many waiting messages is discarded; safety events never are.
WAITING_MOST = 50_000
#: Bytes of packets written at once.
WRITTEN_AT_ONCE = 1 << 16


@dataclass(slots=True)
class _Outgoing:
    message: Message
    topic: bytes = b""
    payload: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ear:
    """What a session listens to, and who is told."""

    topics: tuple[str, ...]
    heard: Callable[[str, bytes], None]


class Session:
    """Publishes what it is given, in order."""

    def __init__(
        self,
        where: Address,
        identifier: str,
        counts: Counts,
        *,
        ear: Ear | None = None,
        will: Will | None = None,
        gate: asyncio.Semaphore | None = None,
    ) -> None:
        """Not connected yet; `gate` lets so many sessions connect at once."""
        self.identifier = identifier
        self._where = where
        self._counts = counts
        self._ear = ear
        self._will = will
        self._gate = gate or asyncio.Semaphore()
        self._waiting: deque[_Outgoing] = deque()
        self._sent: dict[int, _Outgoing] = {}
        self._line: Line | None = None
        self._last_id = 0
        self._filling = False
        self._idle = asyncio.Event()
        self._idle.set()
        #: Set once the session listens; at once if it has no ear.
        self.ready = asyncio.Event()

    def put(self, message: Message) -> None:
        """Take a message for publishing."""
        if len(self._waiting) >= WAITING_MOST and message.kind is not Kind.EVENT:
            self._counts.discarded += 1
            return
        self._waiting.append(_Outgoing(message))
        self._idle.clear()
        if self._line is not None and not self._filling:
            # What is put now goes out together, in one write.
            self._filling = True
            asyncio.get_running_loop().call_soon(self._fill)

    @property
    def waiting(self) -> int:
        """Messages not acknowledged yet."""
        return len(self._waiting) + len(self._sent)

    async def drained(self) -> None:
        """Return when everything was acknowledged."""
        await self._idle.wait()

    async def run(self) -> None:
        """Connect, publish, connect again, until cancelled."""
        attempt = 0
        while True:
            try:
                await self._live()
                attempt = 0
                reason = "the broker hung up"
            except (OSError, TimeoutError, RefusedError) as error:
                reason = str(error) or type(error).__name__
            attempt += 1
            self._counts.reconnected += 1
            if attempt == 1:
                log.warning("broker_lost", client_id=self.identifier, error=reason)
            await asyncio.sleep(broker.backoff_s(attempt))

    async def _live(self) -> None:
        """One connection, from hello to its end."""
        async with self._gate:
            line = await self._connected()
        try:
            self.ready.set()
            self._line = line
            self._fill()
            await line.lost
        finally:
            self._line = None
            line.close(politely=True)
            # In their order, before what has not been sent yet.
            self._waiting.extendleft(reversed(self._sent.values()))
            self._sent.clear()

    async def _connected(self) -> Line:
        """A connection that the broker has let in, listening."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(broker.ANSWER_WITHIN_S):
            where = self._where
            _, line = await loop.create_connection(self._made, where.host, where.port, ssl=where.tls)
            try:
                await line.welcome
                if self._ear is not None:
                    line.write(packets.subscribe(packets.LARGEST_ID, self._ear.topics))
                    await line.subscribed
            except BaseException:
                line.close()
                raise
        return line

    def _made(self) -> Line:
        hello = packets.connect(
            self.identifier,
            keepalive_s=KEEPALIVE_S,
            keep_session=self._ear is not None,
            username=self._where.username,
            password=self._where.password,
            will=self._will,
        )
        return Line(hello, acknowledged=self._acknowledged, heard=self._heard)

    def _heard(self, topic: str, payload: bytes) -> None:
        if self._ear is not None:
            self._ear.heard(topic, payload)

    def _acknowledged(self, packet_id: int) -> None:
        outgoing = self._sent.pop(packet_id, None)
        if outgoing is None:
            return
        self._counts.arrived(outgoing.message)
        if self._waiting:
            if not self._filling:
                self._filling = True
                asyncio.get_running_loop().call_soon(self._fill)
        elif not self._sent:
            self._idle.set()

    def _fill(self) -> None:
        """Send while the window has room."""
        self._filling = False
        line = self._line
        if line is None:
            return
        out: list[bytes] = []
        size, now_s = 0, wall_now().timestamp()
        while self._waiting and len(self._sent) < WINDOW and size < WRITTEN_AT_ONCE:
            out.append(self._packet(self._waiting.popleft(), now_s))
            size += len(out[-1])
        if out:
            line.write(b"".join(out))
        if size >= WRITTEN_AT_ONCE and self._waiting and len(self._sent) < WINDOW:
            self._filling = True
            asyncio.get_running_loop().call_soon(self._fill)
        if not self._waiting and not self._sent:
            self._idle.set()

    def _packet(self, outgoing: _Outgoing, now_s: float) -> bytes:
        message, again = outgoing.message, outgoing.payload is not None
        if outgoing.payload is None:
            outgoing.topic = formats.topic(message).encode()
            outgoing.payload = formats.payload(message, now_s)
        self._counts.handed_over(message, again=again)
        if message.qos == 0:
            self._counts.arrived(message)
            return packets.publish(outgoing.topic, outgoing.payload, packet_id=0)
        packet_id = self._free_id()
        self._sent[packet_id] = outgoing
        return packets.publish(outgoing.topic, outgoing.payload, packet_id=packet_id, again=again)

    def _free_id(self) -> int:
        # The largest is the subscription's.
        self._last_id = self._last_id % (packets.LARGEST_ID - 1) + 1
        while self._last_id in self._sent:
            self._last_id = self._last_id % (packets.LARGEST_ID - 1) + 1
        return self._last_id
