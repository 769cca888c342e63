"""One child process: started with a log file, dies with its parent, stopped by a ladder of signals.

What is started and why is not known here: see `runtime.embedded` for servers and `runtime.processes` for groups.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

GUARD = Path(__file__).with_name("guard.py")
#: Bytes after which a log file is set aside when its process starts. One older file is kept.
LOG_ROTATE_BYTES = 16 * 1024 * 1024
#: Lines of its log shown when a process dies unexpectedly.
TAIL_LINES = 12

#: Signals sent one after the other, each with the seconds granted after it.
Ladder = Sequence[tuple[signal.Signals, float]]
TERMINATE: Ladder = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))


class ChildError(Exception):
    """A child process could not be started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user a child runs as, where it is not our own."""

    uid: int
    gid: int


class Child:
    """One running process. Use `start`."""

    def __init__(self, *, name: str, process: asyncio.subprocess.Process, log: Path, ladder: Ladder) -> None:
        self.name = name
        self.log = log
        self._process = process
        self._ladder = ladder

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.returncode

    async def wait(self) -> int:
        """Its exit code, once it has one."""
        return await self._process.wait()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def stop(self) -> int:
        """End it, politely first, and return its exit code."""
        for number, seconds in self._ladder:
            if self.exit_code is not None:
                break
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.wait(), seconds)
        return await self.wait()

    def tail(self) -> str:
        """The end of its log, for messages to people."""
        return tail(self.log)

    async def __aenter__(self) -> Self:
        """Itself, to be stopped on leaving."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        await self.stop()


async def start(
    command: Sequence[str | Path],
    *,
    name: str,
    log: Path,
    environment: Mapping[str, str] | None = None,
    account: Account | None = None,
    folder: Path | None = None,
    ladder: Ladder = TERMINATE,
) -> Child:
    """Start a command whose output is appended to `log`.

    It lives in a session of its own, so that Ctrl-C in the terminal reaches us alone and the order of stopping is
    ours. On Linux it gets the first signal of `ladder` when we die, however we die.

    Args:
        command: the program's path and its arguments.
        name: what people call it.
        log: file for standard output and error; set aside when it has grown large.
        environment: the whole environment; ours if not given.
        account: run as this user; we must be root.
        folder: working directory.
        ladder: how it is stopped.

    Raises:
        ChildError: the program does not exist.
    """
    program = _program(command[0], name)
    user = f"{account.uid}:{account.gid}" if account else "-"
    guard = [sys.executable, "-I", "-S", str(GUARD), str(os.getpid()), str(int(ladder[0][0])), user]
    with _opened(log) as output:
        process = await asyncio.create_subprocess_exec(
            *guard,
            program,
            *(str(part) for part in command[1:]),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=None if environment is None else dict(environment),
            cwd=folder,
            start_new_session=True,
        )
    return Child(name=name, process=process, log=log, ladder=ladder)


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a file, indented; empty if there is none."""
    with contextlib.suppress(OSError):
        text = log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])
    return ""


def _program(asked: str | Path, name: str) -> str:
    found = shutil.which(str(asked))
    if found is None:
        raise ChildError(f"{name}: there is no program {asked}.")
    return str(Path(found).absolute())


def _opened(log: Path) -> BinaryIO:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_ROTATE_BYTES:
        log.replace(log.with_suffix(log.suffix + ".1"))
    return log.open("ab")
