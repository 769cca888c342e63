"""One process a data folder: an flock with the holder's pid inside, gone with the process however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from runtime import run_environment
from runtime.embedded.errors import AlreadyRunning

#: Someone who only asks whether the folder is held (`runtime.run_environment`) holds it for an instant.
ATTEMPTS, PAUSE_S = 5, 0.02


@contextlib.contextmanager
def only_here(folder: Path) -> Iterator[None]:
    """Hold the folder.

    Raises:
        AlreadyRunning: another process holds it.
    """
    descriptor = os.open(folder / run_environment.LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _take(descriptor, folder)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, folder: Path) -> None:
    for attempt in range(ATTEMPTS):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if attempt + 1 < ATTEMPTS:
            time.sleep(PAUSE_S)
    raise AlreadyRunning(folder, _holder(descriptor))


def _holder(descriptor: int) -> int | None:
    text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
    return int(text) if text.isdecimal() else None
