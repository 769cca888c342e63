"""The sessions of a city: one for each device, under its own name, or a few that carry everybody for load."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import structlog

from simulators.broker import Address
from simulators.counts import Counts
from simulators.message import ROOT, Message
from simulators.mqtt.packets import Will
from simulators.session import Ear, Session

log = structlog.get_logger(__name__)

#: Who logs in as whom: the user name and password of a device, or None: as the address says.
Credentials = Callable[[str], tuple[str, str] | None]
#: Sessions that connect at once. Count: a broker on a small machine answers a few hundred a second.
CONNECTING_AT_ONCE = 40
#: `tongxing / v1 / device / what`
_DEVICE_LEVEL, _WHAT_LEVEL = 2, 3


def _as_the_address(_: str) -> None:
    return None


class SessionPool:
    """Takes messages, publishes each by its device's session."""

    def __init__(
        self,
        where: Address,
        counts: Counts,
        *,
        device_ids: Iterable[str],
        command: Callable[[str, Mapping[str, object]], None],
        ack: Callable[[str, str], None],
        credentials: Credentials = _as_the_address,
    ) -> None:
        """One session a device, listening to its own commands and acknowledgements."""
        self._where, self._counts = where, counts
        self._command, self._ack = command, ack
        self._gate = asyncio.Semaphore(CONNECTING_AT_ONCE)
        self._sessions = {device_id: self._session(device_id, credentials(device_id)) for device_id in device_ids}
        self._running: list[asyncio.Task[None]] = []

    def put(self, messages: Iterable[Message]) -> None:
        """Take messages for publishing."""
        for message in messages:
            self._sessions[message.device_id].put(message)

    @property
    def waiting(self) -> int:
        """Messages not acknowledged yet."""
        return sum(session.waiting for session in self._sessions.values())

    async def drained(self) -> None:
        """Return when everything was acknowledged."""
        await asyncio.gather(*(session.drained() for session in self._sessions.values()))

    async def run(self) -> None:
        """Connect everybody, a few at a time, and live until cancelled."""
        try:
            self._running = [asyncio.ensure_future(session.run()) for session in self._sessions.values()]
            await asyncio.gather(*self._running)
        finally:
            await self._hang_up()

    async def connected(self) -> None:
        """Return when every device listens."""
        await asyncio.gather(*(session.ready.wait() for session in self._sessions.values()))

    async def _hang_up(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._running = []

    def _session(self, device_id: str, credential: tuple[str, str] | None) -> Session:
        where = self._where
        if credential is not None:
            where = replace(where, username=credential[0], password=credential[1])
        ear = Ear(topics=(f"{ROOT}/{device_id}/command", f"{ROOT}/{device_id}/ack"), heard=self._heard)
        will = Will(topic=f"{ROOT}/{device_id}/status", payload=b'{"online":false}')
        return Session(where, device_id, self._counts, ear=ear, will=will, gate=self._gate)

    def _heard(self, topic: str, payload: bytes) -> None:
        levels = topic.split("/")
        try:
            body = json.loads(payload)
        except ValueError:
            body = None
        if not isinstance(body, dict) or len(levels) <= _WHAT_LEVEL:
            log.warning("not_an_object", topic=topic)
        elif levels[_WHAT_LEVEL] == "ack":
            self._ack(levels[_DEVICE_LEVEL], str(body.get("id", "")))
        else:
            self._command(levels[_DEVICE_LEVEL], body)


def lane_of(device_id: str, count: int) -> int:
    """Which of a few shared sessions carries a device: always the same one, so its messages keep their order."""
    return zlib.crc32(device_id.encode()) % count
