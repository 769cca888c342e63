"""What happens by chance: chosen for a person and a day from the seed alone, so at any speed the same."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from simulators.episodes.parameter import Parameter, Value
from simulators.episodes.rates import Rate
from simulators.episodes.table import EPISODES, EpisodeKind, Needs
from simulators.people import routine
from simulators.people.habits import Habits
from simulators.person import Person

#: Between the beginnings of two episodes of a person. Seconds.
APART_S = 3 * 3600.0
#: Metres and seconds of what comes by chance vary around the default by this. Ratio.
VARIES = (0.6, 1.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An episode to come."""

    at_s: float
    name: str
    parameters: dict[str, Value]


def planned(seed: int, person: Person, number: int, rates: Mapping[str, Rate], usual: Habits) -> list[Planned]:
    """The episodes of one person that begin on a local day, in order; those too near to an earlier one are left out."""
    rng = random.Random(f"{seed}/chance/{person.index}/{number}")
    midnight_s = routine.midnight_s(number)
    found: list[Planned] = []
    for name, rate in rates.items():
        kind = EPISODES[name]
        # Each draws what it draws whether it happens or not, so that one rate does not move the others.
        happens, hour = rng.random() < rate.per_person_day, rng.uniform(rate.from_h, rate.until_h)
        parameters = {one.name: _varied(rng, one, usual) for one in kind.parameters}
        if happens and fits(kind, person):
            found.append(Planned(at_s=midnight_s + 3600 * hour, name=name, parameters=parameters))
    apart: list[Planned] = []
    for one in sorted(found, key=lambda planned: planned.at_s):
        if not apart or one.at_s - apart[-1].at_s >= APART_S:
            apart.append(one)
    return apart


def fits(kind: EpisodeKind, person: Person) -> bool:
    """Whether the person has what it needs."""
    bracelet, bed = person.bracelet_id is not None, person.bed_id is not None
    return {Needs.BRACELET: bracelet, Needs.BED: bed, Needs.BOTH: bracelet and bed}[kind.needs]


def _varied(rng: random.Random, parameter: Parameter, usual: Habits) -> Value:
    ratio = rng.uniform(*VARIES)
    if parameter.name == "speed_mps":
        return min(max(usual.speed_mps * rng.uniform(0.85, 1.15), parameter.least), parameter.most)
    if parameter.name == "announced":
        return rng.random() < ANNOUNCED
    if isinstance(parameter.default, bool | str) or parameter.unit not in {"m", "s", "g"}:
        return parameter.default
    return min(max(parameter.default * ratio, parameter.least), parameter.most)


#: Outings that the family enters beforehand. Share; our judgement.
ANNOUNCED = 0.7
