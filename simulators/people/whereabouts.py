"""The truth about one person at an instant: where, under which sky, in bed or not, with the bracelet on or not."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from itertools import pairwise

from simulators import geodesy

#: Metres east and north of home.
Place = tuple[float, float]


class BedStatus(StrEnum):
    """What a bed can say (docs/wire.md)."""

    OCCUPIED = "occupied"
    EMPTY = "empty"
    EDGE = "edge"
    FAULT = "fault"


class Sky(Enum):
    """What a radio has above it."""

    HOME = "home"
    #: Under another roof: a shop, a hospital.
    ROOF = "roof"
    OPEN = "open"
    #: Between tall houses.
    CANYON = "canyon"
    VEHICLE = "vehicle"


class Strap(Enum):
    """Where the bracelet is."""

    WORN = "worn"
    #: Off, lying at home.
    TABLE = "table"
    #: Off, on its charger at home.
    CHARGER = "charger"
    #: Off, lying where it was torn off.
    STREET = "street"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The truth about one person at one instant, metres from home."""

    east_m: float = 0.0
    north_m: float = 0.0
    sky: Sky = Sky.HOME
    speed_mps: float = 0.0
    heading_deg: float = 0.0
    #: Sits or lies there without a step.
    still: bool = False

    @property
    def outdoors(self) -> bool:
        """Away from home, under whichever sky."""
        return self.sky is not Sky.HOME


AT_HOME = Whereabouts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A stretch of time on a way at one speed, or at one place. Instants in whatever the whole is counted in."""

    since_s: float
    until_s: float
    points: tuple[Place, ...]
    #: Metres walked when each point is reached.
    reached_m: tuple[float, ...]
    speed_mps: float
    sky: Sky = Sky.OPEN

    def at(self, moment_s: float) -> Whereabouts:
        """Where it has come to; before its start and after its end, the first and the last point."""
        if not self.speed_mps:
            east, north = self.points[0]
            return Whereabouts(east, north, self.sky, still=True)
        walked_m = min(max((moment_s - self.since_s) * self.speed_mps, 0.0), self.reached_m[-1])
        leg = min(bisect_right(self.reached_m, walked_m), len(self.points) - 1)
        (east, north), (to_east, to_north) = self.points[leg - 1], self.points[leg]
        length_m = self.reached_m[leg] - self.reached_m[leg - 1]
        share = (walked_m - self.reached_m[leg - 1]) / length_m if length_m else 1.0
        return Whereabouts(
            east + share * (to_east - east),
            north + share * (to_north - north),
            self.sky,
            self.speed_mps,
            geodesy.heading_deg(to_east - east, to_north - north),
        )


def walked(since_s: float, speed_mps: float, points: Sequence[Place], sky: Sky = Sky.OPEN) -> Leg:
    """A way through at least two points, as long as it takes."""
    reached_m = [0.0]
    for here, there in pairwise(points):
        reached_m.append(reached_m[-1] + math.dist(here, there))
    return Leg(
        since_s=since_s,
        until_s=since_s + reached_m[-1] / speed_mps,
        points=tuple(points),
        reached_m=tuple(reached_m),
        speed_mps=speed_mps,
        sky=sky,
    )


def stayed(since_s: float, until_s: float, place: Place, sky: Sky = Sky.OPEN) -> Leg:
    """A stay at one place."""
    return Leg(since_s=since_s, until_s=until_s, points=(place,), reached_m=(0.0,), speed_mps=0.0, sky=sky)


def moved(leg: Leg, by_s: float) -> Leg:
    """The same, so much later."""
    return Leg(
        since_s=leg.since_s + by_s,
        until_s=leg.until_s + by_s,
        points=leg.points,
        reached_m=leg.reached_m,
        speed_mps=leg.speed_mps,
        sky=leg.sky,
    )
