"""Watches Mosquitto's own count of messages that it dropped: whatever it drops had been acknowledged to a device.

With our configuration (deploy/mosquitto) it drops none. Brokers that do not count say nothing, and nothing is shown.
"""

from __future__ import annotations

import asyncio

import aiomqtt
import structlog

from ingest import metrics
from ingest.downlink import asked_to_end
from runtime.broker_address import Address, why

log = structlog.get_logger(__name__)

TOPIC = "$SYS/broker/publish/messages/dropped"
#: What to do about it.
HINT = "raise max_queued_messages and max_inflight_messages: deploy/mosquitto/mosquitto.conf"
#: Seconds between attempts to connect: it is only watched.
RECONNECT_EVERY_S = 5.0


class Dropped:
    """The count as far as it is known."""

    def __init__(self, broker: Address, client_id: str) -> None:
        self._broker, self._client_id = broker, f"{client_id}-dropped"
        self._known: int | None = None

    @property
    def note(self) -> str | None:
        """What to say of it beside our own health; None: nothing was dropped, as far as is known."""
        if not self._known:
            return None
        return f"dropped {self._known} messages since it started, which devices had been told were safe: {HINT}"

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                await self._session()
            except aiomqtt.MqttError as error:
                asked_to_end()
                log.info("dropped_unwatched", error=why(error, self._broker))
            await asyncio.sleep(RECONNECT_EVERY_S)

    def heard(self, payload: bytes) -> None:
        """The broker says its count."""
        if not payload.isdigit():
            return
        count, before = int(payload), self._known
        metrics.BROKER_DROPPED.set(count)
        if count > (before or 0):
            log.error(
                "broker_dropped_messages",
                dropped=count - (before or 0),
                hint=HINT,
            )
        self._known = count

    async def _session(self) -> None:
        async with aiomqtt.Client(
            hostname=self._broker.host,
            port=self._broker.port,
            username=self._broker.username,
            password=self._broker.password,
            tls_context=self._broker.tls,
            identifier=self._client_id,
            clean_session=True,
        ) as client:
            await client.subscribe(TOPIC, qos=0)
            async for message in client.messages:
                self.heard(bytes(message.payload))
