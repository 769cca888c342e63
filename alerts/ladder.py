"""The noun `Ladder`: who is told after how long. What is written wrong is refused here, with what to write instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise

from alerts.errors import LadderError

#: A ladder that starts again sooner is a loop. Source: a call takes about half a minute to be heard; provisional.
LEAST_REPEAT_AFTER = timedelta(minutes=1)


class Audience(StrEnum):
    """A group of receivers, as a ladder names it."""

    #: The family's first contact that can be reached.
    FIRST_FAMILY = "first_family"
    ALL_FAMILY = "all_family"
    #: Village coordinators, and the three levels above them, of the smallest area that has any.
    COORDINATORS = "coordinators"
    STATION = "station"
    COUNTY = "county"
    CENTRE = "centre"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung."""

    #: After the round began.
    delay: timedelta
    audiences: tuple[Audience, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """Steps in order. Built by `checked`."""

    ladder_id: str
    title: str
    steps: tuple[Step, ...]
    #: From the last step to the first of the next round, until somebody acknowledges. None: said once.
    repeat_after: timedelta | None = None


def checked(
    ladder_id: str,
    *,
    title: str,
    steps: Sequence[tuple[timedelta, Sequence[str]]],
    repeat_after: timedelta | None,
) -> Ladder:
    """A ladder from stored rows.

    Raises:
        LadderError: it would reach nobody, loop, or climb in the wrong order; the message says what to write.
    """
    if not steps:
        raise LadderError(f"ladder {ladder_id} has no steps and would reach nobody: write at least one step.")
    if repeat_after is not None and repeat_after < LEAST_REPEAT_AFTER:
        raise LadderError(
            f"ladder {ladder_id} repeats after {repeat_after}, which is a loop: "
            f"write at least {LEAST_REPEAT_AFTER} or leave it empty to say it once."
        )
    _check_delays(ladder_id, [delay for delay, _ in steps])
    climbed = tuple(
        Step(delay=delay, audiences=_audiences(ladder_id, position, words))
        for position, (delay, words) in enumerate(steps)
    )
    return Ladder(ladder_id=ladder_id, title=title, steps=climbed, repeat_after=repeat_after)


def _check_delays(ladder_id: str, delays: Sequence[timedelta]) -> None:
    if delays[0] < timedelta():
        raise LadderError(f"ladder {ladder_id} step 0 has the delay {delays[0]}: write 0 or more.")
    for position, (earlier, later) in enumerate(pairwise(delays), start=1):
        if later <= earlier:
            raise LadderError(
                f"ladder {ladder_id} step {position} comes after {later}, not later than the step before it "
                f"({earlier}): write a longer delay, or join the two steps into one."
            )


def _audiences(ladder_id: str, position: int, words: Sequence[str]) -> tuple[Audience, ...]:
    known = {audience.value for audience in Audience}
    if not words:
        raise LadderError(f"ladder {ladder_id} step {position} tells nobody: write one of {', '.join(Audience)}.")
    for word in words:
        if word not in known:
            raise LadderError(
                f"ladder {ladder_id} step {position} names the unknown audience {word!r}: "
                f"write one of {', '.join(Audience)}."
            )
    return tuple(Audience(word) for word in words)
