"""Gaps in a device's message numbers. Pure: what was heard before and the new number say what is missing.

A gap is counted at once; a number of it that then comes late, for example on another lane, is taken off again. A number
that was heard before, as when a broker sends again after a crash, changes nothing. A much smaller number, or zero, is a
device that restarted, not four billion losses.
"""

from __future__ import annotations

from dataclasses import dataclass

#: A number this far behind is a restart, not a late message. Count.
RESTART_BEHIND = 1_000
#: A number this far ahead is a device whose counter jumped, not that many losses. Count.
JUMP_AHEAD = 100_000
#: Numbers remembered one by one. Count; as many as a signed 64-bit column holds.
REMEMBERED = 63

_ALL = 2**REMEMBERED - 1


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was heard of a device's numbering."""

    last: int
    #: Bit n is set when `last - n` was heard, or came before we listened.
    window: int = _ALL


def follow(known: Numbers | None, seq: int, *, repeated: bool = False) -> tuple[Numbers, int]:
    """The numbers after this message, and how the count of missing messages changes.

    Args:
        known: what was heard before.
        seq: the message's number.
        repeated: the message is not newer than what was heard: it can fill a gap and make none.
    """
    if known is None:
        return Numbers(seq), 0
    ahead = seq - known.last
    if ahead > 0 and repeated:
        return known, 0
    if 0 < ahead <= JUMP_AHEAD:
        window = (known.window << ahead | 1) & _ALL if ahead < REMEMBERED else 1
        return Numbers(seq, window), ahead - 1
    bit = 1 << -ahead if -REMEMBERED < ahead <= 0 else 0
    if bit and not known.window & bit:
        return Numbers(known.last, known.window | bit), -1
    restarted = ahead > JUMP_AHEAD or -ahead > RESTART_BEHIND or (seq == 0 and ahead < 0)
    return (Numbers(seq), 0) if restarted and not repeated else (known, 0)
