"""`tongxing simulate`: the city, alive on the scaled clock, through MQTT."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import structlog

from runtime import clock as clocks
from runtime.clock import Clock
from runtime.service import Stop, ended
from runtime.settings import Settings
from simulators import broker, city, downlink, logins, session_pool, staging
from simulators.counts import Counts
from simulators.devices import makeup
from simulators.episodes import rates
from simulators.errors import SimulatorError
from simulators.fleet import Fleet
from simulators.ground.boundaries import Boundaries
from simulators.hearing import Hearing
from simulators.message import Message
from simulators.progress import Progress, write
from simulators.scene import Scene as Story
from simulators.scenes.scene import Scene
from simulators.session import Session
from simulators.truth import TruthLog

log = structlog.get_logger(__name__)

SESSIONS = 8
SEED = 1
#: Real seconds a stopping simulator waits for the broker's last acknowledgements.
DRAIN_WITHIN_S = 8.0
#: Longest real sleep between looks at the fleet, so that a command is obeyed at once.
LOOK_EVERY_S = 0.1
#: What is due waits at most so long, real seconds, before the city says that it cannot keep up.
BEHIND_MOST_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to simulate."""

    seed: int = SEED
    bracelets: int = city.BRACELETS
    beds: int = city.BEDS
    #: Real boundaries within which the towns lie; None: the invented ones.
    boundaries: Boundaries | None = None
    #: That carry everybody; 0: each device has its own, under its own name.
    sessions: int = SESSIONS
    #: Who logs in as whom, for sessions of their own (`simulators.logins`); None: all as the broker's address says.
    logins: Path | None = None
    #: A whole scene; it says seed and sizes too.
    scene: Scene | None = None
    #: Stories of the demo and the real seconds after the start at which they begin.
    stories: Sequence[tuple[Story, float]] = ()
    #: Real seconds between further stories, in turn; None: no further ones.
    story_every_s: float | None = None
    #: Real seconds to run; None: until stopped, or until the scene is over.
    seconds: float | None = None
    #: Where the statistics go at the end.
    stats: Path | None = None
    #: Where the truth goes as it happens, with a line a message if wanted.
    truth: Path | None = None
    truth_of_messages: bool = False
    #: Where it says again and again how far it has come; the city then lives on after its scene.
    progress: Path | None = None


