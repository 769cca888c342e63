"""One persistent MQTT 5 session a lane on the `mqtt5` codec: a quarter of the processor time that paho takes.

Acknowledged by hand after the commit, in order; what is acknowledged in one turn of the event loop leaves in one write.
How much the broker may send ahead is the session's receive maximum. Under load the socket is left alone for a few
milliseconds after each read: what costs is waking up, not a message (docs/decisions/0009).

A connection is an object of its own: an acknowledgement that belongs to a lost one goes nowhere, because the broker may
have given its packet id to another message; what was not acknowledged it sends again.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from functools import partial
from typing import cast

import mqtt5
import structlog

from ingest import metrics
from ingest.lanes import Lane
from ingest.sources import Envelope, Sink
from ingest.sources.pacing import Pacing
from ingest.sources.packets import packets
from runtime.broker_address import Address, why
from runtime.clock import Clock, wall_now

log = structlog.get_logger(__name__)

#: Seconds without a packet from us after which the broker takes us for dead, one and a half times.
KEEPALIVE_S = 20
#: Seconds between attempts to connect. Short: an SOS may be waiting at the broker.
RECONNECT_EVERY_S = 0.5
#: Seconds that a broker may take to answer a CONNECT.
ANSWER_WITHIN_S = 10.0
#: Seconds after which everything that the broker had sent before the connection was lost has been sent again.
SENT_AGAIN_WITHIN_S = 6.0
#: The session never expires at the broker: what waits in it is somebody's.
NEVER_EXPIRES = 0xFFFFFFFF
#: Messages that the broker may send ahead of our acknowledgements. Count; deploy/mosquitto has the same.
RECEIVE_MAXIMUM = 4_000
#: Bytes read at once at most; one packet must fit in.
BUFFER_BYTES = 4 * 2**20
#: Reason codes of a SUBACK that are a quality of service.
_GRANTED = range(3)
_RECEIVED_S = metrics.STAGE_S.labels("receive")
_PUBACK = b"\x40\x02"
_STEP = timedelta(microseconds=1)


class Mqtt5Session:
    """The persistent session of one lane."""

    def __init__(
        self,
        address: Address,
        client_id: str,
        lane: Lane,
        sink: Sink,
        clock: Clock,
        *,
        pacing_ms: float = 0.0,
        receive_maximum: int = RECEIVE_MAXIMUM,
    ) -> None:
        """`pacing_ms` is how long the socket is left alone after a read under load; 0 for never."""
        self.address, self.lane, self.sink, self.clock = address, lane, sink, clock
        self._client_id, self.receive_maximum = f"{client_id}-{lane.name}", receive_maximum
        self._pacing_ms = pacing_ms
        self._connection: _Connection | None = None
        #: Whether the broker has said that it does not speak MQTT 5.
        self.refused_version = False

    @property
    def problem(self) -> str | None:
        """What is wrong with this session, or None."""
        if self._connection is None or not self._connection.accepted:
            return f"not connected to the broker at {self.address}"
        return None if self._connection.subscribed else "the broker has not granted the subscription"

    @property
    def caught_up(self) -> bool:
        """Whether what the broker kept while we were away has come by now."""
        connection = self._connection
        return self.problem is None and connection is not None and time.monotonic() >= connection.caught_up_at_s

    async def run(self) -> None:
        """Stay connected until cancelled; return only if the broker does not speak MQTT 5."""
        while not self.refused_version:
            try:
                await self._connect_and_stay()
            except OSError as error:
                log.warning("broker_away", lane=self.lane.name, error=why(error, self.address))
            finally:
                self._connection = None
            await asyncio.sleep(RECONNECT_EVERY_S)

    async def _connect_and_stay(self) -> None:
        made = partial(_Connection, self, Pacing(self._pacing_ms / 1000))
        at = self.address
        transport, connection = await asyncio.get_running_loop().create_connection(
            made, at.host, at.port, ssl=at.tls, server_hostname=at.host if at.tls else None
        )
        self._connection = connection
        transport.write(self._hello())
        try:
            await connection.stay()
        finally:
            connection.end()

    def _hello(self) -> bytes:
        password = self.address.password
        return mqtt5.ConnectPacket(
            self._client_id,
            username=self.address.username,
            password=None if password is None else password.encode(),
            clean_start=False,
            keep_alive=KEEPALIVE_S,
            session_expiry_interval=NEVER_EXPIRES,
            receive_max=self.receive_maximum,
        ).write()


class _Connection(asyncio.BufferedProtocol):
    """One connection of a session, from CONNECT to its loss."""

    def __init__(self, session: Mqtt5Session, pacing: Pacing) -> None:
        self._session, self._lane, self._pacing = session, session.lane, pacing
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray(256 * 1024)
        self._filled = 0
        self._acknowledged: list[bytes] = []
        #: Messages that wait for their acknowledgement.
        self._outstanding, self._most = 0, session.receive_maximum
        self._lost: asyncio.Future[None] = self._loop.create_future()
        self._heard_at_s = time.monotonic()
        self._last_at = session.clock.now()
        self.accepted = self.subscribed = False
        self.caught_up_at_s = 0.0

    async def stay(self) -> None:
        """Return when the connection is lost; pings, and ends it if the broker no longer answers."""
        while not self._lost.done():
            await asyncio.wait([self._lost], timeout=KEEPALIVE_S / 2 if self.accepted else ANSWER_WITHIN_S)
            if self._lost.done() or self._transport is None:
                return
            silent = not self._pacing.held and time.monotonic() - self._heard_at_s > 1.5 * KEEPALIVE_S
            if not self.accepted or silent:
                log.warning("broker_silent", lane=self._lane.name)
                self._transport.abort()
            else:
                self._transport.write(mqtt5.PingReqPacket().write())

    def end(self) -> None:
        """Send what was acknowledged, and leave."""
        if self._transport is not None and not self._lost.done():
            self._flush()
            self._transport.write(mqtt5.DisconnectPacket().write())
            self._transport.close()
        self._lose()

    def acknowledge(self, packet_id: int) -> None:
        """Acknowledge one message; it leaves with the others of this turn of the event loop."""
        if not self._acknowledged:
            self._loop.call_soon(self._flush)
        self._acknowledged.append(_PUBACK + packet_id.to_bytes(2))
        self._outstanding -= 1
        if self._pacing.held and self._outstanding <= self._most:
            self._heard_at_s = time.monotonic()
            self._pacing.let_go()

    def _flush(self) -> None:
        waiting, self._acknowledged = self._acknowledged, []
        if waiting and self._transport is not None and not self._lost.done():
            self._transport.write(b"".join(waiting))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast("asyncio.Transport", transport)
        self._pacing.transport = self._transport

    def connection_lost(self, error: Exception | None) -> None:
        """The socket is closed."""
        if not self._lost.done():
            log.warning("broker_lost", lane=self._lane.name, reason=str(error) if error else "closed")
        self._lose()

    def _lose(self) -> None:
        self.accepted = self.subscribed = False
        self._pacing.end()
        if not self._lost.done():
            self._lost.set_result(None)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - the event loop's guess
        """Where the next bytes go: behind those of a packet that has not come whole."""
        if self._filled == len(self._buffer):
            self._buffer += bytes(min(self._filled, BUFFER_BYTES - self._filled))
        return memoryview(self._buffer)[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """Handle the packets that have come whole."""
        self._heard_at_s = began_s = time.monotonic()
        self._filled += nbytes
        place, messages = 0, 0
        try:
            with memoryview(self._buffer)[: self._filled] as received:
                messages, place = self._take(received)
        except ValueError as error:
            log.exception("broker_unreadable", lane=self._lane.name, error=str(error))
            if self._transport is not None:
                self._transport.abort()
            return
        left = self._filled - place
        if left and place:
            self._buffer[:left] = self._buffer[place : self._filled]
        self._filled = left
        if self._lane.rank:
            self._pacing.heard(messages)
        # Mosquitto 2.0 sends more than the receive maximum once something was queued; our memory is not its queue.
        if self._outstanding > self._most:
            self._pacing.hold()
        _RECEIVED_S.inc(time.monotonic() - began_s)

    def _take(self, received: memoryview) -> tuple[int, int]:
        """Handle whole packets. Returns how many were messages, and the place after the last."""
        at, wall, place = max(self._last_at, self._session.clock.now()), wall_now(), 0
        lane = self._lane
        acknowledge, publish, came = self.acknowledge, mqtt5.PublishPacket, list[Envelope]()
        for packet, place in packets(received):  # noqa: B007 - where the last one ends
            if type(packet) is publish:
                topic, packet_id = packet.topic, packet.packet_id
                # In the order of their coming, also where only the instant is left of it.
                at += _STEP
                done = _nothing
                if packet_id is not None:
                    done = partial(acknowledge, packet_id)
                    self._outstanding += 1
                skipped = not lane.takes(topic, packet.retain)
                came.append(Envelope(topic, packet.payload, at, wall, done, skipped))
            elif packet is not None:
                self._answered(packet)
        if not place and len(received) >= BUFFER_BYTES:
            raise ValueError(f"a packet of more than {BUFFER_BYTES} bytes")
        self._last_at = at
        if came:
            self._session.sink.put(lane.rank, *came)
        return len(came), place

    def _answered(self, packet: mqtt5.Packet) -> None:
        """What is no message."""
        match packet:
            case mqtt5.ConnAckPacket():
                self._welcome(packet)
            case mqtt5.SubAckPacket():
                refused = [reason.name for reason in packet.reason_codes if int(reason) not in _GRANTED]
                if refused:
                    log.error("subscription_refused", lane=self._lane.name, reasons=refused)
                self.subscribed = not refused
            case mqtt5.DisconnectPacket():
                log.warning("broker_disconnects", lane=self._lane.name, reason=packet.reason_code.name)
            case _:
                pass

    def _welcome(self, packet: mqtt5.ConnAckPacket) -> None:
        if packet.reason_code != mqtt5.ConnAckReasonCode.SUCCESS:
            log.error("broker_refused", lane=self._lane.name, reason=packet.reason_code.name)
            unsupported = mqtt5.ConnAckReasonCode.UNSUPPORTED_PROTOCOL_VERSION
            self._session.refused_version = packet.reason_code == unsupported
            return
        self.accepted = True
        self.caught_up_at_s = time.monotonic() + (SENT_AGAIN_WITHIN_S if packet.session_present else 0.0)
        log.info("broker_connected", lane=self._lane.name, session_present=packet.session_present, version="5")
        # As in MQTT 3.1.1, `retain` marks what the broker repeats at a subscription, and nothing else.
        filters = [
            mqtt5.TopicFilter(topic, max_qos=mqtt5.QoS.AT_LEAST_ONCE, retain_as_published=False)
            for topic in self._lane.topics
        ]
        assert self._transport is not None
        self._transport.write(mqtt5.SubscribePacket(1, filters).write())
        if packet.session_present and self._lane.formerly:
            self._transport.write(mqtt5.UnsubscribePacket(2, list(self._lane.formerly)).write())


def _nothing() -> None:
    """A message of quality of service 0 is not acknowledged."""
