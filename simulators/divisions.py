"""Zibo's eight districts, and 88 invented towns in them.

District names, codes and approximate centres (WGS-84) are plain facts. Towns are not: Zibo has 88 town-level divisions,
and so has this city, but their places, names and the last six digits of their codes are made up.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from simulators import geodesy
from simulators.errors import SimulatorError
from simulators.ground.boundaries import CITY_CODE as CITY_CODE  # noqa: PLC0414 - the module speaks for it
from simulators.ground.boundaries import Boundaries

#: Towns lie at least this far apart, in metres, where that is possible.
TOWN_SPACING_M = 1_800.0
#: Towns lie within this distance of their district's centre, in metres.
DISTRICT_REACH_M = 9_000.0
#: Tries to find a place for a town that is far enough from the others, and one within a boundary. Count.
TRIES, TRIES_WITHIN = 50, 2_000
#: Villages in each town that people live in.
VILLAGES_PER_TOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    """One of the eight, with its approximate centre in WGS-84 degrees."""

    code: str
    name: str
    latitude: float
    longitude: float
    towns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """An invented town: nine digits, and a centre in WGS-84 degrees."""

    code: str
    name: str
    latitude: float
    longitude: float

    @property
    def district_code(self) -> str:
        """The six digits of its district."""
        return self.code[:6]


DISTRICTS = (
    District(code="370302", name="淄川区", latitude=36.643, longitude=117.967, towns=13),
    District(code="370303", name="张店区", latitude=36.807, longitude=118.018, towns=13),
    District(code="370304", name="博山区", latitude=36.495, longitude=117.862, towns=11),
    District(code="370305", name="临淄区", latitude=36.827, longitude=118.309, towns=12),
    District(code="370306", name="周村区", latitude=36.803, longitude=117.870, towns=9),
    District(code="370321", name="桓台县", latitude=36.960, longitude=118.098, towns=10),
    District(code="370322", name="高青县", latitude=37.171, longitude=117.827, towns=9),
    District(code="370323", name="沂源县", latitude=36.185, longitude=118.171, towns=11),
)


def towns(seed: int, boundaries: Boundaries | None = None) -> tuple[Town, ...]:
    """All towns; the same seed, and the same boundaries if there are any, always give the same ones.

    Raises:
        SimulatorError: a boundary lies elsewhere.
    """
    rng = random.Random(f"{seed}/towns")
    return tuple(town for district in DISTRICTS for town in _towns_of(district, rng, boundaries))


def village_code(town: Town, number: int) -> str:
    """Twelve digits of one of the town's villages, counted from 0."""
    return f"{town.code}{200 + number:03d}"


def _towns_of(district: District, rng: random.Random, boundaries: Boundaries | None) -> list[Town]:
    central = boundaries is None or boundaries.holds(district.code, district.latitude, district.longitude)
    places: list[tuple[float, float]] = [(0.0, 0.0)] if central else []
    while len(places) < district.towns:
        places.append(_place_apart(places, rng, district, boundaries))
    return [_town(district, number, place) for number, place in enumerate(places, start=1)]


def _place_apart(
    taken: list[tuple[float, float]], rng: random.Random, district: District, boundaries: Boundaries | None
) -> tuple[float, float]:
    found: tuple[float, float] | None = None
    for number in range(TRIES if boundaries is None else TRIES_WITHIN):
        reach, angle = DISTRICT_REACH_M * math.sqrt(rng.random()), rng.uniform(0, math.tau)
        place = (reach * math.sin(angle), reach * math.cos(angle))
        if boundaries is not None and not boundaries.holds(district.code, *_degrees(district, place)):
            continue
        found = place
        if number >= TRIES or all(math.dist(place, other) >= TOWN_SPACING_M for other in taken):
            break
    if found is None:
        raise SimulatorError(
            f"the boundary of {district.code} holds no place within {DISTRICT_REACH_M / 1000:g} km of {district.name} "
            f"({district.latitude}, {district.longitude}): are its coordinates longitude first, and of the datum said?"
        )
    return found


def _town(district: District, number: int, place: tuple[float, float]) -> Town:
    latitude, longitude = _degrees(district, place)
    return Town(
        code=f"{district.code}{100 + number:03d}",
        name=f"{district.name}{number}号镇",
        latitude=round(latitude, 6),
        longitude=round(longitude, 6),
    )


def _degrees(district: District, place: tuple[float, float]) -> tuple[float, float]:
    return geodesy.moved(district.latitude, district.longitude, east_m=place[0], north_m=place[1])
