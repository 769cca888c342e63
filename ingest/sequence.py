"""Gaps in a device's message numbers. Pure: what was heard before and the new number say what is missing.

A gap is counted at once; a number of it that then comes late, for example on another lane, is taken off again. A number
that was heard before, as when a broker sends again after a crash, changes nothing. A smaller number in a message that
is certainly new is a device that restarted, not four billion losses.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: A number this far ahead is a device whose counter jumped, not that many losses. Count.
JUMP_AHEAD = 100_000
#: Numbers remembered one by one. Count; as many as a signed 64-bit column holds.
REMEMBERED = 63

_ALL = 2**REMEMBERED - 1


class Novelty(StrEnum):
    """What is known of a message besides its number."""

    #: Newer than everything before.
    NEW = "new"
    #: It may be the first time or not.
    UNSURE = "unsure"
    #: Not newer than what was heard: it can fill a gap and make none.
    OLD = "old"


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was heard of a device's numbering."""

    last: int
    #: Bit n is set when `last - n` was heard, or came before we listened.
    window: int = _ALL


def follow(known: Numbers | None, seq: int, novelty: Novelty = Novelty.NEW) -> tuple[Numbers, int]:
    """The numbers after a message, and how the count of missing messages changes.

    Example: 7 and then 10 are two missing, and 9 after that one less.
    """
    if known is None:
        return Numbers(seq), 0
    ahead = seq - known.last
    if 0 < ahead <= JUMP_AHEAD and novelty is not Novelty.OLD:
        window = (known.window << ahead | 1) & _ALL if ahead < REMEMBERED else 1
        return Numbers(seq, window), ahead - 1
    bit = 1 << -ahead if -REMEMBERED < ahead <= 0 else 0
    if bit and not known.window & bit:
        return Numbers(known.last, known.window | bit), -1
    return Numbers(seq) if novelty is Novelty.NEW else known, 0
