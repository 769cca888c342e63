"""A group of child processes run as one: started in order, restarted when they fail, ended in reverse order.

This is for running everything on one machine, as a demonstration does; production has systemd or containers. Nothing
is known here of what the commands are.

Example:
    async with ProcessGroup(logs=data_dir / "logs") as group:
        await group.start("ingest", [sys.executable, "-m", "runtime.cli", "ingest"],
                          environment={"TONGXING_DATABASE_URL": url}, ready=http_answers(9101, "/health/ready"))
        await group.start("api", [...], ready=http_answers(8000, "/health/ready"), ladder=...)
        failure = await group.failed          # a member that does not stay up: str(failure) is for people
    # here all have ended, the last started first

`start` returns when the member is ready. A member that ends unexpectedly is started again after 0.5 s, 1 s, 2 s … 8 s;
after five ends within a minute it is given up and `failed` is set. `restarts(name)` counts them. `kill(name)` ends
a member with SIGKILL, as a power cut would, for tests and demonstrations; it is then restarted like any other.
Output goes to `<logs>/<name>.log`. On Linux members die with us even if we are killed with SIGKILL.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from runtime import child, probe
from runtime.child import Child, Ladder

log = structlog.get_logger(__name__)

HOST = "127.0.0.1"
#: Seconds a member is given to get ready.
READY_WITHIN_S = 60.0
#: Seconds before a restart: the first at once enough not to be felt, the last rare enough not to be heard.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 8.0
#: So many unexpected ends within so many seconds, and it is given up.
TOO_OFTEN, WITHIN_S = 5, 60.0

#: Longer than a service takes to finish the batch in hand (runtime.service.STOP_WITHIN_S).
PATIENT: Ladder = ((signal.SIGTERM, 25.0), (signal.SIGKILL, 5.0))

#: What still keeps a member from being ready, as a sentence; None when it is.
Ready = Callable[[], Awaitable[str | None]]


class ProcessError(Exception):
    """A member of the group did not get ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A member that does not stay up."""

    name: str
    exit_code: int
    log: Path
    #: The end of its log.
    tail: str

    def __str__(self) -> str:
        """A sentence and the end of the log."""
        return f"{self.name} keeps ending (exit code {self.exit_code}, {self.log}):\n{self.tail}"


def tcp_answers(port: int) -> Ready:
    """Ready when a connection is accepted."""
    return lambda: probe.tcp(HOST, port)


def http_answers(port: int, path: str = "/health/ready") -> Ready:
    """Ready when a GET is answered with a status below 400."""
    return lambda: probe.http(HOST, port, path)


@dataclass(slots=True, kw_only=True)
class _Member:
    name: str
    launch: Callable[[], Awaitable[Child]]
    process: Child
    watching: asyncio.Task[None] | None = None
    launching: asyncio.Future[Child] | None = None
    restarts: int = 0
    ends: list[float] = field(default_factory=list)


def pause_before_restart(ends: list[float], now: float) -> float | None:
    """Seconds to wait before starting a member that ended at `now`; None: it ended too often.

    Args:
        ends: monotonic times of its earlier ends; `now` is added and what is too old is dropped.
        now: monotonic time in seconds.
    """
    ends[:] = [end for end in ends if now - end < WITHIN_S] + [now]
    if len(ends) >= TOO_OFTEN:
        return None
    return min(FIRST_PAUSE_S * 2.0 ** (len(ends) - 1), LONGEST_PAUSE_S)


class ProcessGroup:
    """Children that live together. See the module's example."""

    def __init__(self, *, logs: Path) -> None:
        """An empty group.

        Args:
            logs: folder for the members' output, one file each.
        """
        self._logs = logs
        self._members: dict[str, _Member] = {}
        #: Set when a member is given up.
        self.failed: asyncio.Future[Failure] = asyncio.Future()

    async def __aenter__(self) -> Self:
        """Itself; leaving ends all members."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all members, the last started first."""
        for name in reversed(list(self._members)):
            await self.stop(name)

    async def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        ready: Ready | None = None,
        ladder: Ladder = PATIENT,
        ready_within_s: float = READY_WITHIN_S,
    ) -> None:
        """Start a member and return when it is ready.

        Args:
            name: for people, and for its log file.
            command: program and arguments.
            environment: on top of ours.
            ready: for example `http_answers(8000)`; None: ready as soon as it runs.
            ladder: how it is ended.
            ready_within_s: how long it may take.

        Raises:
            ProcessError: it ended or did not get ready in time; it is not restarted, and the message holds its log.
        """
        whole = {**os.environ, **(environment or {})}
        output = self._logs / f"{name}.log"

        async def launch() -> Child:
            return await child.start(command, name=name, log=output, environment=whole, ladder=ladder)

        member = _Member(name=name, launch=launch, process=await launch())
        self._members[name] = member
        if ready is not None:
            await self._get_ready(member, ready, ready_within_s)
        member.watching = asyncio.create_task(self._watch(member))

    async def stop(self, name: str) -> int | None:
        """End one member and return its exit code; None if there is no such member."""
        member = self._members.pop(name, None)
        if member is None:
            return None
        if member.watching:
            member.watching.cancel()
            await asyncio.wait([member.watching])
        if member.launching:
            member.process = await member.launching
        return await member.process.stop()

    def kill(self, name: str) -> None:
        """End a member as a power cut would. It is restarted."""
        self._members[name].process.kill()

    def pid(self, name: str) -> int:
        """A member's process id, now."""
        return self._members[name].process.pid

    def restarts(self, name: str) -> int:
        """How often a member was restarted."""
        return self._members[name].restarts

    async def _get_ready(self, member: _Member, ready: Ready, within_s: float) -> None:
        until = time.monotonic() + within_s
        while (wrong := await ready()) is not None:
            process = member.process
            if process.exit_code is not None:
                raise ProcessError(
                    f"{member.name} ended while starting (exit code {process.exit_code}, {process.log}):\n"
                    f"{process.tail()}"
                )
            if time.monotonic() > until:
                raise ProcessError(
                    f"{member.name} is not ready after {within_s:.0f} s: {wrong} ({process.log})\n{process.tail()}"
                )
            await asyncio.sleep(0.05)

    async def _watch(self, member: _Member) -> None:
        """Restart a member whenever it ends, until it ends too often."""
        while True:
            code = await member.process.wait()
            log.warning("process_ended", process=member.name, exit_code=code, log=str(member.process.log))
            pause_s = pause_before_restart(member.ends, time.monotonic())
            if pause_s is None:
                self._give_up(member, code)
                return
            await asyncio.sleep(pause_s)
            member.launching = asyncio.ensure_future(member.launch())
            # Shielded: a process being started when the group ends would be nobody's.
            member.process = await asyncio.shield(member.launching)
            member.launching = None
            member.restarts += 1

    def _give_up(self, member: _Member, code: int) -> None:
        if not self.failed.done():
            process = member.process
            self.failed.set_result(Failure(name=member.name, exit_code=code, log=process.log, tail=process.tail()))
