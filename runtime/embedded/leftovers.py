"""Servers that outlived the process which ran them: ended before new ones start on the same files.

On Linux the kernel tells servers to end when we die, but they take a moment to; elsewhere nobody tells them.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from pathlib import Path

import structlog

from runtime.embedded.errors import EmbeddedError

log = structlog.get_logger(__name__)

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
    pid = _pid(pid_file)
    if pid is None or not runs(pid, program):
        return
    log.warning("leftover_server_ended", program=program, pid=pid)
    os.kill(pid, number)
    until = time.monotonic() + END_WITHIN_S
    while runs(pid, program):
        if time.monotonic() > until:
            raise EmbeddedError(f"process {pid} ({program}) still uses {pid_file.parent} and does not end: kill {pid}")
        await asyncio.sleep(0.05)


def runs(pid: int, program: str) -> bool:
    """Whether a process with this id lives and runs that program."""
    status = Path(f"/proc/{pid}/stat")
    if Path("/proc/self").exists():
        try:
            name, _, rest = status.read_text(encoding="utf-8", errors="replace").rpartition(")")
        except OSError:
            return False
        # The kernel keeps 15 characters of the name; a zombie runs nothing.
        return name.partition("(")[2] == program[:15] and rest.split()[0] != "Z"
    listed = subprocess.run(  # noqa: S603 - fixed program
        ["/bin/ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return program in listed.stdout


def _pid(pid_file: Path) -> int | None:
    try:
        first = pid_file.read_text(encoding="ascii").split("\n", 1)[0].strip()
    except OSError:
        return None
    return int(first) if first.isdecimal() else None
