"""Random households that stay calm: two bracelets or one and a bed, Wi-Fi that says home, messages that come late.

Raw material of the property tests, as `tests.geofence.random_traces`; there one bracelet of a person speaks at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from hypothesis import strategies as st
from msgspec.structs import replace

from geofence.reading import Reading, ReadingKind
from tests.geofence.random_traces import disturbed, ordinary
from tests.geofence.scenes import START


@dataclass(frozen=True, kw_only=True)
class Household:
    """What devices somebody has and how those talk."""

    #: The other bracelet: none, one that never sends a fix, one that does.
    other: ReadingKind | None = None
    bed: bool = False
    #: What the bracelets hear of home.
    at_home: bool | None = None
    #: How long messages are on their way, at random. Seconds.
    late_s: tuple[float, ...] = (1.0,)
    #: Share of messages that come after the next ones.
    overtaken: float = 0.0


def household(random: Random) -> Household:
    """Any of them; plain ones more often."""
    return Household(
        other=random.choice([None, None, ReadingKind.HEARTBEAT, ReadingKind.LOCATION]),
        bed=random.random() < 0.4,
        at_home=random.choice([None, True, True, False]),
        late_s=random.choice([(1.0,), (0.0, 30.0, 300.0), (599.0, 600.0, 601.0)]),
        overtaken=random.choice([0.0, 0.0, 0.1]),
    )


def said_at(random: Random, person_id: int, home: Household, at: datetime) -> list[Reading]:
    """What a household says in one round: its bed if there is one, and a bracelet."""
    return [_of(random, person_id, home, at, bed=bed) for bed in ([True, False] if home.bed else [False])]


def _of(random: Random, person_id: int, home: Household, at: datetime, *, bed: bool) -> Reading:
    said = ordinary(random, person_id, at)
    while (said.bed is not None) is not bed:
        said = ordinary(random, person_id, at)
    received_at = at + timedelta(seconds=random.choice(home.late_s))
    if bed:
        return replace(said, received_at=received_at)
    if home.other is not None and random.random() < 0.3:
        said = replace(said, device_id="zb-b")
        if home.other is ReadingKind.HEARTBEAT:
            said = replace(said, fix=None, kind=ReadingKind.HEARTBEAT)
    if said.fix is not None:
        said = replace(said, fix=replace(said.fix, accuracy_m=random.choice([8.0, 12.0, 15.0])))
    return replace(said, received_at=received_at, at_home=home.at_home)


def household_hours(
    seed: int, size: int, homes: dict[int, Household], often: float, gap_s: float = 60.0
) -> list[Reading]:
    """Hours of some persons, a message each in a round.

    Args:
        seed: of what is random.
        size: rounds, a minute or so each.
        homes: by person.
        often: share of messages with something out of the ordinary.
        gap_s: between rounds. Seconds.

    Returns:
        Readings in order of arrival.
    """
    random, at, readings = Random(seed), START + timedelta(seconds=600), list[Reading]()
    waiting: list[Reading] = []
    for _ in range(size):
        at += timedelta(seconds=gap_s)
        held_back, waiting = waiting, []
        for person_id, home in homes.items():
            for said in said_at(random, person_id, home, at):
                said_so = disturbed(random, said) if random.random() < often else said
                (waiting if random.random() < home.overtaken else readings).append(said_so)
        readings += held_back
    return readings + waiting


def any_households(seed: int, size: int, person_ids: Sequence[int]) -> list[Reading]:
    """Hours of persons who live anyhow."""
    random = Random(seed)
    homes = {person_id: household(random) for person_id in person_ids}
    return household_hours(seed, size, homes, random.choice([0.0, 0.05]), random.choice([46.0, 60.0, 60.0, 300.0]))


def households(*, max_size: int = 60, person_ids: Sequence[int] = (1, 4, 5)) -> st.SearchStrategy[list[Reading]]:
    """Person 5 has zones that come and go."""
    return st.builds(any_households, st.integers(0, 2**32), st.integers(20, max_size), st.just(person_ids))
