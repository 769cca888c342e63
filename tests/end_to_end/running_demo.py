"""`tongxing demo` as a user starts it: a process of its own, a data folder of its own, what it prints read as it comes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from runtime.embedded import ports
from runtime.settings import PREFIX

#: Real seconds until the city lives; a machine under load needs more than the 15 s of an idle one.
ALIVE_WITHIN_S = 240.0
#: Real seconds a whole orderly end may take.
ENDED_WITHIN_S = 120.0
WELCOME = "Ctrl-C ends it."
#: A town instead of a city: the scenes are the same.
TOWN = ("--bracelets=150", "--beds=200", "--sessions=2")


@dataclass(slots=True)
class RunningDemo:
    """The process and what it has said."""

    process: subprocess.Popen[str]
    folder: Path
    port: int
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    #: Process ids of its descendants with their start times, over its whole life.
    seen: set[tuple[int, str]] = field(default_factory=set)
    _readers: list[threading.Thread] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Of the console."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def broker_port(self) -> int:
        """As the terminal shows it."""
        found = re.search(r"broker +mqtt://127\.0\.0\.1:(\d+)", "".join(self.said))
        assert found, f"the broker's port is not shown:\n{''.join(self.said)}"
        return int(found[1])

    @property
    def said(self) -> list[str]:
        """Everything for people: standard error with --json, standard output without."""
        return self.err + self.out

    def until(self, reached: Callable[[], object], *, within_s: float, what: str) -> None:
        """Wait for a state of the real process, noting its descendants meanwhile."""
        deadline = time.monotonic() + within_s
        while not reached():
            self.note_descendants()
            assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}\n{''.join(self.said)}"
            time.sleep(0.2)
        self.note_descendants()

    def until_alive(self) -> None:
        """Wait for the welcome."""

        def welcomed() -> bool:
            assert self.process.poll() is None, f"it ended by itself:\n{''.join(self.said)}"
            return any(WELCOME in line for line in self.said)

        self.until(welcomed, within_s=ALIVE_WITHIN_S, what="alive")

    def until_ended(self, within_s: float = ENDED_WITHIN_S) -> int:
        """Wait for its end; the exit code."""
        self.until(lambda: self.process.poll() is not None, within_s=within_s, what="ended")
        for reader in self._readers:
            reader.join(5)
        return self.process.returncode

    def note_descendants(self) -> None:
        """Record every process that comes from this one."""
        parents = {pid: parent for pid, parent, _ in processes()}
        self.seen |= {(pid, began) for pid, _, began in processes() if descends(pid, self.process.pid, parents)}

    def orphans(self) -> set[tuple[int, str]]:
        """Recorded processes that still live."""
        return self.seen & {(pid, began) for pid, _, began in processes()}


def processes() -> Iterator[tuple[int, int, str]]:
    """(pid, parent's pid, start time) of everything that runs; zombies have ended."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            # The name in brackets may hold anything, brackets too.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            yield int(entry.name), int(fields[1]), fields[19]


def descends(pid: int, ancestor: int, parents: dict[int, int]) -> bool:
    while (pid := parents.get(pid, 0)) > 1:
        if pid == ancestor:
            return True
    return False


def command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "runtime.cli", "demo", f"--data-dir={folder}", *arguments]


def environment() -> dict[str, str]:
    """What a user's shell holds, without a Tongxing of theirs; and no proxy on the way to ourselves."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)} | {"NO_PROXY": "*"}


@contextmanager
def demo(folder: Path, *arguments: str) -> Iterator[RunningDemo]:
    """Start one; whatever happens, nothing of it is left behind."""
    port = ports.any_free()
    process = subprocess.Popen(
        command(folder, f"--port={port}", *TOWN, *arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        # Where no .env of a developer lies, and where Ctrl-C of the test run does not reach.
        cwd=folder,
        start_new_session=True,
    )
    running = RunningDemo(process=process, folder=folder, port=port)
    running._readers = [_read(process.stdout, running.out), _read(process.stderr, running.err)]
    try:
        yield running
    finally:
        _end(running)


def _read(stream: IO[str] | None, lines: list[str]) -> threading.Thread:
    assert stream is not None

    def read() -> None:
        with stream:
            # Line by line, for those who read along.
            for line in stream:
                lines.append(line)  # noqa: PERF402

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread


def _end(running: RunningDemo) -> None:
    if running.process.poll() is None:
        running.note_descendants()
        running.process.send_signal(signal.SIGINT)
        try:
            running.process.wait(ENDED_WITHIN_S)
        except subprocess.TimeoutExpired:
            running.process.kill()
            running.process.wait()
    for reader in running._readers:
        reader.join(5)
