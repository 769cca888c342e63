"""The session that a broker allows: MQTT 5 where it speaks it, MQTT 3.1.1 where not. Decision 0009."""

from __future__ import annotations

import asyncio
from enum import StrEnum

import mqtt5
import structlog

from ingest.lanes import Lane
from ingest.sources import Sink, Source
from ingest.sources.mqtt import MqttSession
from ingest.sources.mqtt5 import ANSWER_WITHIN_S, RECONNECT_EVERY_S, Mqtt5Session
from runtime.broker_address import Address, why
from runtime.clock import Clock

log = structlog.get_logger(__name__)

#: Remaining length of a CONNACK of MQTT 3.1.1; that of MQTT 5 is longer by its properties.
_OLD_CONNACK_BYTES = 2


class Version(StrEnum):
    """Which version of MQTT to speak."""

    #: Ask the broker.
    AUTO = "auto"
    V5 = "5"
    V311 = "3.1.1"


class BrokerSession:
    """The persistent session of one lane, in the version that is set, or that the broker speaks."""

    def __init__(
        self,
        address: Address,
        client_id: str,
        lane: Lane,
        sink: Sink,
        clock: Clock,
        *,
        version: Version = Version.AUTO,
        pacing_ms: float = 0.0,
    ) -> None:
        self._address, self._client_id, self._lane, self._sink, self._clock = address, client_id, lane, sink, clock
        self._version, self._pacing_ms = version, pacing_ms
        self._chosen: Source | None = None

    @property
    def problem(self) -> str | None:
        """What is wrong with it, or None."""
        return self._chosen.problem if self._chosen else f"not connected to the broker at {self._address}"

    @property
    def caught_up(self) -> bool:
        """Whether what the broker kept while we were away has come by now."""
        return self._chosen is not None and self._chosen.caught_up

    async def run(self) -> None:
        """Supply messages until cancelled. Asks again when a broker that spoke MQTT 5 no longer does."""
        while True:
            self._chosen = self._session(await self._asked() if self._version is Version.AUTO else self._version)
            await self._chosen.run()
            await asyncio.sleep(RECONNECT_EVERY_S)

    def _session(self, version: Version) -> Source:
        if version is Version.V311:
            return MqttSession(self._address, self._client_id, self._lane, self._sink, self._clock)
        return Mqtt5Session(
            self._address, self._client_id, self._lane, self._sink, self._clock, pacing_ms=self._pacing_ms
        )

    async def _asked(self) -> Version:
        """The broker's version, as soon as it answers."""
        while True:
            try:
                return await spoken(self._address, f"{self._client_id}-{self._lane.name}-asks")
            except (OSError, TimeoutError) as error:
                log.warning("broker_away", lane=self._lane.name, error=why(error, self._address))
            await asyncio.sleep(RECONNECT_EVERY_S)


async def spoken(address: Address, client_id: str) -> Version:
    """Which version a broker speaks, by its answer to a CONNECT of MQTT 5; its refusals count as an answer.

    Raises:
        OSError: nobody answers there.
        TimeoutError: nor in time.
    """
    hello = mqtt5.ConnectPacket(
        client_id,
        username=address.username,
        password=None if address.password is None else address.password.encode(),
        clean_start=True,
    )
    async with asyncio.timeout(ANSWER_WITHIN_S):
        reader, writer = await asyncio.open_connection(
            address.host, address.port, ssl=address.tls, server_hostname=address.host if address.tls else None
        )
        try:
            writer.write(hello.write())
            # A broker that does not know the version says so in its own, or hangs up.
            answer = await reader.read(2)
            if len(answer) == 1:
                answer += await reader.read(1)
            writer.write(mqtt5.DisconnectPacket().write())
        finally:
            writer.close()
    new = len(answer) == 2 and answer[0] == 0x20 and answer[1] > _OLD_CONNACK_BYTES  # noqa: PLR2004 - a CONNACK
    return Version.V5 if new else Version.V311
