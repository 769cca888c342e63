"""Which ports the servers listen on: those asked for, else those of last time, else the usual, else any free."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from pathlib import Path

from runtime.embedded.errors import PortTaken

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections of the last run that still linger take no port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def any_free() -> int:
    """A port that nobody listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def choose(what: str, *, asked: int | None, preferred: Iterable[int | None] = ()) -> int:
    """The port to use.

    Raises:
        PortTaken: `asked` is in use; what was asked for is never silently replaced.
    """
    if asked is not None:
        if not is_free(asked):
            raise PortTaken(asked, what)
        return asked
    return next((port for port in preferred if port and is_free(port)), None) or any_free()


def remembered(file: Path) -> dict[str, int]:
    """The ports of the last run; empty if there was none."""
    try:
        stored = json.loads(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return {}
    pairs = stored.items() if isinstance(stored, dict) else ()
    return {name: port for name, port in pairs if isinstance(port, int)}


def remember(file: Path, ports: dict[str, int]) -> None:
    """Keep them for the next run."""
    file.write_text(json.dumps(ports) + "\n", encoding="ascii")
