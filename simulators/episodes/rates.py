"""How often what happens by chance: episodes a person and day, by their names in the table.

Which person meets what on which day follows from the seed alone, so two runs of a seed have the same
truth at any speed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from simulators.episodes.table import EPISODES
from simulators.errors import SimulatorError


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Of one episode."""

    #: Of each person who has what it needs. Times a day.
    per_person_day: float
    #: Local hours within which it begins.
    from_h: float
    until_h: float
    source: str


#: Ordinary things, which must ring nobody. All are judgement unless it says otherwise.
ORDINARY: Mapping[str, Rate] = MappingProxyType(
    {
        "outing": Rate(per_person_day=0.1, from_h=9, until_h=13, source="once in ten days; our judgement"),
        "washing": Rate(per_person_day=0.5, from_h=8, until_h=10, source="every second day; our judgement"),
        "linen": Rate(per_person_day=0.1, from_h=9, until_h=11, source="once in ten days; our judgement"),
        "guest_on_bed": Rate(per_person_day=0.02, from_h=14, until_h=17, source="our judgement"),
        "restless_night": Rate(per_person_day=0.08, from_h=22, until_h=23, source="our judgement"),
        "hand_knock": Rate(
            per_person_day=1.0,
            from_h=7,
            until_h=19,
            source="0.56 false impacts an hour of wear with a bare rule (Palmerini 2020) is the upper end",
        ),
    }
)

#: What must be found, as often as a programme would meet it, times about ten so that a week has enough to count.
ILL: Mapping[str, Rate] = MappingProxyType(
    {
        **ORDINARY,
        "night_exit": Rate(
            per_person_day=0.02,
            from_h=23,
            until_h=28,
            source="our judgement; six in ten wander at some time (Alzheimer's Association)",
        ),
        "lost": Rate(per_person_day=0.01, from_h=9, until_h=15, source="our judgement"),
        "pacing": Rate(per_person_day=0.01, from_h=9, until_h=16, source="our judgement"),
        "lapping": Rate(per_person_day=0.01, from_h=9, until_h=16, source="our judgement"),
        "random_walk": Rate(per_person_day=0.01, from_h=9, until_h=16, source="our judgement"),
        "bus": Rate(per_person_day=0.005, from_h=9, until_h=15, source="our judgement"),
        "fall": Rate(
            per_person_day=0.01,
            from_h=7,
            until_h=17,
            source="1.7 falls a person-year in care homes (Rubenstein 1994), twice",
        ),
        "bedside_fall": Rate(
            per_person_day=0.01, from_h=23, until_h=29, source="a third of falls is beside the bed; our judgement"
        ),
        "sos": Rate(per_person_day=0.01, from_h=7, until_h=21, source="our judgement"),
        "no_return": Rate(per_person_day=0.01, from_h=23, until_h=27, source="our judgement"),
        "still_in_bed": Rate(per_person_day=0.003, from_h=5, until_h=5.1, source="our judgement"),
        "charger_forgotten": Rate(per_person_day=0.01, from_h=17, until_h=17.1, source="our judgement"),
        "dead_device": Rate(per_person_day=0.003, from_h=8, until_h=16, source="our judgement"),
        "bracelet_left": Rate(per_person_day=0.03, from_h=9, until_h=16, source="our judgement"),
        "bracelet_torn": Rate(per_person_day=0.002, from_h=9, until_h=16, source="our judgement"),
        "heart_slow": Rate(per_person_day=0.004, from_h=23, until_h=28, source="our judgement"),
        "heart_fast": Rate(per_person_day=0.004, from_h=23, until_h=28, source="our judgement"),
        "breathing_fast": Rate(per_person_day=0.003, from_h=23, until_h=28, source="our judgement"),
        "breathing_pauses": Rate(per_person_day=0.004, from_h=23, until_h=26, source="our judgement"),
        "bed_fault": Rate(per_person_day=0.002, from_h=8, until_h=20, source="our judgement"),
    }
)
NONE: Mapping[str, Rate] = MappingProxyType({})
SETS: Mapping[str, Mapping[str, Rate]] = MappingProxyType({"none": NONE, "ordinary": ORDINARY, "ill": ILL})


def chosen(name: str, changes: Mapping[str, float]) -> Mapping[str, Rate]:
    """A set with some rates changed, 0 switching one off.

    Raises:
        SimulatorError: no such set or episode, or a rate that is none.
    """
    if name not in SETS:
        raise SimulatorError(f"there are no rates {name!r}: write one of {', '.join(SETS)}.")
    rates = dict(SETS[name])
    for episode, per_day in changes.items():
        if episode not in EPISODES:
            raise SimulatorError(f"there is no episode {episode!r}: there are {', '.join(EPISODES)}.")
        if not 0 <= per_day <= 20:  # noqa: PLR2004 - more in a day would run into each other
            raise SimulatorError(f"{episode}: {per_day:g} a day cannot be: write 0 to 20.")
        known = ILL.get(episode, Rate(per_person_day=0, from_h=8, until_h=20, source=""))
        rates[episode] = Rate(
            per_person_day=per_day, from_h=known.from_h, until_h=known.until_h, source="as the scene says"
        )
    return {episode: rate for episode, rate in rates.items() if rate.per_person_day > 0}
