"""Many readings of many persons at once: features as arrays, then the very same `judge` for each, in order."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence

from geofence.engine import FRESH, Outcome, PersonState, judge
from geofence.features import safe_area, safe_areas
from geofence.person import Person
from geofence.reading import Reading

#: Below this many readings the arrays cost more than they save. Measured, docs/decisions/0002.
ARRAYS_FROM = 16


def judge_all(
    states: MutableMapping[int, PersonState], readings: Sequence[Reading], persons: Mapping[int, Person]
) -> list[Outcome]:
    """Judge readings in the order given and update `states` of those persons that changed.

    Args:
        states: by person; a missing one starts fresh.
        readings: in order of arrival.
        persons: every person that a reading names.

    Returns:
        One outcome for each reading, equal to single steps.
    """
    people = [persons[reading.person_id] for reading in readings]
    if len(readings) < ARRAYS_FROM:
        areas = [safe_area(reading, person) for reading, person in zip(readings, people, strict=True)]
    else:
        areas = safe_areas(readings, people)
    outcomes: list[Outcome] = []
    for reading, person, area in zip(readings, people, areas, strict=True):
        before = states.get(reading.person_id, FRESH)
        after, outcome = judge(before, reading, person, area)
        if after is not before:
            states[reading.person_id] = after
        outcomes.append(outcome)
    return outcomes
