"""Breaks what a scene wants broken, at its time, and mends it again. Only what this run started itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from msgspec import UNSET

from runtime.clock import Clock
from runtime.embedded.breakable import Breakable
from runtime.processes import ProcessGroup
from simulators.fault import FAULTS, Fault
from simulators.rehearsal.telephones import Telephones
from simulators.scenes import spans
from simulators.scenes.scene import Scene
from simulators.scenes.scene_file import FaultStep

log = structlog.get_logger(__name__)

#: Real seconds that a slow telephone takes; the webhook channel gives up after 10 (TONGXING_ALERTS_SEND_TIMEOUT_S).
SLOW_S = 5.0
#: After a fault the pace is not held for so long: what follows from it is what the scene wants to see. Real seconds.
RECOVERS_WITHIN_S = 10.0


@dataclass(slots=True)
class Breaker:
    """All faults of one scene."""

    scene: Scene
    clock: Clock
    servers: Breakable
    group: ProcessGroup
    telephones: Telephones
    #: What was broken, one line each.
    told: list[str] = field(default_factory=list)
    _on: int = 0
    _quiet_until: float = 0.0

    @property
    def disturbed(self) -> bool:
        """Whether something is broken just now, or was a moment ago."""
        return self._on > 0 or asyncio.get_running_loop().time() < self._quiet_until

    async def run(self) -> None:
        """Every fault at its time, those that overlap together.

        Raises:
            EmbeddedError: a server did not come back.
        """
        await asyncio.gather(*(self._fault(step) for step in self.scene.faults if FAULTS[Fault(step.name)].of_servers))

    async def _fault(self, step: FaultStep) -> None:
        at = self.scene.at(step)
        until = at + timedelta(seconds=spans.seconds(step.lasts) if step.lasts is not UNSET else 0.0)
        await self.clock.sleep_until(at)
        begin, end = self._ways[Fault(step.name)]
        self._on += 1
        try:
            await begin()
            self._tell(f"{at.astimezone(spans.ZIBO):%H:%M:%S} {FAULTS[Fault(step.name)].meaning}", until=until)
            await self.clock.sleep_until(until)
        finally:
            await end()
            self._on -= 1
            self._quiet_until = asyncio.get_running_loop().time() + RECOVERS_WITHIN_S

    @property
    def _ways(self) -> Mapping[Fault, tuple[Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]]:
        """How each is begun and ended."""
        servers = self.servers
        return {
            Fault.BROKER_KILL: (_now(lambda: servers.kill("broker")), lambda: servers.start_again("broker")),
            Fault.DATABASE_STOP: (_now(lambda: servers.kill("database")), lambda: servers.start_again("database")),
            Fault.DATABASE_STALL: (_now(lambda: servers.hold("database")), _now(lambda: servers.release("database"))),
            Fault.INGEST_KILL: (_now(lambda: self.group.kill("ingest")), _now(lambda: None)),
            Fault.ALERTS_KILL: (_now(lambda: self.group.kill("alerts")), _now(lambda: None)),
            Fault.API_KILL: (_now(lambda: self.group.kill("api")), _now(lambda: None)),
            Fault.SLOW_WEBHOOK: (_now(lambda: self._slow(SLOW_S)), _now(lambda: self._slow(0.0))),
        }

    def _slow(self, seconds: float) -> None:
        self.telephones.slow_s = seconds

    def _tell(self, what: str, *, until: datetime) -> None:
        self.told.append(f"{what} (until {until.astimezone(spans.ZIBO):%H:%M:%S})")
        log.warning("fault", what=what)


def _now(do: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def done() -> None:
        do()

    return done
