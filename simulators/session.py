"""One MQTT session that carries the messages of many devices, in order, until the broker has acknowledged each.

A window of messages is published and its PUBACKs awaited; what is not acknowledged when the connection breaks goes
first on the next connection, byte for byte the same.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

import aiomqtt
import msgspec
import structlog

from runtime.clock import wall_now
from simulators import broker
from simulators.broker import Address
from simulators.counts import Counts
from simulators.message import Kind, Message

log = structlog.get_logger(__name__)

#: Messages that may wait for their PUBACK at once.
WINDOW = 64
#: Telemetry beyond this many waiting messages is discarded; safety events never are.
WAITING_MOST = 50_000
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Outgoing:
    message: Message
    payload: bytes | None = None
    acknowledged: bool = False


class Session:
    """Publishes what it is given, in order."""

    def __init__(self, where: Address, identifier: str, counts: Counts) -> None:
        self._where = where
        self._identifier = identifier
        self._counts = counts
        self._waiting: deque[_Outgoing] = deque()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def put(self, message: Message) -> None:
        """Take a message for publishing."""
        if len(self._waiting) >= WAITING_MOST and message.kind is not Kind.EVENT:
            self._counts.discarded += 1
            return
        self._waiting.append(_Outgoing(message))
        self._idle.clear()
        self._wake.set()

    @property
    def waiting(self) -> int:
        """Messages not acknowledged yet."""
        return len(self._waiting)

    async def drained(self) -> None:
        """Return when everything was acknowledged."""
        await self._idle.wait()

    async def run(self) -> None:
        """Connect, publish, connect again, until cancelled."""
        attempt = 0
        while True:
            try:
                async with broker.client(self._where, self._identifier, window=WINDOW) as client:
                    attempt = 0
                    await self._publish_until_lost(client)
            except aiomqtt.MqttError as error:
                attempt += 1
                self._counts.reconnected += 1
                if attempt == 1:
                    log.warning("broker_lost", client_id=self._identifier, error=str(error))
                await asyncio.sleep(broker.backoff_s(attempt))

    async def _publish_until_lost(self, client: aiomqtt.Client) -> None:
        # A lost connection ends the message iterator, which is how aiomqtt tells; pending publishes would wait.
        lost = asyncio.ensure_future(_listen(client))
        publishing = asyncio.ensure_future(self._publish(client))
        try:
            done, _ = await asyncio.wait((lost, publishing), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (lost, publishing):
                task.cancel()
            await asyncio.gather(lost, publishing, return_exceptions=True)

    async def _publish(self, client: aiomqtt.Client) -> None:
        while True:
            while not self._waiting:
                self._idle.set()
                self._wake.clear()
                await self._wake.wait()
            await self._publish_window(client)

    async def _publish_window(self, client: aiomqtt.Client) -> None:
        window = [self._waiting[index] for index in range(min(WINDOW, len(self._waiting)))]
        try:
            results = await asyncio.gather(
                *(self._send(client, outgoing) for outgoing in window), return_exceptions=True
            )
        finally:
            # What was acknowledged is done even if its neighbour was not; the rest keeps its place and order.
            for _ in window:
                self._waiting.popleft()
            self._waiting.extendleft(outgoing for outgoing in reversed(window) if not outgoing.acknowledged)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _send(self, client: aiomqtt.Client, outgoing: _Outgoing) -> None:
        again = outgoing.payload is not None
        if outgoing.payload is None:
            outgoing.payload = _encode({**outgoing.message.body, "published_at": wall_now().timestamp()})
        self._counts.handed_over(outgoing.message, again=again)
        await client.publish(outgoing.message.topic, outgoing.payload, qos=1)
        outgoing.acknowledged = True
        self._counts.arrived(outgoing.message)


async def _listen(client: aiomqtt.Client) -> None:
    async for _ in client.messages:
        pass
