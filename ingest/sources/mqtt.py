"""One persistent MQTT 3.1.1 session a lane, quality of service 1, acknowledged by hand after the commit.

For brokers that do not speak MQTT 5, as the embedded one. paho-mqtt runs on the event loop's own reader and writer
callbacks, without a thread. What is held in memory is bounded by the broker's window of unacknowledged messages
(deploy/mosquitto, runtime.embedded). After a lost connection the broker sends again what was not acknowledged; an
acknowledgement that belongs to the lost connection is not sent, because a broker may have given its packet id to
another message.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from functools import partial

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.lanes import Lane
from ingest.sources import Envelope, Sink
from runtime.broker_address import Address, why
from runtime.clock import Clock, wall_now

log = structlog.get_logger(__name__)

#: Seconds between pings; the broker notices a dead ingest after one and a half times this.
KEEPALIVE_S = 20
#: Seconds between attempts to connect. Short: an SOS may be waiting at the broker.
RECONNECT_EVERY_S = 0.5
#: Seconds after which everything that a broker had sent before the connection was lost has been sent again. The
#: embedded one waits for its `ack_wait` of 5 s (runtime.embedded.broker).
SENT_AGAIN_WITHIN_S = 6.0
#: Seconds between calls of paho's own housekeeping.
HOUSEKEEPING_EVERY_S = 1.0


class MqttSession:
    """The persistent session of one lane."""

    def __init__(self, address: Address, client_id: str, lane: Lane, sink: Sink, clock: Clock) -> None:
        self._address = address
        self._lane, self._sink, self._clock = lane, sink, clock
        self._connected = self._subscribed = False
        self._connection = 0
        self._caught_up_at_s = 0.0
        self._lost = asyncio.Event()
        self._client = client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{client_id}-{lane.name}",
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
            manual_ack=True,
        )
        if address.username:
            client.username_pw_set(address.username, address.password)
        if address.tls:
            client.tls_set_context(address.tls)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_subscribe, client.on_message = self._on_subscribe, self._on_message
        client.on_socket_close = self._on_socket_close
        client.on_socket_register_write = self._on_want_write
        client.on_socket_unregister_write = self._on_written

    @property
    def problem(self) -> str | None:
        """What is wrong with this session, or None."""
        if not self._connected:
            return f"not connected to the broker at {self._address}"
        return None if self._subscribed else "the broker has not granted the subscription"

    @property
    def caught_up(self) -> bool:
        """Whether what the broker kept while we were away has come by now."""
        return self.problem is None and time.monotonic() >= self._caught_up_at_s

    async def run(self) -> None:
        """Stay connected until cancelled."""
        try:
            while True:
                await self._connect()
                while not self._lost.is_set():
                    self._client.loop_misc()
                    await _first(self._lost.wait(), HOUSEKEEPING_EVERY_S)
                await asyncio.sleep(RECONNECT_EVERY_S)
        finally:
            self._client.disconnect()
            self._client.loop_write()

    async def _connect(self) -> None:
        self._lost.clear()
        loop = asyncio.get_running_loop()
        try:
            # Opens the socket and waits for it, which must not stop the loop; the callbacks run on it afterwards.
            await loop.run_in_executor(None, self._client.connect, self._address.host, self._address.port, KEEPALIVE_S)
        except OSError as error:
            log.warning("broker_away", lane=self._lane.name, error=why(error, self._address))
            self._lost.set()
            return
        sock = self._client.socket()
        if sock is not None:
            loop.add_reader(sock, self._client.loop_read)
        self._client.loop_write()

    def _on_connect(
        self, client: Client, _: object, flags: ConnectFlags, reason: ReasonCode, __: Properties | None
    ) -> None:
        if reason.is_failure:
            log.error("broker_refused", lane=self._lane.name, reason=str(reason))
            return
        self._connected = True
        self._connection += 1
        self._caught_up_at_s = time.monotonic() + (SENT_AGAIN_WITHIN_S if flags.session_present else 0.0)
        log.info("broker_connected", lane=self._lane.name, session_present=flags.session_present)
        client.subscribe([(topic, 1) for topic in self._lane.topics])
        if flags.session_present and self._lane.formerly:
            client.unsubscribe(list(self._lane.formerly))

    def _on_disconnect(
        self, _: Client, __: object, ___: DisconnectFlags, reason: ReasonCode, ____: Properties | None
    ) -> None:
        self._connected = self._subscribed = False
        log.warning("broker_lost", lane=self._lane.name, reason=str(reason))
        self._lost.set()

    def _on_subscribe(
        self, _: Client, __: object, ___: int, granted: list[ReasonCode], ____: Properties | None
    ) -> None:
        refused = [str(reason) for reason in granted if reason.is_failure]
        if refused:
            log.error("subscription_refused", lane=self._lane.name, reasons=refused)
        self._subscribed = not refused

    def _on_message(self, _: Client, __: object, message: MQTTMessage) -> None:
        acknowledge = partial(self._acknowledge, self._connection, message.mid, message.qos)
        skipped = not self._lane.takes(message.topic, message.retain)
        envelope = Envelope(message.topic, bytes(message.payload), self._clock.now(), wall_now(), acknowledge, skipped)
        self._sink.put(self._lane.rank, envelope)

    def _acknowledge(self, connection: int, mid: int, qos: int) -> None:
        if connection == self._connection and self._connected:
            self._client.ack(mid, qos)

    def _on_socket_close(self, _: Client, __: object, sock: object) -> None:
        if (loop := _running_loop()) is not None:
            loop.remove_reader(sock)  # type: ignore[arg-type]
            loop.remove_writer(sock)  # type: ignore[arg-type]

    def _on_want_write(self, _: Client, __: object, sock: object) -> None:
        if (loop := _running_loop()) is not None:
            loop.add_writer(sock, self._client.loop_write)  # type: ignore[arg-type]

    def _on_written(self, _: Client, __: object, sock: object) -> None:
        if (loop := _running_loop()) is not None:
            loop.remove_writer(sock)  # type: ignore[arg-type]


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop, or None in the thread that only opens the socket: what it queues, `_connect` writes."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


async def _first(wait: Awaitable[object], within_s: float) -> None:
    """Wait for something, but not longer than this."""
    try:
        await asyncio.wait_for(wait, within_s)
    except TimeoutError:
        return
