"""Which silences are one outage, and when it is over. Pure: who is silent and how many there are come in as data.

A device that stops reporting may be flat, or in a canal. Three hundred that stop within a minute are a base station.
Areas are prefixes of the statistical code, so "whose street is this" is a prefix. Of the areas that are silent the
largest is told, because a county's failure is one failure and not eighty; but a county only when most of its towns are
affected, because one big town is not its county.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from alerts.divisions import LEVELS

#: This share of an area's devices silent together is an outage. Source: provisional; single devices fall silent at a
#: few per cent a day, so that a third at once has another cause.
SHARE = 0.3
#: Fewer devices say nothing about an area: a couple with two bracelets is no outage. Count. Provisional.
LEAST_DEVICES = 5
#: This share of those that were silent has reported again: over. Some stay flat or off whatever the network does.
OVER_SHARE = 0.8
#: Levels an outage is told of: county, town, village. A whole city silent is us, not the network.
_COUNTY, _TOWN = 6, 9
_TOLD_LEVELS = tuple(level for level in LEVELS if level >= _COUNTY)
#: A county is silent when so many of its towns are. Share. Provisional.
WIDESPREAD = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """One device that has fallen silent."""

    device_id: str
    division: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An area whose devices are silent together."""

    division: str
    silent: int
    #: Devices in use there.
    expected: int


class Recovery(StrEnum):
    """Where an outage stands."""

    LASTS = "lasts"
    OVER = "over"


def find(silences: Sequence[Silent], in_use: Mapping[str, int]) -> list[Found]:
    """The outages that explain these silences, largest area first; a device belongs to one at most.

    Args:
        silences: devices that fell silent within the window.
        in_use: devices in use, by the division of the person who wears them.
    """
    found: list[Found] = []
    for level in _TOLD_LEVELS:
        left = [one for one in silences if not any(one.division.startswith(known.division) for known in found)]
        counts = Counter(one.division[:level] for one in left if len(one.division) >= level)
        found += [
            Found(division=area, silent=silent, expected=expected)
            for area, silent in sorted(counts.items())
            if silent >= LEAST_DEVICES
            and silent >= SHARE * (expected := _expected(area, in_use))
            and (level != _COUNTY or _widespread(area, left, in_use))
        ]
    return found


def explained(silent: Silent, found: Iterable[Found]) -> Found | None:
    """The outage a silence belongs to; None: it stands for itself."""
    return next((one for one in found if silent.division.startswith(one.division)), None)


def recovery(*, silent: int, heard_again: int) -> Recovery:
    """Whether an outage is over."""
    return Recovery.OVER if silent == 0 or heard_again >= OVER_SHARE * silent else Recovery.LASTS


def _expected(area: str, in_use: Mapping[str, int]) -> int:
    return sum(count for division, count in in_use.items() if division.startswith(area))


def _widespread(county: str, silences: Iterable[Silent], in_use: Mapping[str, int]) -> bool:
    """Whether most towns of a county that have devices are silent."""
    towns = {division[:_TOWN] for division in in_use if division.startswith(county) and len(division) >= _TOWN}
    counts = Counter(one.division[:_TOWN] for one in silences)
    affected = [town for town in towns if counts[town] and counts[town] >= SHARE * _expected(town, in_use)]
    return len(affected) > WIDESPREAD * len(towns)
