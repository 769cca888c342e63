"""One demo, from an empty folder to the last figure.

Started in this order and ended in the opposite one: database, broker, telephone, api, alerts, ingest, simulator.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import shutil
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from runtime import run_environment
from runtime.clock import ScaledClock, wall_now
from runtime.embedded import Embedded, lock
from runtime.processes import ProcessGroup
from runtime.service import Stop
from runtime.settings import PREFIX, iso
from simulators.demo import calendar_file, children, observer, result
from simulators.demo.children import Children
from simulators.demo.observer import Observer
from simulators.demo.options import Options
from simulators.demo.screen import Screen
from simulators.errors import SimulatorError

#: Real seconds after the simulator's start.
SCENES = ("sos_market@8", "battery_flat@10", "night_exit@12")
#: Real seconds between further scenes in a demo without an end.
SCENE_EVERY_S = 240.0
#: Real seconds until the first reading must be stored, and until the last one must be.
ALIVE_WITHIN_S = 60.0
DRAINED_WITHIN_S = 15.0
LOOK_EVERY_S = 0.5
#: Looks between two notes of how far the simulated clock has come.
REMEMBER_EVERY = 10


@dataclass(slots=True)
class Demo:
    """One run."""

    options: Options
    screen: Screen
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _began: float = field(default_factory=time.monotonic)

    async def run(self, stop: Stop) -> int:
        """Start everything, live, end everything; the exit code.

        Raises:
            EmbeddedError, ProcessError, SimulatorError: something did not start; the message says what to do.
        """
        async with self._stack:
            starting = asyncio.ensure_future(self._start())
            stopping = asyncio.ensure_future(stop.wait())
            await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if not starting.done():
                starting.cancel()
                await asyncio.gather(starting, return_exceptions=True)
                self.screen.say("stopped while starting")
                return 0
            running = await starting
            try:
                return await running.live(stop)
            finally:
                running.remember()
                self.screen.say("ending")
        # not reached: the stack swallows nothing

    async def _start(self) -> Running:
        data_dir = self.options.data_dir
        if self.options.fresh:
            clear(data_dir)
        servers = await self._stack.enter_async_context(Embedded(data_dir, progress=self._progress))
        ports = children.choose_ports(self.options.port)
        if self.options.port is None and ports.api != children.USUAL_PORT:
            self.screen.say(f"port {children.USUAL_PORT} is taken: the console will be on {ports.api}")
        clock, variables = self._clock()
        shared = {**servers.variables, **variables}
        servers.announce({**variables, f"{PREFIX}API_PORT": str(ports.api)})
        group = await self._stack.enter_async_context(ProcessGroup(logs=data_dir / "logs"))
        started = Children(
            group=group,
            options=self.options,
            ports=ports,
            environment=children.environment(self.options, ports, shared),
        )
        watcher = observer.observer(ports.api)
        self._stack.push_async_callback(watcher.client.aclose)
        running = Running(
            options=self.options,
            screen=self.screen,
            servers=servers,
            children=started,
            observer=watcher,
            clock=clock,
        )
        await self._fill(running)
        return running

    def _clock(self) -> tuple[ScaledClock, dict[str, str]]:
        """The run's clock, for ourselves and as variables for everybody else."""
        anchor = wall_now()
        start = calendar_file.next_start(self.options.data_dir, anchor)
        clock = ScaledClock(start=start, rate=self.options.rate, anchor=anchor)
        calendar_file.remember(self.options.data_dir, start)
        return clock, {
            f"{PREFIX}CLOCK_START": iso(start),
            f"{PREFIX}CLOCK_RATE": f"{self.options.rate:g}",
            f"{PREFIX}CLOCK_ANCHOR": iso(anchor),
        }

    async def _fill(self, running: Running) -> None:
        """Tables, people, services and at last the city."""
        started = running.children
        webhook = self.options.webhook
        if webhook is None:
            secret = kept_secret(self.options.data_dir / "phone.secret")
            webhook = (f"http://127.0.0.1:{started.ports.phone}/", secret)
            await self._step("the family's telephone", lambda: started.phone(secret))
        await self._step("tables", started.migrate)
        await self._step("people, devices and zones", lambda: started.register(webhook))
        await self._step("api", started.api)
        await running.observer.sign_in()
        if closed := await running.observer.close_leftovers():
            self.screen.say(f"        closed {closed} incidents of an earlier run")
        self.screen.already_told(await running.observer.incidents())
        running.since_wall = wall_now()
        await self._step("alerts", started.alerts)
        await self._step("ingest", started.ingest)
        await self._step("the city", lambda: self._city(running))
        self.screen.welcome(
            url=f"http://127.0.0.1:{started.ports.api}",
            broker_url=running.servers.broker_url,
            headless=self.options.headless,
        )

    async def _city(self, running: Running) -> None:
        every_s = SCENE_EVERY_S if self.options.seconds is None else None
        await running.children.simulate(scenes=SCENES, scene_every_s=every_s)
        deadline = time.monotonic() + ALIVE_WITHIN_S
        while not (await running.observer.summary(running.since_wall))["readings"]["committed"]:
            if time.monotonic() > deadline:
                raise SimulatorError(
                    f"no reading was stored within {ALIVE_WITHIN_S:.0f} s: see {self.options.data_dir / 'logs'}."
                )
            await asyncio.sleep(0.2)

    async def _step(self, what: str, begin: Callable[[], Awaitable[None]]) -> None:
        self._progress(f"starting {what}")
        await begin()

    def _progress(self, line: str) -> None:
        self.screen.say(f"{time.monotonic() - self._began:5.1f} s {line}")


