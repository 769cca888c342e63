"""The pace file: how a run slows its scaled clock down, in every process at once, without a jump anywhere.

A rehearsal that runs many times as fast as life must not outrun the parts that it rehearses: what waits half a real
second in a queue would be minutes late by the clock. The process that leads the run appends to this file, all others
read it. It holds records of three numbers (IEEE 754, 8 bytes each, little-endian): from this real instant on (unix
seconds) the clock shows this instant (unix seconds) and runs so many times as fast. The first record is the beginning.
"""

from __future__ import annotations

import os
import struct
import time
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

_RECORD = struct.Struct("<3d")
#: A change counts from so long after it was written, so that every process has read it by then. Real seconds.
AHEAD_S = 0.05


class Stretch(NamedTuple):
    """From a real instant on, what the clock shows and how fast it runs; unix seconds."""

    wall_s: float
    shown_s: float
    rate: float

    def shown(self, wall_s: float) -> float:
        """What the clock shows at a real instant."""
        return self.shown_s + (wall_s - self.wall_s) * self.rate


class Pace:
    """The file as a reader sees it: looked at each time, read again only where it has grown."""

    def __init__(self, file: Path) -> None:
        """Open it.

        Raises:
            OSError: there is none.
        """
        self._descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        self._read = 0
        self._stretches: list[Stretch] = []
        self._starts_s: list[float] = []

    def __del__(self) -> None:
        """Give the descriptor back."""
        if (descriptor := getattr(self, "_descriptor", None)) is not None:
            os.close(descriptor)

    def at(self, wall_s: float) -> Stretch:
        """The stretch that holds a real instant; before the first one, the first."""
        self._look()
        return self._stretches[max(bisect_right(self._starts_s, wall_s) - 1, 0)]

    def _look(self) -> None:
        size = os.fstat(self._descriptor).st_size
        whole = size - size % _RECORD.size
        if whole > self._read:
            fresh = os.pread(self._descriptor, whole - self._read, self._read)
            for numbers in _RECORD.iter_unpack(fresh):
                self._stretches.append(Stretch(*numbers))
                self._starts_s.append(numbers[0])
            self._read = whole


@dataclass(slots=True)
class PaceMaker:
    """The one that writes."""

    file: Path
    _last: Stretch | None = None

    def begin(self, *, wall: datetime, shown: datetime, rate: float) -> None:
        """Make the file anew: at `wall` the clock shows `shown`."""
        self.file.unlink(missing_ok=True)
        self._append(Stretch(wall.timestamp(), shown.timestamp(), rate))

    def change(self, rate: float) -> None:
        """Run so many times as fast from the next moment on.

        Args:
            rate: 0 stops the clock.
        """
        assert self._last is not None, "begin first"
        wall_s = max(time.time() + AHEAD_S, self._last.wall_s)
        self._append(Stretch(wall_s, self._last.shown(wall_s), rate))

    @property
    def rate(self) -> float:
        """As last written."""
        assert self._last is not None, "begin first"
        return self._last.rate

    def _append(self, stretch: Stretch) -> None:
        descriptor = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, _RECORD.pack(*stretch))
        finally:
            os.close(descriptor)
        self._last = stretch


def instant(shown_s: float) -> datetime:
    """Unix seconds as an aware instant."""
    return datetime.fromtimestamp(shown_s, UTC)
