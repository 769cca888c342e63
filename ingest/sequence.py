"""Gaps in a device's message numbers. Pure: what was heard before and the new number say what is missing.

A gap is counted at once; a number of it that then comes late, for example on another lane, is taken off again. A number
that was heard before, as when a broker sends again after a crash, changes nothing. A smaller number in a message that
is certainly new is a device that restarted, not four billion losses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from enum import StrEnum

import msgspec

#: A number this far ahead is a device whose counter jumped, not that many losses. Count.
JUMP_AHEAD = 100_000
#: Numbers remembered one by one: by so many a safety event may overtake telemetry. Count.
REMEMBERED = 1_000

_ALL = 2**REMEMBERED - 1


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
        """From the columns of a table."""
        return cls(last, int.from_bytes(gaps))

    def gaps_stored(self) -> bytes:
        """`gaps` for a table; mostly empty."""
        return self.gaps.to_bytes((self.gaps.bit_length() + 7) // 8) if self.gaps else b""


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


class NumberBook:
    """The numbers of every device, by its key. What a batch changed is kept, or taken back, as the states are."""

    def __init__(self) -> None:
        self.by_device: dict[int, Numbers] = {}
        #: What each batch that is not kept yet has changed, as it was; oldest first.
        self._before: deque[dict[int, Numbers | None]] = deque()

    def remember(self, read: Mapping[int, Numbers]) -> None:
        """What was read of devices of which nothing was known."""
        for key, numbers in read.items():
            self.by_device.setdefault(key, numbers)

    def seal(self, changed: Mapping[int, Numbers]) -> None:
        """End a batch that changed these."""
        self._before.append({key: self.by_device.get(key) for key in changed})
        self.by_device.update(changed)

    def keep(self) -> None:
        """The oldest batch that was sealed is committed."""
        self._before.popleft()

    def undo_all(self) -> None:
        """No batch that is not kept could be committed."""
        while self._before:
            for key, numbers in self._before.pop().items():
                if numbers is None:
                    del self.by_device[key]
                else:
                    self.by_device[key] = numbers
