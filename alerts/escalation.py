"""Which ladder an incident climbs and when each rung is due. Pure: rows in `escalations` are the timers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from alerts.ladder import Audience, Ladder, Step
from alerts.severity import Severity

_MINUTE = timedelta(minutes=1)

#: From the last step to the next round. Source: provisional; long enough for four levels to read and answer, and short
#: against the 75 min in which half of the people lost on foot are still within 700 m (Grampian 2007).
REPEAT_AFTER = 10 * _MINUTE

#: Delays in scaled time. Source: design section 7 (first contact; +2 min; then level by level); provisional.
DEFAULT = Ladder(
    ladder_id="default",
    title="家人先，两分钟后邻近协调员，再逐级上报 / Family first, neighbours after two minutes, then level by level",
    steps=(
        Step(delay=0 * _MINUTE, audiences=(Audience.FIRST_FAMILY,)),
        Step(delay=2 * _MINUTE, audiences=(Audience.ALL_FAMILY, Audience.COORDINATORS)),
        Step(delay=5 * _MINUTE, audiences=(Audience.STATION,)),
        Step(delay=10 * _MINUTE, audiences=(Audience.COUNTY, Audience.CENTRE)),
    ),
    repeat_after=REPEAT_AFTER,
)
TOGETHER = Ladder(
    ladder_id="together",
    title="家人和协调员同时 / Family and coordinators together",
    steps=(
        Step(delay=0 * _MINUTE, audiences=(Audience.ALL_FAMILY, Audience.COORDINATORS)),
        Step(delay=2 * _MINUTE, audiences=(Audience.STATION,)),
        Step(delay=5 * _MINUTE, audiences=(Audience.COUNTY, Audience.CENTRE)),
    ),
    repeat_after=REPEAT_AFTER,
)
GENTLE = Ladder(
    ladder_id="gentle",
    title="只告诉家人一次 / One word to the family's first contact",
    steps=(Step(delay=0 * _MINUTE, audiences=(Audience.FIRST_FAMILY,)),),
)
#: Written when the service starts on a database that lacks them; gentlest first.
LADDERS = (GENTLE, DEFAULT, TOGETHER)

#: Kinds with a ladder of their own; the others go by severity.
BY_KIND: Mapping[str, str] = MappingProxyType(
    {"sos": TOGETHER.ladder_id, "zone_exit": DEFAULT.ladder_id, "low_battery": GENTLE.ladder_id}
)

_STRENGTH = {ladder.ladder_id: strength for strength, ladder in enumerate(LADDERS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class DueStep:
    """One rung of one round with its instant."""

    round: int
    position: int
    ladder_id: str
    due_at: datetime
    audiences: tuple[Audience, ...]


def ladder_for(kind: str, severity: Severity) -> str:
    """The ladder that a detection of this kind asks for."""
    by_severity = DEFAULT if severity.rank >= Severity.URGENT.rank else GENTLE
    return BY_KIND.get(kind, by_severity.ladder_id)


def built_in(ladder_id: str) -> Ladder:
    """The ladder we ship under this name, for when the stored one cannot be used."""
    return next((ladder for ladder in LADDERS if ladder.ladder_id == ladder_id), DEFAULT)


def stronger(ladder_id: str, than: str | None) -> bool:
    """Whether a ladder rings more people, or sooner, than the one being climbed."""
    return than is None or _STRENGTH.get(ladder_id, 0) > _STRENGTH.get(than, 0)


def expand(ladder: Ladder, *, round_number: int, since: datetime) -> tuple[DueStep, ...]:
    """The steps of one round that begins at `since`."""
    return tuple(
        DueStep(
            round=round_number,
            position=position,
            ladder_id=ladder.ladder_id,
            due_at=since + step.delay,
            audiences=step.audiences,
        )
        for position, step in enumerate(ladder.steps)
    )


def next_round_since(ladder: Ladder, *, last_due_at: datetime, now: datetime) -> datetime | None:
    """When the round after this one begins; None when the ladder is said once.

    Counted from when the last step was due, so that rounds do not drift; from now when that is long past, so that a
    service coming back after an hour does not catch up on six rounds at once.
    """
    if ladder.repeat_after is None:
        return None
    return max(last_due_at + ladder.repeat_after, now)
