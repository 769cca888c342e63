"""The nouns `Ladder` and `Choice`: who is told after how long, and which ladder is climbed for what.

What is written wrong is refused here, with what to write instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise

from alerts.errors import LadderError
from alerts.scale import Severity

#: A ladder that starts again sooner is a loop. Source: a call takes about half a minute to be heard; provisional.
LEAST_REPEAT_AFTER = timedelta(minutes=1)
#: No step later than this: whoever is told only tomorrow is not told. Source: a person on foot is 95 % within 5.8 km
#: and 8 h of where they were seen last (Grampian 2007); provisional.
LONGEST_DELAY = timedelta(hours=8)
#: Steps of one ladder, at most. Count; settled: four levels told twice.
MOST_STEPS = 8


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
    #: Who looks after the devices of the area.
    FLEET = "fleet"


class Hours(StrEnum):
    """When a choice of ladder counts."""

    ANY = "any"
    DAY = "day"
    NIGHT = "night"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a ladder is climbed for. Of several that fit, the most particular one counts."""

    ladder_id: str
    #: None: every kind.
    kind: str | None = None
    #: At least so bad.
    severity: Severity = Severity.INFO
    hours: Hours = Hours.ANY
    #: Persons who live in this division: a prefix of the statistical code, "" is everywhere.
    division: str = ""


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
    if len(steps) > MOST_STEPS:
        raise LadderError(f"ladder {ladder_id} has {len(steps)} steps: write at most {MOST_STEPS}.")
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
    _check_repetition(ladder_id, climbed)
    return Ladder(ladder_id=ladder_id, title=title, steps=climbed, repeat_after=repeat_after)


def check_reach(ladder: Ladder, reachable: Mapping[Audience, int]) -> None:
    """Refuse a ladder none of whose audiences has anybody who can be told.

    Args:
        ladder: right in itself.
        reachable: receivers with a working channel, by audience, in the whole registry.

    Raises:
        LadderError: it would reach nobody; the message names the audiences.
    """
    named = sorted({audience for step in ladder.steps for audience in step.audiences})
    if not any(reachable.get(audience, 0) for audience in named):
        raise LadderError(
            f"ladder {ladder.ladder_id} would reach nobody: no receiver of {', '.join(named)} has a working channel. "
            "Add one, or name another audience."
        )


def _check_delays(ladder_id: str, delays: Sequence[timedelta]) -> None:
    if delays[0] < timedelta():
        raise LadderError(f"ladder {ladder_id} step 0 has the delay {delays[0]}: write 0 or more.")
    for position, (earlier, later) in enumerate(pairwise(delays), start=1):
        if later <= earlier:
            raise LadderError(
                f"ladder {ladder_id} step {position} comes after {later}, not later than the step before it "
                f"({earlier}): write a longer delay, or join the two steps into one."
            )
    if delays[-1] > LONGEST_DELAY:
        raise LadderError(
            f"ladder {ladder_id} step {len(delays) - 1} waits {delays[-1]}: write at most {LONGEST_DELAY}."
        )


def _check_repetition(ladder_id: str, steps: Sequence[Step]) -> None:
    """A step that only names whom earlier ones of the round have told would tell nobody."""
    told: set[Audience] = set()
    for position, step in enumerate(steps):
        if told.issuperset(step.audiences):
            raise LadderError(
                f"ladder {ladder_id} step {position} names only {', '.join(step.audiences)}, told before in the same "
                "round, and would reach nobody new: name somebody else, or let the ladder repeat."
            )
        told.update(step.audiences)
        if Audience.ALL_FAMILY in step.audiences:
            told.add(Audience.FIRST_FAMILY)


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
