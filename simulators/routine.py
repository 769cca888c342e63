"""One ordinary day of one person, made up in advance: nights, toilet visits, a nap, walks.

Pure: seed, person and day number give the same day, whenever and however often it is asked for, so a simulator that
was restarted goes on with the same lives. Seconds are counted from local midnight. Nothing in an ordinary day may end
in an alert: walks stay on the person's grounds, visits to the toilet are short.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from simulators import geodesy
from simulators.person import Ground, Person

DAY_S = 86_400.0
#: China has one time zone without summer time, so local days need no table.
UTC_OFFSET_S = 8 * 3600.0
#: A visit to the toilet ends within this: longer would be no return to bed.
VISIT_LONGEST_S = 14 * 60.0
SHARE_NAP = 0.6
#: Of each of three chances a night.
SHARE_VISIT = 0.55
#: Sitting on the edge before standing up.
EDGE_S = (15.0, 60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where a walk has come to: metres east and north of home, and how it moves."""

    east_m: float
    north_m: float
    speed_mps: float
    heading_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A walk along straight legs, at one speed, starting at `start_s`."""

    start_s: float
    speed_mps: float
    #: (east, north) in metres from home; the first is where it begins.
    points: tuple[tuple[float, float], ...]
    #: Metres walked when each point is reached.
    reached_m: tuple[float, ...]

    @property
    def end_s(self) -> float:
        """When the last point is reached."""
        return self.start_s + self.reached_m[-1] / self.speed_mps

    def at(self, moment_s: float) -> Step:
        """Where it has come to; before its start and after its end, the first and the last point."""
        walked_m = min(max((moment_s - self.start_s) * self.speed_mps, 0.0), self.reached_m[-1])
        leg = min(bisect_right(self.reached_m, walked_m), len(self.points) - 1)
        (east, north), (to_east, to_north) = self.points[leg - 1], self.points[leg]
        length_m = self.reached_m[leg] - self.reached_m[leg - 1]
        share = (walked_m - self.reached_m[leg - 1]) / length_m if length_m else 1.0
        return Step(
            east_m=east + share * (to_east - east),
            north_m=north + share * (to_north - north),
            speed_mps=self.speed_mps,
            heading_deg=geodesy.heading_deg(to_east - east, to_north - north),
        )


def walk(start_s: float, speed_mps: float, points: tuple[tuple[float, float], ...]) -> Walk:
    """A walk through at least two points."""
    reached_m = [0.0]
    for here, there in pairwise(points):
        reached_m.append(reached_m[-1] + math.dist(here, there))
    return Walk(start_s=start_s, speed_mps=speed_mps, points=points, reached_m=tuple(reached_m))


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Out of bed from `start_s` to `end_s`, after sitting on the edge since `edge_s`."""

    edge_s: float
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One ordinary day, midnight to midnight."""

    #: In bed from midnight until here, ...
    wakes_s: float
    #: ... and again from here.
    sleeps_s: float
    visits: tuple[Absence, ...]
    #: Afternoon rest in bed, (from, until), or None.
    nap: tuple[float, float] | None
    walks: tuple[Walk, ...]
    #: Bracelet on its charger, (from, until).
    charging: tuple[float, float]


def day_number(at_s: float) -> int:
    """Number of the local day that holds a unix instant."""
    return math.floor((at_s + UTC_OFFSET_S) / DAY_S)


def midnight_s(number: int) -> float:
    """Unix instant at which a local day begins."""
    return number * DAY_S - UTC_OFFSET_S


def day(seed: int, person: Person, number: int) -> Day:
    """What this person does on this day."""
    rng = random.Random(f"{seed}/day/{person.index}/{number}")
    wakes_s = _between(rng.gauss(5.9 * 3600, 2_400), 4.8 * 3600, 7.5 * 3600)
    sleeps_s = _between(rng.gauss(20.8 * 3600, 2_400), 19.6 * 3600, 22.6 * 3600)
    nap_from_s = rng.uniform(12.4, 13.0) * 3600
    nap = (nap_from_s, nap_from_s + rng.uniform(1_800, 4_200)) if rng.random() < SHARE_NAP else None
    return Day(
        wakes_s=wakes_s,
        sleeps_s=sleeps_s,
        visits=tuple(_visits(rng, wakes_s, sleeps_s)),
        nap=nap,
        walks=tuple(_walks(rng, person, wakes_s)) if person.bracelet_id else (),
        charging=((charge_s := rng.uniform(17.6, 18.4) * 3600), charge_s + rng.uniform(4_200, 5_400)),
    )


def _between(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _visits(rng: random.Random, wakes_s: float, sleeps_s: float) -> list[Absence]:
    """Two or three times a night, never so close together or so late that they run into each other."""
    visits = []
    for early_s, late_s in ((1_200.0, 5_400.0), (7_200.0, 14_000.0), (sleeps_s + 1_200, DAY_S - 1_800)):
        if rng.random() < SHARE_VISIT and late_s > early_s:
            start_s = rng.uniform(early_s, min(late_s, DAY_S - 1_800))
            lasts_s = _between(rng.gauss(330, 150), 90, VISIT_LONGEST_S)
            if late_s > wakes_s or start_s + lasts_s < wakes_s - 300:
                visits.append(Absence(edge_s=start_s - rng.uniform(*EDGE_S), start_s=start_s, end_s=start_s + lasts_s))
    return visits


def _walks(rng: random.Random, person: Person, wakes_s: float) -> list[Walk]:
    """One in the morning, perhaps one in the afternoon, in daylight."""
    found = []
    for early_s, late_s, share in ((wakes_s + 1_800, 10.5 * 3600, 0.75), (14.4 * 3600, 16.4 * 3600, 0.6)):
        start_s = rng.uniform(early_s, late_s)
        lasts_s = rng.uniform(900, 3_000)
        grounds = [
            ground for ground in person.grounds if ground.from_s <= start_s and start_s + lasts_s <= ground.until_s
        ]
        if rng.random() < share and grounds:
            found.append(_stroll(rng, rng.choice(grounds), start_s, lasts_s))
    return found


def _stroll(rng: random.Random, ground: Ground, start_s: float, lasts_s: float) -> Walk:
    """From home, between places on the ground, and back. A disc is convex: every leg stays on it."""
    speed_mps = rng.uniform(0.7, 1.1)
    points = [(0.0, 0.0)]
    walked_m = 0.0
    while walked_m < lasts_s * speed_mps - 2 * ground.reach_m:
        reach_m, angle = ground.reach_m * math.sqrt(rng.random()), rng.uniform(0, math.tau)
        place = (ground.east_m + reach_m * math.sin(angle), ground.north_m + reach_m * math.cos(angle))
        walked_m += math.dist(points[-1], place)
        points.append(place)
    if len(points) == 1:
        points.append((ground.east_m / 2, ground.north_m / 2 + 30.0))
    return walk(start_s, speed_mps, (*points, (0.0, 0.0)))
