"""Gaps in a device's message numbers. Pure: what was heard before and the new number say what is missing.

A gap is counted at once; a number of it that then comes late, for example on another lane, is taken off again. A number
that was heard before, as when a broker sends again after a crash, changes nothing. A smaller number in a message that
is certainly new is a device that restarted, not four billion losses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec
import numpy as np

from geofence.fixes import BoolArray
from geofence.instants import IntArray

#: A number this far ahead is a device whose counter jumped, not that many losses. Count.
JUMP_AHEAD = 100_000
#: Numbers remembered one by one: by so many a safety event may overtake telemetry. Count.
REMEMBERED = 1_000

_ALL = 2**REMEMBERED - 1
#: Before stored gaps: the last number when they were noted.
_LAST_BYTES = 8
#: In columns: a message without a number, a device of which none is known.
UNNUMBERED = -1
#: In the column of gaps: none. Before any number, and before `UNNUMBERED`.
_NO_GAPS = -2
#: Places in the columns at first. Count.
_ROOM = 1_024


class Novelty(StrEnum):
    """What is known of a message besides its number."""

    #: Newer than everything before.
    NEW = "new"
    #: It may be the first time or not.
    UNSURE = "unsure"
    #: Not newer than what was heard: it can fill a gap and make none.
    OLD = "old"


class Numbers(msgspec.Struct, frozen=True, gc=False):
    """What was heard of a device's numbering."""

    last: int
    #: Bit n is set while `last - n` is missing.
    gaps: int = 0

    @classmethod
    def stored(cls, last: int, gaps: bytes) -> Numbers:
        """From the columns of a table: numbers that went on one by one since then left the gaps there as they were."""
        behind = last - int.from_bytes(gaps[:_LAST_BYTES])
        if not 0 <= behind < REMEMBERED:
            return cls(last)
        return cls(last, int.from_bytes(gaps[_LAST_BYTES:]) << behind & _ALL)

    def gaps_stored(self) -> bytes:
        """`gaps` for a table, after the last number by now; mostly empty."""
        if not self.gaps:
            return b""
        return self.last.to_bytes(_LAST_BYTES) + self.gaps.to_bytes((self.gaps.bit_length() + 7) // 8)


def follow(known: Numbers | None, seq: int, novelty: Novelty = Novelty.NEW) -> tuple[Numbers, int]:
    """The numbers after a message, and how the count of missing messages changes.

    Example: 7 and then 10 are two missing, and 9 after that one less.
    """
    if known is None:
        return Numbers(seq), 0
    ahead = seq - known.last
    if ahead == 1 and not known.gaps and novelty is not Novelty.OLD:
        return Numbers(seq), 0
    if 0 < ahead <= JUMP_AHEAD and novelty is not Novelty.OLD:
        step = min(ahead, REMEMBERED)
        return Numbers(seq, (known.gaps << step | (1 << step) - 2) & _ALL), ahead - 1
    bit = 1 << -ahead if -REMEMBERED < ahead < 0 else 0
    if known.gaps & bit:
        return Numbers(known.last, known.gaps & ~bit), -1
    return Numbers(seq) if novelty is Novelty.NEW else known, 0


def begins_anew(known: Numbers | None, seq: int, novelty: Novelty) -> bool:
    """Whether a message says that its device restarted: surely new, and numbered lower, or far ahead of all before."""
    if known is None or novelty is not Novelty.NEW:
        return False
    ahead = seq - known.last
    if ahead >= 0:
        return ahead > JUMP_AHEAD
    # Shifted down, not up: from the largest number back to 0 would be a number of half a gigabyte.
    return not known.gaps >> -ahead & 1


#: What stands in a device's place: the last number, up to which one gaps are remembered, and they themselves.
_Row = tuple[int, int, tuple[int, int] | None]


class _Changed(NamedTuple):
    """What a batch has changed, as it was: last numbers in columns, oldest first; and of whom there were gaps."""

    together: list[tuple[IntArray, IntArray]]
    alone: dict[int, _Row]


class NumberBook(Mapping[int, Numbers]):
    """The numbers of every device, by its key. What a batch changed is kept, or taken back, as the states are.

    They stand in columns, in which those of many devices go on at once. Gaps stay as they were when they were last
    looked at, and are shifted when they are asked for.
    """

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        self._last: IntArray = np.full(_ROOM, UNNUMBERED, np.int64)
        #: The last number at which a gap is still remembered.
        self._gaps_until: IntArray = np.full(_ROOM, _NO_GAPS, np.int64)
        #: By place: gaps, and the last number then.
        self._gaps: dict[int, tuple[int, int]] = {}
        #: What changed in columns since the last `seal`; and in each batch that is not kept yet, oldest first.
        self._together: list[tuple[IntArray, IntArray]] = []
        self._before: deque[_Changed] = deque()

    def __getitem__(self, key: int) -> Numbers:
        place = self._places[key]
        last, known = self._last.item(place), self._gaps.get(place)
        if last == UNNUMBERED:
            raise KeyError(key)
        # Looked at before they are shifted: by now that could be a number of many megabytes.
        if known is None or last > self._gaps_until.item(place):
            return Numbers(last)
        gaps, then = known
        return Numbers(last, gaps << last - then & _ALL)

    def __contains__(self, key: object) -> bool:
        place = self._places.get(key)  # type: ignore[call-overload]  # anything may be asked for
        return place is not None and self._last.item(place) != UNNUMBERED

    def __iter__(self) -> Iterator[int]:
        return (key for key, place in self._places.items() if self._last.item(place) != UNNUMBERED)

    def __len__(self) -> int:
        return int(np.count_nonzero(self._last != UNNUMBERED))

    def unknown(self, keys: Iterable[int]) -> list[int]:
        """Those of these devices of which no number is known."""
        return [key for key in keys if key not in self]

    def remember(self, read: Mapping[int, Numbers]) -> None:
        """What was read of devices of which nothing was known."""
        for key, numbers in read.items():
            if key not in self:
                self._write(self.place(key), numbers)

    def place(self, device_key: int) -> int:
        """A device's place in the columns, for good."""
        place = self._places.get(device_key)
        if place is None:
            place = self._places[device_key] = len(self._places)
            if place == len(self._last):
                self._last = np.concatenate((self._last, np.full(place, UNNUMBERED, np.int64)))
                self._gaps_until = np.concatenate((self._gaps_until, np.full(place, _NO_GAPS, np.int64)))
        return place

    def follow_all(self, places: IntArray, seqs: IntArray) -> BoolArray:
        """Count one message each of many devices, all certainly new, where it is the next or has no number.

        Args:
            places: of the devices, each at most once, and none whose numbers are in a mapping that waits for `seal`;
                shape (n,).
            seqs: numbers of the messages, `UNNUMBERED` where there is none; shape (n,).

        Returns:
            Where that is all there is to say, shape (n,). The others changed nothing: they are for `follow`.
        """
        last = self._last[places]
        silent = seqs == UNNUMBERED
        numbered: BoolArray = ((last == UNNUMBERED) | (seqs == last + 1)) & ~silent
        self._go_on(places[numbered], seqs[numbered])
        counted_or_silent: BoolArray = numbered | silent
        return counted_or_silent

    def last_of(self, places: IntArray) -> IntArray:
        """The last numbers of devices, `UNNUMBERED` where none is known; both of shape (n,)."""
        return self._last[places]

    def seal(self, changed: Mapping[int, Numbers]) -> None:
        """End a batch that changed these, after what it changed in columns."""
        alone: dict[int, _Row] = {}
        without_gaps: dict[int, int] = {}
        for key, numbers in changed.items():
            place = self.place(key)
            if numbers.gaps or place in self._gaps:
                alone[place] = self._last.item(place), self._gaps_until.item(place), self._gaps.get(place)
                self._write(place, numbers)
            else:
                without_gaps[place] = numbers.last
        if without_gaps:
            self._go_on(np.array([*without_gaps]), np.array([*without_gaps.values()]))
        self._before.append(_Changed(self._together, alone))
        self._together = []

    def keep(self) -> None:
        """The oldest batch that was sealed is committed."""
        self._before.popleft()

    def undo(self) -> None:
        """What changed in columns since the last batch was sealed was never heard."""
        while self._together:
            places, last = self._together.pop()
            self._last[places] = last

    def undo_all(self) -> None:
        """No batch that is not kept could be committed."""
        self.undo()
        while self._before:
            self._together, alone = self._before.pop()
            for place, row in alone.items():
                self._put(place, row)
            self.undo()

    def _go_on(self, places: IntArray, last: IntArray) -> None:
        """Change the last numbers of devices, and leave their gaps as they are."""
        self._together.append((places, self._last[places]))
        self._last[places] = last

    def _write(self, place: int, numbers: Numbers) -> None:
        """Put the numbers of a device in its place."""
        last, gaps = numbers.last, numbers.gaps
        lowest = (gaps & -gaps).bit_length() - 1
        self._put(place, (last, last + REMEMBERED - 1 - lowest, (gaps, last)) if gaps else (last, _NO_GAPS, None))

    def _put(self, place: int, row: _Row) -> None:
        self._last[place], self._gaps_until[place], gaps = row
        if gaps is None:
            self._gaps.pop(place, None)
        else:
            self._gaps[place] = gaps
