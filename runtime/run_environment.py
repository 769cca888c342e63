"""Settings of the run that lives in a data folder, left there for other terminals while it lives.

`tongxing up` and `tongxing demo` write `<data_dir>/run.env`; every other command reads it as its weakest source of
settings, so that `tongxing doctor` or `tongxing clock` beside a demonstration needs no settings of its own. A file
whose writer is gone is not read: the writer holds the lock of the folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Mapping
from pathlib import Path

FILE = "run.env"
#: Held, with the pid inside, by the process that runs the servers of the folder.
LOCK = "lock"


def write(data_dir: Path, variables: Mapping[str, str]) -> Path:
    """Leave variables for others, readable for our own user alone; the URL holds a password."""
    file = data_dir / FILE
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as output:
        output.writelines(f"{name}={value}\n" for name, value in variables.items())
    return file


def remove(data_dir: Path) -> None:
    """The run is over."""
    (data_dir / FILE).unlink(missing_ok=True)


def read(data_dir: Path) -> dict[str, str]:
    """The variables of the run in this folder; empty if none lives there or it is somebody else's."""
    with contextlib.suppress(OSError):
        if is_held(data_dir):
            lines = (data_dir / FILE).read_text(encoding="utf-8").splitlines()
            return dict(line.split("=", 1) for line in lines if "=" in line)
    return {}


def is_held(data_dir: Path) -> bool:
    """Whether a living process runs the servers of this folder."""
    try:
        descriptor = os.open(data_dir / LOCK, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
