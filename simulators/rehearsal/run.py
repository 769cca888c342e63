"""One rehearsal, from an empty folder to a record: `tongxing simulate --score`.

The clock stands at the scene's start until everything is ready, runs no faster than messages are committed, and stands
again at the scene's end until everything that was said is stored and told. So nothing that real time does to a busy
machine becomes hours in the city.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import structlog

from runtime.clock import PacedClock, wall_now
from runtime.database import connect
from runtime.embedded import ports as free
from runtime.embedded.breakable import Breakable
from runtime.pace import Pace, PaceMaker
from runtime.processes import ProcessGroup
from runtime.service import Stop
from runtime.settings import PREFIX, iso
from simulators import city, roster
from simulators.demo import children
from simulators.demo.children import Children, Ports
from simulators.demo.options import Options
from simulators.demo.run import clear
from simulators.errors import SimulatorError
from simulators.ground import dangers
from simulators.rehearsal import collecting
from simulators.rehearsal.breaking import Breaker
from simulators.rehearsal.governor import Governor
from simulators.rehearsal.telephones import Telephones, addressed
from simulators.rehearsal.townspeople import Townspeople
from simulators.rehearsal.watching import Reader, Watch
from simulators.scenes.scene import Scene
from simulators.scoring import queries
from simulators.scoring.run_log import Paced, RunLog

T = TypeVar("T")
log = structlog.get_logger(__name__)

LOOK_EVERY_S = 0.25
#: The pace is written down only where it changes by more than this share.
WORTH_CHANGING = 0.03
#: Real seconds until the city must live, and until all that was said must be stored and told.
ALIVE_WITHIN_S, SETTLED_WITHIN_S = 120.0, 90.0
#: Real seconds between lines about how far it has come.
TELL_EVERY_S = 15.0
#: Messages that the city's sessions share.
SESSIONS = 8


@dataclass(slots=True)
class Rehearsal:
    """One run. `say` is told what happens, a line at a time."""

    scene: Scene
    #: What `--scene` was given: the city reads it again.
    scene_name: str
    data_dir: Path
    say: Callable[[str], None]
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _began: float = field(default_factory=time.monotonic)

    async def run(self, stop: Stop) -> RunLog:
        """Start everything, let the scene pass, and bring back the record.

        Raises:
            EmbeddedError, ProcessError, SimulatorError: something did not start, ended, or cannot keep up.
        """
        async with self._stack:
            clear(self.data_dir)
            starting = self._stack.enter_async_context(Breakable(self.data_dir, progress=self._step))
            servers = await unless_stopped(stop, starting)
            group = await self._stack.enter_async_context(ProcessGroup(logs=self.data_dir / "logs"))
            playing = await unless_stopped(stop, self._prepare(servers, group))
            await self._pass(playing, stop)
            return await self._record(playing)
        # not reached: the stack swallows nothing

    async def _prepare(self, servers: Breakable, group: ProcessGroup) -> _Playing:
        maker = PaceMaker(self.data_dir / "pace")
        maker.begin(wall=wall_now(), shown=self.scene.start, rate=0.0)
        clock = PacedClock(Pace(maker.file))
        chosen = _ports()
        started = Children(
            group=group, options=self._options(), ports=chosen, environment=self._environment(servers, chosen, maker)
        )
        telephones = Telephones(secret=secrets.token_urlsafe(24))
        url = self._stack.enter_context(telephones.listening())
        client = await self._stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=10.0))
        playing = _Playing(
            scene=self.scene,
            maker=maker,
            clock=clock,
            servers=servers,
            group=group,
            telephones=telephones,
            client=client,
            api=f"http://127.0.0.1:{chosen.api}",
            watch=Watch(client, f"http://127.0.0.1:{chosen.ingest}/metrics", self._file("progress")),
            truth=Reader(self._file("truth")),
            governor=Governor(asked=self.scene.speed),
            breaker=Breaker(scene=self.scene, clock=clock, servers=servers, group=group, telephones=telephones),
        )
        await self._fill(started, url, telephones.secret)
        await playing.watch.metrics()
        await self._city(started, playing)
        return playing

    async def _fill(self, started: Children, url: str, secret: str) -> None:
        """Tables, people, services."""
        scene = self.scene
        built = city.build(scene.seed, bracelets=scene.bracelets, beds=scene.beds, boundaries=scene.boundaries)
        people = addressed(dict(roster.roster(built)), url=url, secret=secret)
        steps: tuple[tuple[str, Callable[[], Awaitable[None]]], ...] = (
            ("tables", started.migrate),
            ("people, devices and zones", lambda: started.enter(people)),
            ("water, rails and roads", lambda: started.dangers(dangers.collection(self.scene.seed, built.towns))),
            ("api", started.api),
            ("alerts", started.alerts),
            ("ingest", started.ingest),
        )
        for what, begin in steps:
            self._step(f"starting {what}")
            await begin()

    async def _city(self, started: Children, playing: _Playing) -> None:
        self._step("starting the city")
        await started.rehearse(
            f"--scene={self.scene_name}",
            f"--sessions={SESSIONS}",
            f"--truth={self._file('truth')}",
            f"--progress={self._file('progress')}",
            f"--stats={self._file('stats')}",
        )
        until = time.monotonic() + ALIVE_WITHIN_S
        while playing.watch.progress() is None:
            if time.monotonic() > until or playing.group.restarts("simulate"):
                raise SimulatorError(f"the city did not come alive: see {self.data_dir / 'logs' / 'simulate.log'}.")
            await asyncio.sleep(0.1)

    async def _pass(self, playing: _Playing, stop: Stop) -> None:
        """Let the scene pass."""
        self._step(f"{self.scene.title}: {self.scene.length_s / 3600:.1f} h, up to {self.scene.speed:g} times as fast")
        people = await self._townspeople(playing)
        playing.began = time.monotonic()
        playing.maker.change(self.scene.speed)
        ending = asyncio.ensure_future(playing.clock.sleep_until(self.scene.until))
        stopping = asyncio.ensure_future(stop.wait())
        parts: list[asyncio.Future[Any]] = [ending, stopping, playing.servers.failed, playing.group.failed]
        living = (playing.govern(), playing.hear(people), people.live(), playing.breaker.run(), self._tell(playing))
        own = [ending, stopping, *(asyncio.ensure_future(part) for part in living)]
        waiting = {*parts, *own}
        try:
            while not ending.done():
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for part in done:
                    _judge(part, failed=parts[2:], stopping=stopping)
        finally:
            playing.maker.change(0.0)
            playing.ended = time.monotonic()
            for part in own:
                part.cancel()
            await asyncio.gather(*own, return_exceptions=True)
        playing.reactions = {reaction.value: count for reaction, count in people.reactions.items()}

    async def _townspeople(self, playing: _Playing) -> Townspeople:
        async with await connect(playing.servers.database_url) as connection:
            persons = await queries.persons(connection)
        return Townspeople(
            scene=self.scene,
            clock=playing.clock,
            client=playing.client,
            telephones=playing.telephones,
            persons=persons,
            api=playing.api,
        )

    async def _tell(self, playing: _Playing) -> None:
        while True:
            await asyncio.sleep(TELL_EVERY_S)
            passed_s = (playing.clock.now() - self.scene.start).total_seconds()
            slower = (
                ""
                if playing.maker.rate >= self.scene.speed * 0.97
                else (f", slowed down from {self.scene.speed:g}: messages wait too long")
            )
            self._step(f"{passed_s / self.scene.length_s:4.0%}, {playing.maker.rate:.0f} times as fast{slower}")

    async def _record(self, playing: _Playing) -> RunLog:
        """Wait until everything is stored and told, and collect it."""
        if playing.group.restarts("simulate"):
            raise SimulatorError(f"the city ended on the way: see {self.data_dir / 'logs' / 'simulate.log'}.")
        self._step("storing and telling the rest")
        await playing.group.stop("simulate")
        stats = collecting.stats(self._file("stats"))
        async with await connect(playing.servers.database_url, autocommit=True) as connection:
            if not await collecting.settled(connection, stats, until=self.scene.until, within_s=SETTLED_WITHIN_S):
                self._step("not everything was stored and told in time; what is missing counts as lost")
            playing.truth.news()
            real_s = playing.ended - playing.began
            paced = Paced(
                asked=self.scene.speed,
                reached=self.scene.length_s / real_s,
                real_s=real_s,
                longest_lag_s=playing.governor.longest_lag_s,
            )
            return await collecting.run_log(
                connection,
                self.scene,
                episodes=playing.truth.episodes,
                counted=stats,
                paced=paced,
                disturbances=playing.breaker.told,
                reactions=playing.reactions,
            )

    def _options(self) -> Options:
        return Options(
            data_dir=self.data_dir,
            seed=self.scene.seed,
            bracelets=self.scene.bracelets,
            beds=self.scene.beds,
            rate=self.scene.speed,
        )

    def _environment(self, servers: Breakable, chosen: Ports, maker: PaceMaker) -> dict[str, str]:
        clock = {
            f"{PREFIX}CLOCK_START": iso(self.scene.start),
            f"{PREFIX}CLOCK_RATE": f"{self.scene.speed:g}",
            f"{PREFIX}CLOCK_ANCHOR": iso(wall_now()),
            f"{PREFIX}CLOCK_PACE": str(maker.file),
        }
        servers.announce({**clock, f"{PREFIX}API_PORT": str(chosen.api)})
        shared = {**servers.variables, **clock, f"{PREFIX}LOG_LEVEL": "warning"}
        return children.environment(self._options(), chosen, shared)

    def _file(self, name: str) -> Path:
        return self.data_dir / f"{name}.json"

    def _step(self, line: str) -> None:
        self.say(f"{time.monotonic() - self._began:6.1f} s  {line}")


@dataclass(slots=True, kw_only=True)
class _Playing:
    """A rehearsal whose parts all live."""

    scene: Scene
    maker: PaceMaker
    clock: PacedClock
    servers: Breakable
    group: ProcessGroup
    telephones: Telephones
    client: httpx.AsyncClient
    api: str
    watch: Watch
    truth: Reader
    governor: Governor
    breaker: Breaker
    began: float = 0.0
    ended: float = 0.0
    reactions: dict[str, int] = field(default_factory=dict)

    async def govern(self) -> None:
        """Hold the lag, but for what is broken on purpose.

        Raises:
            SimulatorError: it crawls, and would not end.
        """
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            progress, seen = self.watch.progress(), await self.watch.look()
            if seen is None or progress is None or progress.disturbed or self.breaker.disturbed:
                continue
            rate = self.governor.look(seen)
            if abs(rate / self.maker.rate - 1) > WORTH_CHANGING:
                self.maker.change(rate)
            if self.governor.hopeless:
                raise SimulatorError(
                    f"this machine cannot keep up: asked for {self.governor.asked:g} times the speed of life, "
                    f"it manages {rate:.1f}. Give a lower --speed, or fewer devices."
                )

    async def hear(self, people: Townspeople) -> None:
        """Tell families what happens, so that they can say how it ended."""
        while True:
            people.learn(self.truth.news())
            await asyncio.sleep(LOOK_EVERY_S)


def _judge(part: asyncio.Future[Any], *, failed: Sequence[asyncio.Future[Any]], stopping: asyncio.Future[Any]) -> None:
    """Whether the run can go on after this has ended: faults end by themselves, the others by failing."""
    if part is stopping:
        raise SimulatorError("stopped before the scene was over: there is no score.")
    if part in failed:
        raise SimulatorError(str(part.result()))
    part.result()


async def unless_stopped(stop: Stop, work: Coroutine[Any, Any, T]) -> T:
    """What the work brings, unless somebody stops it: starting takes its time.

    Raises:
        SimulatorError: stopped.
    """
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise SimulatorError("stopped before the scene was over: there is no score.")
        return working.result()
    finally:
        for part in (working, stopping):
            part.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)


def _ports() -> Ports:
    return Ports(api=free.any_free(), ingest=free.any_free(), alerts=free.any_free(), phone=0)
