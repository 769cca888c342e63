"""When each rung of a ladder is due. Pure: rows in `escalations` are the timers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.ladder import Audience, Ladder

#: A timer is allowed to lie so much further ahead than it was set, before we believe that the clock was put back.
#: Covers what the processes' clocks may differ. Provisional.
CLOCK_SLACK = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueStep:
    """One rung of one round with its instant."""

    round: int
    position: int
    ladder_id: str
    due_at: datetime
    audiences: tuple[Audience, ...]
    #: From the step before it, or from when the round was set: how long it was meant to wait at most.
    wait: timedelta = timedelta()


def expand(ladder: Ladder, *, round_number: int, since: datetime, wait: timedelta = timedelta()) -> tuple[DueStep, ...]:
    """The steps of one round that begins at `since`, which lies `wait` ahead."""
    before = [-wait, *(step.delay for step in ladder.steps)]
    return tuple(
        DueStep(
            round=round_number,
            position=position,
            ladder_id=ladder.ladder_id,
            due_at=since + step.delay,
            audiences=step.audiences,
            wait=step.delay - earlier,
        )
        for position, (step, earlier) in enumerate(zip(ladder.steps, before, strict=False))
    )


def next_round_since(ladder: Ladder, *, last_due_at: datetime, now: datetime) -> datetime | None:
    """When the round after this one begins; None when the ladder is said once.

    Counted from when the last step was due, so that rounds do not drift; from now when that is long past, so that a
    service coming back after an hour does not catch up on six rounds at once.
    """
    if ladder.repeat_after is None:
        return None
    return max(last_due_at + ladder.repeat_after, now)


def pulled(pending: Sequence[DueStep], *, now: datetime) -> list[DueStep]:
    """The timers of one incident as they should stand; the same when the clock has not been put back.

    A clock put back by an hour would leave a daughter's brother untold for an hour: the next step never lies further
    ahead than it was set to wait, and the later ones keep their distance to it.
    """
    if not pending:
        return []
    ahead = pending[0].due_at - (now + pending[0].wait)
    if ahead <= CLOCK_SLACK:
        return list(pending)
    return [replace(step, due_at=step.due_at - ahead) for step in pending]
