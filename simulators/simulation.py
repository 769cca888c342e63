"""`tongxing simulate`: the city, alive on the scaled clock, through MQTT."""

from __future__ import annotations

import asyncio
import contextlib
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import structlog

from runtime import clock as clocks
from runtime.clock import Clock
from runtime.service import Stop
from runtime.settings import Settings
from simulators import broker, city, downlink
from simulators.counts import Counts
from simulators.errors import SimulatorError
from simulators.fleet import Fleet
from simulators.message import Message
from simulators.scene import Scene
from simulators.session import Session

log = structlog.get_logger(__name__)

#: Takes messages for publishing.
_Put = Callable[[Sequence[Message]], None]

SESSIONS = 8
SEED = 1
#: Real seconds a stopping simulator waits for the broker's last acknowledgements.
DRAIN_WITHIN_S = 8.0
#: Longest real sleep between looks at the fleet, so that a command is obeyed at once.
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to simulate."""

    seed: int = SEED
    bracelets: int = city.BRACELETS
    beds: int = city.BEDS
    sessions: int = SESSIONS
    #: Scenes and the real seconds after the start at which they begin.
    scenes: Sequence[tuple[Scene, float]] = ()
    #: Real seconds between further scenes, in turn; None: no further ones.
    scene_every_s: float | None = None
    #: Real seconds to run; None: until stopped.
    seconds: float | None = None
    #: Where the statistics go at the end.
    stats: Path | None = None


@dataclass(slots=True)
class Simulation:
    """One run."""

    plan: Plan
    clock: Clock
    rate: float
    where: broker.Address
    counts: Counts = field(default_factory=Counts)

    async def run(self, stop: Stop) -> None:
        """Live until the time is over or `stop`, then wait for the last acknowledgements and write statistics."""
        fleet = Fleet(
            city.build(self.plan.seed, bracelets=self.plan.bracelets, beds=self.plan.beds),
            at_s=self._now_s(),
            rate=self.rate,
        )
        sessions = [
            Session(self.where, f"simulator-{self.plan.seed}-{number}", self.counts)
            for number in range(self.plan.sessions)
        ]
        running = [asyncio.ensure_future(session.run()) for session in sessions]
        try:
            await self._live(stop, fleet, sessions)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_drained(sessions), DRAIN_WITHIN_S)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            self._write_stats(sessions)

    async def _live(self, stop: Stop, fleet: Fleet, sessions: Sequence[Session]) -> None:
        def put(messages: Sequence[Message]) -> None:
            for message in messages:
                sessions[zlib.crc32(message.device_id.encode()) % len(sessions)].put(message)

        wake, ready = asyncio.Event(), asyncio.Event()
        parts = [
            asyncio.ensure_future(part)
            for part in (
                downlink.listen(self.where, f"simulator-{self.plan.seed}-down", self._ears(fleet, put, wake), ready),
                self._step(fleet, put, wake, ready),
                self._play(fleet, put, wake, ready),
                _over(stop, self.plan.seconds),
            )
        ]
        try:
            done, _ = await asyncio.wait((parts[1], parts[3]), return_when=asyncio.FIRST_COMPLETED)
            for part in done:
                part.result()
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
            if ready.is_set():
                put(fleet.settle(self._now_s()))

    def _ears(self, fleet: Fleet, put: _Put, wake: asyncio.Event) -> downlink.Ears:
        def command(device_id: str, body: Mapping[str, object]) -> None:
            fleet.hear_command(device_id, body, self._now_s())
            wake.set()

        def scene(name: str) -> None:
            try:
                self._begin(Scene(name), fleet, put, wake)
            except (ValueError, SimulatorError) as error:
                log.warning("scene_not_played", error=str(error))

        return downlink.Ears(command=command, ack=fleet.hear_ack, scene=scene)

    async def _step(self, fleet: Fleet, put: _Put, wake: asyncio.Event, ready: asyncio.Event) -> None:
        await ready.wait()
        log.info("city_alive", devices=fleet.size, seed=self.plan.seed)
        while True:
            put(fleet.step(self._now_s()))
            wake.clear()
            wait_s = min(max((fleet.due_s - self._now_s()) / self.rate, 0.001), LOOK_EVERY_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), wait_s)

    async def _play(self, fleet: Fleet, put: _Put, wake: asyncio.Event, ready: asyncio.Event) -> None:
        await ready.wait()
        passed_s = 0.0
        for scene, after_s in sorted(self.plan.scenes, key=lambda planned: planned[1]):
            await asyncio.sleep(after_s - passed_s)
            passed_s = after_s
            self._begin(scene, fleet, put, wake)
        if self.plan.scene_every_s is not None:
            for scene in cycle(Scene):
                await asyncio.sleep(self.plan.scene_every_s)
                self._begin(scene, fleet, put, wake)

    def _begin(self, scene: Scene, fleet: Fleet, put: _Put, wake: asyncio.Event) -> None:
        device_id, messages = fleet.play(scene, self._now_s())
        put(messages)
        wake.set()
        log.info("scene", scene=scene.value, device_id=device_id)

    def _now_s(self) -> float:
        return self.clock.now().timestamp()

    def _write_stats(self, sessions: Sequence[Session]) -> None:
        stats = {**self.counts.as_dict(), "unacknowledged": sum(session.waiting for session in sessions)}
        log.info("simulated", **{key: value for key, value in stats.items() if key != "by_kind"})
        if self.plan.stats is not None:
            partial = self.plan.stats.with_suffix(".partial")
            partial.write_text(json.dumps(stats, indent=2) + "\n", encoding="utf-8")
            partial.replace(self.plan.stats)


async def simulate(plan: Plan, settings: Settings, stop: Stop) -> Counts:
    """Run one simulation with the clock and broker of the settings."""
    simulation = Simulation(
        plan=plan,
        clock=clocks.from_settings(settings),
        rate=settings.clock_rate if settings.clock_start is not None else 1.0,
        where=broker.address(settings.broker_url),
    )
    await simulation.run(stop)
    return simulation.counts


async def _drained(sessions: Sequence[Session]) -> None:
    await asyncio.gather(*(session.drained() for session in sessions))


async def _over(stop: Stop, seconds: float | None) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
