"""One ordinary day of one person, made up in advance: the night with its visits to the toilet, a nap, walks.

Pure: seed, person and day number give the same day, whenever and however often it is asked for, so a simulator that
was restarted goes on with the same lives. Seconds are counted from local midnight. Nothing in an ordinary day may end
in an alert: walks stay on the person's grounds, visits to the toilet are short. What is ordinary and yet looks like
something (an outing, a bracelet that is washed, linen) is an episode of its own (`simulators.episodes`).
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from simulators.ground.streets import Streets
from simulators.people import habits as habit
from simulators.people.habits import Habits, Haunt
from simulators.people.whereabouts import Leg, Place, Sky, stayed, walked
from simulators.person import Person

DAY_S = 86_400.0
#: China has one time zone without summer time, so local days need no table.
UTC_OFFSET_S = 8 * 3600.0
#: A visit to the toilet ends within this: longer would be no return to bed.
VISIT_LONGEST_S = 14 * 60.0
#: Sitting on the edge before standing up.
EDGE_S = (15.0, 60.0)
#: On market days more go out in the morning; on Sundays the children come, and some lie longer. Ratio, seconds.
MARKET_DAYS, MARKET_RATIO = frozenset({2, 5}), 1.25
SUNDAY, SUNDAY_LONGER_S = 7, 900.0
#: How long somebody sits or talks where they went. Seconds.
SITS_S = (240.0, 1_500.0)
#: Places of one walk at most. Count.
PLACES_MOST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Out of bed from `since_s` to `until_s`, after sitting on the edge since `edge_s`."""

    edge_s: float
    since_s: float
    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """Out of the house and back."""

    legs: tuple[Leg, ...]

    @property
    def since_s(self) -> float:
        """When they leave."""
        return self.legs[0].since_s

    @property
    def until_s(self) -> float:
        """When they are home."""
        return self.legs[-1].until_s


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
    trips: tuple[Trip, ...]
    #: Bracelet on its charger, (from, until).
    charging: tuple[float, float]


def day_number(at_s: float) -> int:
    """Number of the local day that holds a unix instant."""
    return math.floor((at_s + UTC_OFFSET_S) / DAY_S)


def midnight_s(number: int) -> float:
    """Unix instant at which a local day begins."""
    return number * DAY_S - UTC_OFFSET_S


def weekday(number: int) -> int:
    """1 is Monday. Day 0 was a Thursday."""
    return (number + 3) % 7 + 1


def day(seed: int, person: Person, number: int, usual: Habits, streets: Streets) -> Day:
    """What this person does on this day."""
    rng = random.Random(f"{seed}/day/{person.index}/{number}")
    wakes_s = _between(rng.gauss(usual.rises_s, 1_200), 4.8 * 3600, 7.6 * 3600)
    if weekday(number) == SUNDAY:
        wakes_s += rng.uniform(0, SUNDAY_LONGER_S)
    sleeps_s = _between(rng.gauss(usual.retires_s, 1_500), 19.6 * 3600, 22.8 * 3600)
    nap_from_s = rng.uniform(12.4, 13.0) * 3600
    nap = (nap_from_s, nap_from_s + rng.uniform(1_800, 4_200)) if rng.random() < usual.nap_share else None
    charges_s = usual.charges_s + rng.uniform(-900, 900)
    walker = _Walker(rng=rng, person=person, usual=usual, streets=streets)
    return Day(
        wakes_s=wakes_s,
        sleeps_s=sleeps_s,
        visits=tuple(_visits(rng, wakes_s, sleeps_s, usual.visit_share)),
        nap=nap,
        trips=tuple(walker.trips(wakes_s, number)) if person.bracelet_id else (),
        charging=(charges_s, charges_s + rng.uniform(4_200, 5_400)),
    )