@dataclass(slots=True)
class Simulation:
    """One run."""

    plan: Plan
    clock: Clock
    rate: float
    where: broker.Address
    counts: Counts = field(default_factory=Counts)
    _sessions: list[Session] = field(default_factory=list)
    #: By device, when each has its own.
    _own: dict[str, Session] = field(default_factory=dict)
    _running: list[asyncio.Task[None]] = field(default_factory=list)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _cut: bool = False
    _told_behind: bool = False
    #: Nothing is said that happens later: unix seconds. The clock goes on for some moments after a scene.
    _until_s: float = math.inf

    async def run(self, stop: Stop) -> None:
        """Live until the time is over or `stop`, then wait for the last acknowledgements and write statistics.

        Raises:
            SimulatorError: the scene does not fit the city.
        """
        plan = self.plan
        with TruthLog(plan.truth, messages=plan.truth_of_messages) as truth:
            hearing = Hearing(fleet=self._fleet(truth), simulation=self)
            self._sessions = self._carriers(hearing)
            self._connect()
            try:
                await self._live(stop, hearing)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(_drained(self._sessions), DRAIN_WITHIN_S)
            finally:
                await self._hang_up()
                self._write_stats()

    def put(self, messages: Sequence[Message]) -> None:
        """Hand messages to the sessions; what a modem says twice is no new reading."""
        before: Message | None = None
        for message in messages:
            said = replace(message, repeated=True) if message is before else message
            own = self._own.get(message.device_id)
            (own or self._sessions[session_pool.lane_of(message.device_id, len(self._sessions))]).put(said)
            before = message

    def look(self) -> None:
        """Something may be due sooner than it was."""
        self._wake.set()

    def now_s(self) -> float:
        """Unix seconds of the scaled clock."""
        return self.clock.now().timestamp()

    async def cut(self, lasts_s: float) -> None:
        """No device reaches the broker for so long; they keep what they would have said."""
        until = self.clock.now() + timedelta(seconds=lasts_s)
        self._cut = True
        await self._hang_up()
        log.warning("network_cut", lasts_s=lasts_s)
        try:
            await self.clock.sleep_until(until)
        finally:
            self._connect()
            self._cut = False

    def _fleet(self, truth: TruthLog) -> Fleet:
        plan, scene = self.plan, self.plan.scene
        built = city.build(plan.seed, bracelets=plan.bracelets, beds=plan.beds, boundaries=plan.boundaries)
        if scene is None:
            return Fleet(built, at_s=self.now_s(), rate=self.rate, truth=truth)
        start = staging.begins(scene, self.clock.now())
        return Fleet(
            built,
            at_s=start.timestamp(),
            rate=self.rate,
            rates=rates.chosen(scene.rate_set, scene.rates),
            truth=truth,
            made_of=staging.made_of(scene) if scene.mixed_devices else makeup.UNIFORM,
        )

    def _carriers(self, hearing: Hearing) -> list[Session]:
        """Some sessions that carry everybody, or one for each device, which then hears for itself."""
        if self.plan.sessions:
            names = [f"simulator-{self.plan.seed}-{number}" for number in range(self.plan.sessions)]
            return [Session(self.where, name, self.counts) for name in names]
        fleet = hearing.fleet
        known = logins.of_all(self.plan.logins, fleet.device_ids) if self.plan.logins else {}
        self._own = session_pool.sessions(
            self.where,
            self.counts,
            device_ids=fleet.device_ids,
            command=hearing.command,
            ack=fleet.hear_ack,
            credentials=known.get,
        )
        return list(self._own.values())

    def _connect(self) -> None:
        self._running = [asyncio.ensure_future(session.run()) for session in self._sessions]

    async def _hang_up(self) -> None:
        await ended(self._running)

    async def _live(self, stop: Stop, hearing: Hearing) -> None:
        fleet, ready = hearing.fleet, asyncio.Event()
        parts = [
            asyncio.ensure_future(part)
            for part in (
                self._listen(hearing, ready),
                self._step(hearing, ready),
                self._play(fleet, ready),
                self._stage(fleet, ready),
                self._report(fleet, ready),
                _over(stop, self.plan.seconds),
            )
        ]
        _, stepping, _, staged, _, over = parts
        try:
            done, _ = await asyncio.wait((stepping, staged, over), return_when=asyncio.FIRST_COMPLETED)
            for part in done:
                part.result()
        finally:
            for part in (*parts, *hearing.tasks):
                part.cancel()
            await asyncio.gather(*parts, *hearing.tasks, return_exceptions=True)
            if ready.is_set() and self.plan.progress is None:
                self.put(fleet.settle(self.now_s()))

    async def _listen(self, hearing: Hearing, ready: asyncio.Event) -> None:
        """What is said to the city; devices with sessions of their own hear their commands there."""
        identifier, ears = f"simulator-{self.plan.seed}-down", hearing.ears()
        if not self._own:
            await downlink.listen(self.where, identifier, ears, ready)
        elif self.plan.logins is None or self.where.username is not None:
            # The broker may still know the session from a run that heard for everybody.
            ears = replace(ears, command=_deaf, ack=_deaf)
            await downlink.listen(self.where, identifier, ears, ready, topics=downlink.SAID)
        else:
            # The devices may come in, and nobody else's login is known.
            log.warning("nobody_can_speak_to_the_city", hint="give TONGXING_BROKER_URL the login of service simulator")
            ready.set()
            await asyncio.Event().wait()

    async def _step(self, hearing: Hearing, ready: asyncio.Event) -> None:
        await ready.wait()
        log.info("city_alive", devices=hearing.fleet.size, seed=self.plan.seed)
        while True:
            self.put(hearing.step(min(self.now_s(), self._until_s)))
            self._wake.clear()
            wait_s = min(max((hearing.due_s - self.now_s()) / self.rate, 0.001), LOOK_EVERY_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait_s)

    async def _stage(self, fleet: Fleet, ready: asyncio.Event) -> None:
        """The scene; returns when it is over."""
        scene = self.plan.scene
        if scene is None:
            await asyncio.Event().wait()
            return
        # Laid out before the first step, so that what happens does not depend on how soon the broker answered.
        start = staging.begins(scene, self.clock.now())
        self._until_s = (start + (scene.until - scene.start)).timestamp()
        cuts, jumps = staging.lay_out(scene, fleet, start)
        self.look()
        await ready.wait()
        async with asyncio.TaskGroup() as group:
            for cut in cuts:
                group.create_task(self._cut_at(cut))
            for jump in jumps:
                group.create_task(self._jump_at(jump, fleet))
        await self.clock.sleep_until(start + (scene.until - scene.start))
        if self.plan.progress is not None:
            await asyncio.Event().wait()

    async def _cut_at(self, cut: staging.Cut) -> None:
        await self.clock.sleep_until(cut.since)
        await self.cut((cut.until - cut.since).total_seconds())

    async def _jump_at(self, jump: staging.Jump, fleet: Fleet) -> None:
        await self.clock.sleep_until(jump.at)
        fleet.jump(jump.device_id, jump.by_s)
        log.warning("clock_jumped", device_id=jump.device_id, by_s=jump.by_s)

    async def _play(self, fleet: Fleet, ready: asyncio.Event) -> None:
        await ready.wait()
        passed_s = 0.0
        for story, after_s in sorted(self.plan.stories, key=lambda planned: planned[1]):
            await asyncio.sleep(after_s - passed_s)
            passed_s = after_s
            self._play_if_free(story, fleet)
        if self.plan.story_every_s is not None:
            for story in cycle(Story):
                await asyncio.sleep(self.plan.story_every_s)
                self._play_if_free(story, fleet)

    def _play_if_free(self, story: Story, fleet: Fleet) -> None:
        """Nobody waits for an answer here: a story that cannot be played is left out."""
        try:
            self.play(story, fleet)
        except SimulatorError as error:
            log.warning("scene_not_played", scene=story.value, error=str(error))

    def play(self, story: Story, fleet: Fleet) -> str:
        """Begin a story of the demo; the device it plays on."""
        device_id, messages = fleet.play(story, self.now_s())
        self.put(messages)
        self.look()
        log.info("scene", scene=story.value, device_id=device_id)
        return device_id

    async def _report(self, fleet: Fleet, ready: asyncio.Event) -> None:
        """How far it has come, for whoever sets the pace; and a word where it cannot keep up."""
        await ready.wait()
        while True:
            behind_s = max(min(self.now_s(), self._until_s) - fleet.due_s, 0.0) / self.rate
            if behind_s > BEHIND_MOST_S and not self._told_behind:
                log.warning("city_cannot_keep_up", behind_s=round(behind_s, 1), devices=fleet.size, rate=self.rate)
            self._told_behind = behind_s > BEHIND_MOST_S
            if self.plan.progress is not None:
                progress = Progress(
                    behind_s=behind_s,
                    waiting=sum(session.waiting for session in self._sessions),
                    acknowledged=self.counts.readings_acknowledged,
                    disturbed=self._cut,
                )
                write(progress, self.plan.progress)
            await asyncio.sleep(LOOK_EVERY_S)

    def _write_stats(self) -> None:
        stats = {**self.counts.as_dict(), "unacknowledged": sum(session.waiting for session in self._sessions)}
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
        where=broker.address(settings.broker_url, settings.broker_ca_file),
    )
    await simulation.run(stop)
    return simulation.counts


def _deaf(_: str, __: object) -> None:
    """What a device hears by its own session is not heard twice."""


async def _drained(sessions: Sequence[Session]) -> None:
    await asyncio.gather(*(session.drained() for session in sessions))


async def _over(stop: Stop, seconds: float | None) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
