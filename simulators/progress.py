"""How far a living city has come, in a file for whoever sets the pace of the run."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What the city writes again and again."""

    #: Late with what is due, real seconds.
    behind_s: float = 0.0
    #: Messages that the broker has not acknowledged.
    waiting: int = 0
    #: Readings that it has, since the beginning.
    acknowledged: int = 0
    #: The city has cut its own network.
    disturbed: bool = False


def write(progress: Progress, file: Path) -> None:
    """Replace the file, never half of it."""
    fresh = file.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(progress))
    fresh.replace(file)


def read(file: Path) -> Progress | None:
    """What it says; None: there is none yet."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Progress)
    except (OSError, msgspec.DecodeError):
        return None