@dataclass(slots=True)
class Running:
    """A demo that has started."""

    options: Options
    screen: Screen
    servers: Embedded
    children: Children
    observer: Observer
    clock: ScaledClock
    since_wall: datetime = field(default_factory=wall_now)

    async def live(self, stop: Stop) -> int:
        """Tell what happens until the time is over, someone stops it, or a part fails; then the figures."""
        watching = asyncio.ensure_future(self._watch())
        stopping = asyncio.ensure_future(stop.wait())
        failing = (self.servers.failed, self.children.group.failed)
        try:
            await asyncio.wait(
                (stopping, watching, *failing),
                timeout=self.options.seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for task in (watching, stopping):
                task.cancel()
            told = await asyncio.gather(watching, stopping, return_exceptions=True)
        for failed in failing:
            if failed.done():
                raise SimulatorError(str(failed.result()))
        for error in told:
            if isinstance(error, Exception):
                raise error
        await self._finish()
        return 0

    def remember(self) -> None:
        """Note how far the simulated clock has come."""
        calendar_file.remember(self.options.data_dir, self.clock.now())

    async def _watch(self) -> None:
        looks = 0
        while True:
            # A part that is being restarted does not answer for a moment.
            with contextlib.suppress(httpx.HTTPError):
                await self._look()
            if looks % REMEMBER_EVERY == 0:
                self.remember()
            looks += 1
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self) -> None:
        if self.options.webhook is None:
            answer = await self.observer.client.get(f"http://127.0.0.1:{self.children.ports.phone}/received")
            self.screen.phone(answer.json())
        self.screen.incidents(await self.observer.incidents())

    async def _finish(self) -> None:
        """Stop the city, wait until everything is stored, and tell the figures."""
        if self.children.group.restarts("simulate"):
            self.screen.say("the simulator was restarted: its figures are those of its last start only")
        await self.children.group.stop("simulate")
        stats = self._stats()
        summary = await self._drained(int(stats["acknowledged"]))
        with contextlib.suppress(httpx.HTTPError):
            await self._look()
        figures = result.result(stats, summary)
        for line in result.lines(figures):
            self.screen.say(line)
        if self.options.json:
            print(json.dumps(figures, ensure_ascii=False), flush=True)  # noqa: T201 - the one line of standard output

    def _stats(self) -> dict[str, Any]:
        try:
            stats = json.loads(self.children.stats_file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SimulatorError(
                f"the simulator left no figures: see {self.options.data_dir / 'logs' / 'simulate.log'}."
            ) from error
        assert isinstance(stats, dict)
        return stats

    async def _drained(self, acknowledged: int) -> dict[str, Any]:
        """The summary once all that was acknowledged is stored or refused, or the time for that is over."""
        deadline = time.monotonic() + DRAINED_WITHIN_S
        previous = None
        while True:
            current = await self.observer.summary(self.since_wall)
            if result.settled(previous, current, acknowledged) or time.monotonic() > deadline:
                return current
            previous = current
            await asyncio.sleep(LOOK_EVERY_S)


def kept_secret(file: Path) -> str:
    """The telephone's secret, the same in every run: messages of the last one may still be under way."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24), encoding="ascii")
    return file.read_text(encoding="ascii").strip()


def clear(data_dir: Path) -> None:
    """Empty a data folder of ours that nobody uses.

    Raises:
        AlreadyRunning: another process runs the servers of this folder.
        SimulatorError: the folder holds something else.
    """
    if not data_dir.exists():
        return
    if any(data_dir.iterdir()) and not (data_dir / run_environment.LOCK).exists():
        raise SimulatorError(f"--fresh would empty {data_dir}, which is no data folder of Tongxing: name another.")
    with lock.only_here(data_dir):
        for entry in data_dir.iterdir():
            if entry.name != run_environment.LOCK:
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