def _between(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _visits(rng: random.Random, wakes_s: float, sleeps_s: float, share: float) -> list[Absence]:
    """Up to three a night, never so close together or so late that they run into each other."""
    visits = []
    for early_s, late_s in ((1_200.0, 5_400.0), (7_200.0, 14_000.0), (sleeps_s + 1_200, DAY_S - 1_800)):
        if rng.random() < share and late_s > early_s:
            since_s = rng.uniform(early_s, min(late_s, DAY_S - 1_800))
            lasts_s = _between(rng.gauss(330, 150), 90, VISIT_LONGEST_S)
            if late_s > wakes_s or since_s + lasts_s < wakes_s - 300:
                visits.append(
                    Absence(edge_s=since_s - rng.uniform(*EDGE_S), since_s=since_s, until_s=since_s + lasts_s)
                )
    return visits


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walker:
    """One person on one day."""

    rng: random.Random
    person: Person
    usual: Habits
    streets: Streets

    def trips(self, wakes_s: float, number: int) -> Iterator[Trip]:
        """One in the morning, perhaps one in the afternoon, in daylight."""
        market = MARKET_RATIO if weekday(number) in MARKET_DAYS else 1.0
        morning, afternoon = self.usual.walk_shares
        times = ((wakes_s + 1_800, 10.5 * 3600, morning * market), (14.4 * 3600, 16.4 * 3600, afternoon))
        for early_s, late_s, share in times:
            since_s, lasts_s = self.rng.uniform(early_s, late_s), self.rng.uniform(900, 3_000)
            goes, usable = self.rng.random() < share, self._usable(since_s, since_s + 2 * lasts_s)
            if goes and usable:
                yield self._trip(since_s, lasts_s, usable)

    def _usable(self, since_s: float, until_s: float) -> list[Haunt]:
        """Places on grounds that hold for the whole walk."""
        grounds = self.person.grounds
        return [
            haunt
            for haunt in self.usual.haunts
            if grounds[haunt.ground].from_s <= since_s and until_s <= grounds[haunt.ground].until_s
        ]

    def _trip(self, since_s: float, lasts_s: float, usable: list[Haunt]) -> Trip:
        """From home to a haunt or several, sitting at each, and back the usual way of the last."""
        rng, person, streets = self.rng, self.person, self.streets
        speed_mps = self.usual.speed_mps * rng.uniform(0.92, 1.08)
        legs: list[Leg] = []
        here: Haunt | None = None
        at_s, until_s = since_s, since_s + lasts_s
        while len(legs) < 2 * PLACES_MOST and (here is None or at_s < until_s):
            there = rng.choice([haunt for haunt in usable if here is None or haunt.ground == here.ground])
            way = there.way if here is None else self._way_between(here, there)
            if way:
                legs.append(walked(at_s, speed_mps, way, sky_of(person, way, streets)))
                at_s, here = legs[-1].until_s, there
            assert here is not None
            sits_s = min(rng.uniform(*SITS_S), max(until_s - at_s, 60.0))
            legs.append(stayed(at_s, at_s + sits_s, here.place, sky_of(person, (here.place,), streets)))
            at_s = legs[-1].until_s
        assert here is not None
        legs.append(walked(at_s, speed_mps, here.way[::-1], sky_of(person, here.way, streets)))
        return Trip(legs=tuple(legs))

    def _way_between(self, here: Haunt, there: Haunt) -> tuple[Place, ...]:
        """Along streets on the ground; empty when it is the same place, or behind a canal without a bridge there."""
        usual, streets, home = self.usual, self.streets, self.person.home_in_town
        pair = (usual.haunts.index(here), usual.haunts.index(there))
        if pair not in usual.between:
            start, goal = (
                streets.nearest((home[0] + east, home[1] + north)) for east, north in (here.place, there.place)
            )
            crossings = streets.way(start, goal, within=habit.stays_on(self.person.grounds[here.ground], home))
            usual.between[pair] = habit.along(streets, home, crossings) if len(crossings) > 1 else ()
        return usual.between[pair]


def sky_of(person: Person, way: tuple[Place, ...], streets: Streets) -> Sky:
    """What a way has above it: that of its middle."""
    east, north = way[len(way) // 2]
    home = person.home_in_town
    return Sky.CANYON if streets.canyon((home[0] + east, home[1] + north)) else Sky.OPEN
