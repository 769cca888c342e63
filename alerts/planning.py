"""Stored ladders and choices as a `Plan`; what is written wrong is said so and left out. Also: saving one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import structlog

from alerts import channels, ladder
from alerts.dispatch import RELATION
from alerts.errors import LadderError
from alerts.ladder import Audience, Choice, Ladder
from alerts.plan import CHOICES, LADDERS, Plan
from alerts.receiver import Relation
from alerts.store import ladders, people
from runtime.database import Connection

log = structlog.get_logger(__name__)


async def load(connection: Connection) -> Plan:
    """The plan in force."""
    stored = dict(_usable(await ladders.rows(connection)))
    return Plan(ladders=stored, choices=tuple(await ladders.choices(connection)))


async def seed(connection: Connection) -> None:
    """Write the ladders and choices we ship where there are none."""
    await ladders.seed(connection, LADDERS)
    await ladders.seed_choices(connection, CHOICES)


async def save(connection: Connection, made: Ladder, choices: Sequence[Choice]) -> None:
    """Write a ladder that is right in itself, unless nobody in the whole registry would hear it.

    Raises:
        LadderError: none of its audiences has a receiver with a working channel.
    """
    ladder.check_reach(made, await reachable(connection))
    await ladders.put(connection, made, choices)


async def reachable(connection: Connection) -> Counter[Audience]:
    """Receivers with a working channel, by audience."""
    counted: Counter[Audience] = Counter()
    for receiver in await people.all_receivers(connection):
        if any(channels.works(entry) for entry in people.entries(receiver["channels"])):
            counted.update(_audiences(Relation(receiver["relation"])))
    return counted


def _audiences(relation: Relation) -> tuple[Audience, ...]:
    if relation is Relation.FAMILY:
        return (Audience.FIRST_FAMILY, Audience.ALL_FAMILY)
    return tuple(audience for audience, meant in RELATION.items() if meant is relation)


def _usable(rows: Iterable[ladders.LadderRow]) -> Iterable[tuple[str, Ladder]]:
    for row in rows:
        try:
            yield row.ladder_id, check_row(row)
        except LadderError as error:
            log.warning("ladder_unusable", error=str(error), instead="the ladder shipped with Tongxing")


def check_row(row: ladders.LadderRow) -> Ladder:
    """One stored ladder.

    Raises:
        LadderError: it is written wrong.
    """
    return ladder.checked(
        row.ladder_id,
        title=row.title,
        steps=list(zip(row.delays, row.audiences, strict=True)),
        repeat_after=row.repeat_after,
    )
