"""One connection to a broker: says hello, writes packets, hears acknowledgements and what is sent down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from simulators.mqtt import packets
from simulators.mqtt.packets import CONNACK, PUBACK, PUBLISH, SUBACK, PacketError

#: Seconds between pings while nothing else is said.
KEEPALIVE_S = 60
#: What CONNACK says (section 3.2.2.3).
_REFUSED = {
    1: "it does not speak MQTT 3.1.1",
    2: "it does not like the client id",
    3: "it is not ready",
    4: "it does not know the name or password",
    5: "the device may not come in",
}


class RefusedError(Exception):
    """The broker does not let the client in; the message says why."""


class Line(asyncio.Protocol):
    """One connection. `lost` ends when it is over, `welcome` when the broker has let the client in."""

    def __init__(
        self, hello: bytes, *, acknowledged: Callable[[int], None], heard: Callable[[str, bytes], None]
    ) -> None:
        loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[None] = loop.create_future()
        self.welcome: asyncio.Future[None] = loop.create_future()
        self.subscribed: asyncio.Future[None] = loop.create_future()
        #: False: the broker takes no more for now.
        self.flowing = True
        self._hello = hello
        self._acknowledged, self._heard = acknowledged, heard
        self._reader = packets.Reader()
        self._transport: asyncio.Transport | None = None
        self._pinging: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say hello."""
        # uvloop's transports are not asyncio's by name.
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._hello)
        self._ping_later()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell whoever waits."""
        if self._pinging is not None:
            self._pinging.cancel()
        for waiting in (self.welcome, self.subscribed):
            if not waiting.done():
                waiting.set_exception(error or ConnectionError("the broker hung up"))
                # Nobody may be waiting for it any more.
                waiting.exception()
        if not self.lost.done():
            self.lost.set_result(None)

    def pause_writing(self) -> None:
        """The socket is full."""
        self.flowing = False

    def resume_writing(self) -> None:
        """It has room again."""
        self.flowing = True

    def data_received(self, data: bytes) -> None:
        """Every packet that is whole."""
        try:
            for kind, flags, body in self._reader.packets(data):
                self._packet(kind, flags, body)
        except PacketError:
            self.close()

    def write(self, data: bytes) -> None:
        """Packets, whole."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self, *, politely: bool = False) -> None:
        """Hang up; politely, the broker does not say the will."""
        if self._transport is not None and not self._transport.is_closing():
            if politely:
                self._transport.write(packets.GOODBYE)
            self._transport.close()

    def _packet(self, kind: int, flags: int, body: bytes) -> None:
        if kind == PUBACK:
            self._acknowledged(int.from_bytes(body[:2], "big"))
        elif kind == PUBLISH:
            topic, payload, packet_id = packets.published(flags, body)
            if packet_id:
                self.write(packets.puback(packet_id))
            self._heard(topic, payload)
        elif kind == CONNACK and not self.welcome.done():
            if body[1]:
                self.welcome.set_exception(RefusedError(_REFUSED.get(body[1], f"reason {body[1]}")))
            else:
                self.welcome.set_result(None)
        elif kind == SUBACK and not self.subscribed.done():
            self.subscribed.set_result(None)

    def _ping_later(self) -> None:
        self._pinging = asyncio.get_running_loop().call_later(KEEPALIVE_S * 0.75, self._ping)

    def _ping(self) -> None:
        self.write(packets.PING)
        self._ping_later()
