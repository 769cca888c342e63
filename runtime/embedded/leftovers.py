"""Servers that outlived the process which ran them: ended before new ones start on the same files.

On Linux the kernel tells servers to end when we die, but they take a moment to; elsewhere nobody tells them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import structlog

from runtime.embedded.errors import EmbeddedError

log = structlog.get_logger(__name__)

PROCESSES = Path("/proc")
#: Seconds a leftover server is given to end.
END_WITHIN_S = 30.0


async def end(pid_file: Path, *, program: str, number: signal.Signals) -> None:
    """Return once the server that a pid file names has ended; it is asked to with `number`.

    Args:
        pid_file: first line: a process id. It need not exist.
        program: a process of another name got that id since, and is left alone.
        number: the signal that ends it.

    Raises:
        EmbeddedError: it does not end.
    """
    pid = pid_in(pid_file)
    if pid is None or not runs(pid, program):
        return
    log.warning("leftover_server_ended", program=program, pid=pid)
    os.kill(pid, number)
    until = time.monotonic() + END_WITHIN_S
    while runs(pid, program):
        if time.monotonic() > until:
            raise EmbeddedError(f"process {pid} ({program}) still uses {pid_file.parent} and does not end: kill {pid}")
        await asyncio.sleep(0.05)


async def clear(pid_file: Path) -> None:
    """Remove a server's pid file once nobody works in its folder any more.

    PostgreSQL refuses to start while the process named there exists at all, even as a zombie that nobody reaps, as
    in a container without an init process. On systems that do not tell who works where, it is left to PostgreSQL.

    Raises:
        EmbeddedError: processes of the server stay.
    """
    until = time.monotonic() + END_WITHIN_S
    while staying := working_in(pid_file.parent):
        if time.monotonic() > until:
            pids = " ".join(map(str, staying))
            raise EmbeddedError(f"processes {pids} still use {pid_file.parent} and do not end: kill {pids}")
        await asyncio.sleep(0.05)
    _remove_where_processes_are_seen(pid_file)


def _remove_where_processes_are_seen(pid_file: Path) -> None:
    if PROCESSES.is_dir():
        pid_file.unlink(missing_ok=True)


def working_in(folder: Path) -> list[int]:
    """Ids of the processes whose working directory this is, as far as we may see; zombies work nowhere."""
    found = []
    for link in PROCESSES.glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if link.samefile(folder):
                found.append(int(link.parent.name))
    return found


def runs(pid: int, program: str) -> bool:
    """Whether a process with this id lives and runs that program."""
    if PROCESSES.is_dir():
        try:
            name, _, rest = (
                (PROCESSES / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")
            )
        except OSError:
            return False
        # The kernel keeps 15 characters of the name; a zombie runs nothing.
        return name.partition("(")[2] == program[:15] and rest.split()[0] != "Z"
    listed = subprocess.run(  # noqa: S603 - fixed program
        ["/bin/ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return program in listed.stdout


def pid_in(pid_file: Path) -> int | None:
    """The process that a pid file names, or None."""
    try:
        first = pid_file.read_text(encoding="ascii").split("\n", 1)[0].strip()
    except OSError:
        return None
    return int(first) if first.isdecimal() else None
