"""Many readings of many persons at once, on plain states: a `Memory` for one batch."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence

from geofence.engine import FRESH, Outcome, PersonState
from geofence.memory import Memory
from geofence.person import Person
from geofence.reading import Reading

__all__ = ["judge_all"]


def judge_all(
    states: MutableMapping[int, PersonState], readings: Sequence[Reading], persons: Mapping[int, Person]
) -> list[Outcome]:
    """Judge readings in the order given and update `states` of those persons that changed.

    Who judges batch after batch keeps a `Memory` instead, which knows from the batches before what is quiet.

    Args:
        states: by person; a missing one starts fresh.
        readings: in order of arrival.
        persons: every person that a reading names.

    Returns:
        One outcome for each reading, equal to single steps.
    """
    memory = Memory(lambda person_id: states.get(person_id, FRESH))
    outcomes = memory.judge_all(readings, persons)
    for person_id in memory.touched:
        states[person_id] = memory.state(person_id)
    return outcomes
