"""The streets of one invented town: a grid, turned, a little crooked, cut by canals, rails and fast roads.

Pure and made from the seed alone. Places are metres east and north of the town's centre; a crossing is (column, row),
counted from the one at the centre. The grid has no end, so nobody falls off the town.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from geofence.danger_map import DangerKind
from simulators.ground.barrier import Barrier

Place = tuple[float, float]
Crossing = tuple[int, int]

#: Streets lie so far apart. Metres; Chinese towns have blocks of one to two hundred.
BLOCK_M = (80.0, 140.0)
#: A crossing lies up to so far from its place in a perfect grid. Share of a block.
CROOKED = 0.12
#: Blocks of tall houses around the centre of a town in the city's urban districts. Crossings from the centre.
CANYON_REACH = 4
URBAN = frozenset({"370302", "370303", "370304", "370305", "370306"})
#: How far lines are drawn. Crossings from the centre.
DRAWN = 30
#: A way is given up after so many crossings: the goal lies behind too much water. Count.
LOOKED_AT_MOST = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A named place at a crossing."""

    name: str
    crossing: Crossing
    #: Under a roof: no satellites there.
    indoors: bool


class Streets:
    """One town."""

    def __init__(self, seed: int, code: str) -> None:
        rng = random.Random(f"{seed}/streets/{code}")
        self.code = code
        self._salt = rng.getrandbits(32)
        turn = rng.uniform(0, math.pi / 2)
        self._block_m = (rng.uniform(*BLOCK_M), rng.uniform(*BLOCK_M))
        self._cos, self._sin = math.cos(turn), math.sin(turn)
        self._canyon = CANYON_REACH if code[:6] in URBAN else 0
        self.barriers = tuple(_barriers(rng, code))
        self.spots = tuple(_spots(rng))
        # A thousand people look at the same crossings.
        self._places: dict[Crossing, Place] = {}
        self._neighbours: dict[Crossing, tuple[Crossing, ...]] = {}

    def at(self, crossing: Crossing) -> Place:
        """Where a crossing lies."""
        place = self._places.get(crossing)
        if place is None:
            column, row = crossing
            place = self._turned(column + self._jitter(column, row, 1), row + self._jitter(column, row, 2))
            self._places[crossing] = place
        return place

    def nearest(self, place: Place) -> Crossing:
        """The crossing at a place, or the one beside it."""
        along, across = self._grid(place)
        return round(along), round(across)

    def canyon(self, place: Place) -> bool:
        """Whether tall houses stand around."""
        column, row = self.nearest(place)
        return max(abs(column), abs(row)) < self._canyon

    def neighbours(self, crossing: Crossing) -> tuple[Crossing, ...]:
        """Crossings one street further, over bridges only."""
        found = self._neighbours.get(crossing)
        if found is None:
            column, row = crossing
            found = self._neighbours[crossing] = tuple(
                there
                for there in ((column + 1, row), (column - 1, row), (column, row + 1), (column, row - 1))
                if not any(barrier.crossed_by(crossing, there) for barrier in self.barriers)
            )
        return found

    def way(self, here: Crossing, there: Crossing, *, within: Callable[[Place], bool] | None = None) -> list[Crossing]:
        """The shortest way along the streets, both ends included; empty when there is none.

        Args:
            here: where it begins.
            there: where it ends.
            within: crossings for which it is false are not walked over.
        """
        goal = self.at(there)
        known_m = {here: 0.0}
        before: dict[Crossing, Crossing] = {}
        ahead = [(math.dist(self.at(here), goal), here)]
        looked_at = 0
        while ahead and looked_at < LOOKED_AT_MOST:
            _, crossing = heapq.heappop(ahead)
            looked_at += 1
            if crossing == there:
                return _back(before, there)
            for further in self.neighbours(crossing):
                place = self.at(further)
                if within is not None and not within(place):
                    continue
                way_m = known_m[crossing] + math.dist(self.at(crossing), place)
                if way_m < known_m.get(further, math.inf):
                    known_m[further], before[further] = way_m, crossing
                    heapq.heappush(ahead, (way_m + math.dist(place, goal), further))
        return []

    def barrier_m(self, place: Place) -> float:
        """Metres to the nearest barrier's edge; infinite where there is none."""
        along, across = self._grid(place)
        return min(
            (
                abs((along if barrier.along_column else across) - barrier.line - 0.5)
                * self._block_m[0 if barrier.along_column else 1]
                - barrier.width_m / 2
                for barrier in self.barriers
            ),
            default=math.inf,
        )

    def line(self, barrier: Barrier) -> list[Place]:
        """A barrier as a line through the town."""
        beside = barrier.line + 0.5
        return [
            self._turned(beside, step) if barrier.along_column else self._turned(step, beside)
            for step in range(-DRAWN, DRAWN + 1)
        ]

    def _grid(self, place: Place) -> Place:
        """A place in columns and rows."""
        east_m, north_m = place
        along = (east_m * self._cos + north_m * self._sin) / self._block_m[0]
        return along, (-east_m * self._sin + north_m * self._cos) / self._block_m[1]

    def _turned(self, along: float, across: float) -> Place:
        east, north = along * self._block_m[0], across * self._block_m[1]
        return east * self._cos - north * self._sin, east * self._sin + north * self._cos

    def _jitter(self, column: int, row: int, axis: int) -> float:
        # A hash of our own: the generator of the library costs twenty times as much to seed.
        mixed = (column * 73_856_093) ^ (row * 19_349_663) ^ (axis * 83_492_791) ^ self._salt
        mixed = (mixed * 2_654_435_761) & 0xFFFFFFFF
        return CROOKED * ((mixed >> 8) / 0x7FFFFF - 1.0)


def _back(before: dict[Crossing, Crossing], there: Crossing) -> list[Crossing]:
    way = [there]
    while way[-1] in before:
        way.append(before[way[-1]])
    return way[::-1]


def _barriers(rng: random.Random, code: str) -> Iterator[Barrier]:
    """A canal in every town, a river in one of three, a railway in every second, a fast road at its edge."""
    yield Barrier(
        kind=DangerKind.WATER,
        name=f"{code} 渠",
        along_column=True,
        line=rng.choice((-1, 1)) * rng.randint(4, 12),
        width_m=rng.uniform(10, 18),
        bridge_every=4,
    )
    if rng.random() < 1 / 3:
        yield Barrier(
            kind=DangerKind.WATER,
            name=f"{code} 河",
            along_column=False,
            line=rng.choice((-1, 1)) * rng.randint(7, 16),
            width_m=rng.uniform(35, 60),
            bridge_every=5,
        )
    if rng.random() < 1 / 2:
        yield Barrier(
            kind=DangerKind.RAIL,
            name=f"{code} 铁路",
            along_column=False,
            line=rng.choice((-1, 1)) * rng.randint(9, 18),
            width_m=12.0,
            bridge_every=6,
        )
    yield Barrier(
        kind=DangerKind.HIGHWAY,
        name=f"{code} 快速路",
        along_column=True,
        line=rng.choice((-1, 1)) * rng.randint(13, 22),
        width_m=24.0,
        bridge_every=6,
    )


def _spots(rng: random.Random) -> Iterator[Spot]:
    for name, count, reach, indoors in (
        ("公园", 5, 18, False),
        ("早市", 3, 14, False),
        ("商场", 3, 10, True),
        ("医院", 2, 14, True),
    ):
        for number in range(1, count + 1):
            crossing = (rng.randint(-reach, reach), rng.randint(-reach, reach))
            yield Spot(name=f"{name} {number}", crossing=crossing, indoors=indoors)
