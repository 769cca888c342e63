"""Ways along the streets for episodes: out of the house, out of the zone, to a place, and home again."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import pairwise

from simulators.episodes.story import Setting
from simulators.people import habits, routine
from simulators.people.whereabouts import Leg, Place, Sky, walked

#: Tries to find a way that is long enough. Count.
TRIES = 24
#: A crossing at the end of a way of so many metres lies about so far off, as the crow flies. Ratio.
AS_THE_CROW_FLIES = 0.78
#: The edge of a zone is looked for so often along a way. Metres.
LOOKED_EVERY_M = 5.0


def away(setting: Setting, length_m: float, *, towards: float | None = None) -> tuple[Place, ...]:
    """A way of about this length from where they are, ending at a crossing.

    Args:
        setting: whom and where.
        length_m: along the streets.
        towards: direction, radians clockwise from north; None: any.
    """
    best: tuple[Place, ...] = ()
    for number in range(TRIES):
        spread = math.pi if towards is None else 0.1 + 0.1 * number
        angle = (towards or 0.0) + setting.rng.uniform(-spread, spread)
        far_m = AS_THE_CROW_FLIES * length_m
        found = to(setting, (setting.here[0] + far_m * math.sin(angle), setting.here[1] + far_m * math.cos(angle)))
        if length_of(found) >= 0.9 * length_m and steady(found):
            return cut(found, length_m)
        best = max(best, found, key=length_of)
    return cut(best, length_m)


def to(setting: Setting, place: Place) -> tuple[Place, ...]:
    """The way along streets to the crossing nearest to a place; to the place itself when there is none."""
    streets, home = setting.life.streets, setting.person.home_in_town
    start, goal = (streets.nearest((home[0] + east, home[1] + north)) for east, north in (setting.here, place))
    crossings = streets.way(start, goal)
    return (setting.here, *habits.along(streets, home, crossings)) if crossings else (setting.here, place)


def beyond_zone(setting: Setting, extra_m: float) -> tuple[Place, ...]:
    """A way that ends so far beyond the person's zones, or a little further."""
    length_m = 250.0
    way: tuple[Place, ...] = (setting.here,)
    for _ in range(TRIES):
        way = away(setting, length_m)
        if beyond_m(setting, way[-1], setting.at_s + length_m) >= extra_m:
            return way
        length_m += 60.0
    return way


def beyond_m(setting: Setting, place: Place, at_s: float) -> float:
    """Metres beyond the edge of all zones that hold then; negative inside, infinite without any."""
    person, number = setting.person, routine.day_number(at_s)
    moment_s = at_s - routine.midnight_s(number)
    home = (person.latitude, person.longitude)
    return min(
        (zone.beyond_m(home, place) for zone in person.zones if zone.counts(routine.weekday(number), moment_s)),
        default=math.inf,
    )


def leaves(setting: Setting, legs: Sequence[Leg]) -> tuple[float, Place] | None:
    """When and where they cross the edge of their zones, and are still beyond it twenty metres on."""
    for leg in legs:
        at_s = leg.since_s
        while at_s < leg.until_s:
            here = leg.at(at_s)
            if beyond_m(setting, (here.east_m, here.north_m), at_s) > 0:
                return at_s, (here.east_m, here.north_m)
            at_s += LOOKED_EVERY_M / leg.speed_mps if leg.speed_mps else leg.until_s - leg.since_s
    return None


def cut(way: Sequence[Place], length_m: float) -> tuple[Place, ...]:
    """The way's first part of this length."""
    points, left_m = [way[0]], length_m
    for here, there in pairwise(way):
        step_m = math.dist(here, there)
        if step_m >= left_m:
            share = left_m / step_m
            points.append((here[0] + share * (there[0] - here[0]), here[1] + share * (there[1] - here[1])))
            return tuple(points)
        points.append(there)
        left_m -= step_m
    return tuple(points)


def steady(way: Sequence[Place]) -> bool:
    """Whether each crossing but the first lies further from the start than the one before, or hardly nearer."""
    off_m = [math.dist(way[0], place) for place in way[2:]]
    return all(there > here - 15.0 for here, there in pairwise(off_m))


def length_of(way: Sequence[Place]) -> float:
    """Metres."""
    return sum(math.dist(here, there) for here, there in pairwise(way))


def on_foot(setting: Setting, since_s: float, speed_mps: float, way: Sequence[Place]) -> Leg:
    """A leg on foot; a way of one place is a step on the spot."""
    points = tuple(way) if len(way) > 1 else (way[0], (way[0][0] + 1.0, way[0][1]))
    return walked(since_s, speed_mps, points, routine.sky_of(setting.person, points, setting.life.streets))


def direction(rng: random.Random) -> float:
    """Any, radians clockwise from north."""
    return rng.uniform(0, math.tau)


def vehicle(since_s: float, speed_mps: float, points: Sequence[Place]) -> Leg:
    """A ride."""
    return walked(since_s, speed_mps, points, Sky.VEHICLE)


def walked_until(leg: Leg, until_s: float) -> Leg:
    """The part of a leg on foot that is walked by then, one second of it at least."""
    way = cut(leg.points, max(until_s - leg.since_s, 1.0) * leg.speed_mps)
    made = walked(leg.since_s, leg.speed_mps, way, leg.sky)
    return Leg(
        since_s=made.since_s,
        until_s=until_s,
        points=made.points,
        reached_m=made.reached_m,
        speed_mps=made.speed_mps,
        sky=made.sky,
    )
