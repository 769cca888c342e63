"""Gaps in a device's message numbers. Pure: the last number and the new one say what is missing.

A gap is counted at once; a message that then comes late, for example on another lane, is taken off again. A much
smaller number, or zero, is a device that restarted, not four billion losses.
"""

from __future__ import annotations

#: A number this far behind is a restart, not a late message. Count.
RESTART_BEHIND = 1_000
#: A number this far ahead is a device whose counter jumped, not that many losses. Count.
JUMP_AHEAD = 100_000


def follow(last_seq: int | None, seq: int) -> tuple[int, int]:
    """The last number after this message, and how the count of missing messages changes.

    Example:
        >>> follow(7, 8), follow(7, 10), follow(10, 9), follow(10, 0)
        ((8, 0), (10, 2), (10, -1), (0, 0))
    """
    if last_seq is None or seq == 0 or seq < last_seq - RESTART_BEHIND or seq > last_seq + JUMP_AHEAD:
        return seq, 0
    if seq > last_seq:
        return seq, seq - last_seq - 1
    return last_seq, -1
