"""Which silences are one outage, and when it is over. Pure: who is silent and how many there are come in as data.

A device that stops reporting may be flat, or in a canal. Three hundred that stop within a minute are a base station.
Areas are prefixes of the statistical code, so "whose street is this" is a prefix. Of the areas that are silent the
largest is told, because a county's failure is one failure and not eighty; but a county or city only when most of its
parts are affected, because one big town is not its county.

A device may name the gateway through which it reaches us: a base station, a home box. A gateway whose devices are
silent together is told instead of the village around it, and instead of a larger area when hardly anything else there
is silent, because it says what to repair.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from alerts.divisions import LEVELS

#: This share of an area's bracelets silent together is an outage. Source: provisional; single devices fall silent at a
#: few per cent a day, so that a third at once has another cause.
SHARE = 0.3
#: Fewer devices say nothing about an area: a couple with two bracelets is no outage. Count. Provisional.
LEAST_DEVICES = 5
#: This share of those that were silent has reported again: over. Some stay flat or off whatever the network does.
OVER_SHARE = 0.8
#: Levels an outage is told of: city, county, town, village; and what the widest of them consist of.
_CITY, _COUNTY, _TOWN = 4, 6, 9
_TOLD_LEVELS = tuple(level for level in LEVELS if level >= _CITY)
_PARTS = {_CITY: _COUNTY, _COUNTY: _TOWN}
#: A county is silent when more than this share of its towns is, a city when that of its counties is. Provisional.
WIDESPREAD = 0.5
#: ... and at least so many of a city's counties: two may have failed for two reasons. Count. Provisional.
LEAST_COUNTIES = 3
#: A gateway is told instead of the area when so much of what is silent there is its own. Share. Provisional.
GATEWAY_ALONE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """One device that has fallen silent."""

    device_id: str
    division: str
    #: Through what it reaches us; None: not known.
    gateway: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An area, or a gateway, whose devices are silent together."""

    #: The area; of a gateway the smallest that holds all of its silent devices.
    division: str
    silent: int
    #: Bracelets in use there.
    expected: int
    gateway: str | None = None

    def explains(self, one: Silent) -> bool:
        """Whether a silence belongs to it."""
        return one.division.startswith(self.division) if self.gateway is None else one.gateway == self.gateway


class Recovery(StrEnum):
    """Where an outage stands."""

    LASTS = "lasts"
    OVER = "over"


def find(
    silences: Sequence[Silent], in_use: Mapping[str, int], gateways: Mapping[str, int] = MappingProxyType({})
) -> list[Found]:
    """The outages that explain these silences, largest area first; a device belongs to one at most.

    Args:
        silences: devices that fell silent within the window.
        in_use: bracelets in use, by the division of the person who wears them.
        gateways: bracelets in use, by the gateway through which they reach us.
    """
    found: list[Found] = []
    for level in _TOLD_LEVELS:
        if level > _TOWN:
            found += _gateways(_left(silences, found), gateways)
        left = _left(silences, found)
        counts = Counter(one.division[:level] for one in left if len(one.division) >= level)
        found += [
            _narrowed(Found(division=area, silent=silent, expected=expected), left, gateways)
            for area, silent in sorted(counts.items())
            if _together(silent, expected := _expected(area, in_use)) and _widespread(area, left, in_use)
        ]
    return found


def explained(silent: Silent, found: Iterable[Found]) -> Found | None:
    """The outage a silence belongs to; None: it stands for itself."""
    return next((one for one in found if one.explains(silent)), None)


def _left(silences: Iterable[Silent], found: Sequence[Found]) -> list[Silent]:
    return [one for one in silences if explained(one, found) is None]


def _together(silent: int, expected: int) -> bool:
    return silent >= LEAST_DEVICES and silent >= SHARE * expected


def _gateways(silences: Sequence[Silent], in_use: Mapping[str, int]) -> list[Found]:
    """Gateways whose devices are silent together."""
    counts = Counter(one.gateway for one in silences if one.gateway is not None)
    return [
        Found(division=_around(gateway, silences), silent=silent, expected=expected, gateway=gateway)
        for gateway, silent in sorted(counts.items())
        if _together(silent, expected := max(silent, in_use.get(gateway, 0)))
    ]


def _narrowed(area: Found, silences: Sequence[Silent], in_use: Mapping[str, int]) -> Found:
    """The gateway behind nearly all that is silent in an area, or else the area."""
    within = [one for one in silences if area.explains(one)]
    for found in _gateways(within, in_use):
        if found.silent >= GATEWAY_ALONE * len(within):
            return found
    return area


def _around(gateway: str, silences: Iterable[Silent]) -> str:
    """The smallest area that holds every silent device of a gateway."""
    divisions = [one.division for one in silences if one.gateway == gateway]
    shortest = min(divisions, key=len)
    areas = (shortest[:level] for level in reversed(LEVELS) if level <= len(shortest))
    return next((area for area in areas if all(division.startswith(area) for division in divisions)), "")


def recovery(*, silent: int, heard_again: int) -> Recovery:
    """Whether an outage is over."""
    return Recovery.OVER if silent == 0 or heard_again >= OVER_SHARE * silent else Recovery.LASTS


def _expected(area: str, in_use: Mapping[str, int]) -> int:
    return sum(count for division, count in in_use.items() if division.startswith(area))


def _widespread(area: str, silences: Iterable[Silent], in_use: Mapping[str, int]) -> bool:
    """Whether most parts of a city or county that have devices are silent; what is smaller has no parts."""
    digits = _PARTS.get(len(area))
    if digits is None:
        return True
    parts = {division[:digits] for division in in_use if division.startswith(area) and len(division) >= digits}
    counts = Counter(one.division[:digits] for one in silences)
    affected = [part for part in parts if counts[part] and counts[part] >= SHARE * _expected(part, in_use)]
    return len(affected) > WIDESPREAD * len(parts) and (digits != _COUNTY or len(affected) >= LEAST_COUNTIES)
