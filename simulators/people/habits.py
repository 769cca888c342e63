"""What one person usually does: how fast they walk, when they sleep, which ways they go. From the seed alone."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from simulators.ground.streets import Streets
from simulators.people.whereabouts import Place
from simulators.person import REFERENCE_YEAR, Ground, Person

#: Comfortable speed at 70 and what each year takes off. Metres a second. Bohannon 1997: 1.27 to 1.33 at 70 to 79, less
#: at 80; people with dementia some 0.2 slower (our judgement).
SPEED_AT_70_MPS, SLOWER_A_YEAR_MPS = 1.05, 0.012
SLOWEST_MPS, FASTEST_MPS = 0.5, 1.3
#: Places on a ground that somebody goes to again and again. Count.
HAUNTS = 4
#: Tries to find one that can be reached along streets within the ground. Count.
TRIES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Haunt:
    """A place somebody often goes to, and the usual way there."""

    #: Along streets, from home on.
    way: tuple[Place, ...]
    #: The ground it lies on, by its place in `Person.grounds`.
    ground: int

    @property
    def place(self) -> Place:
        """Where it is."""
        return self.way[-1]


@dataclass(slots=True, kw_only=True)
class Habits:
    """One person's."""

    speed_mps: float
    #: Usual times. Seconds since local midnight.
    rises_s: float
    retires_s: float
    charges_s: float
    #: Chance of each of three visits to the toilet in a night.
    visit_share: float
    nap_share: float
    #: Chance of a walk in the morning and in the afternoon.
    walk_shares: tuple[float, float]
    heart_bpm: float
    breathing_bpm: float
    haunts: tuple[Haunt, ...]
    #: Ways between haunts that were walked already.
    between: dict[tuple[int, int], tuple[Place, ...]] = field(default_factory=dict)


def habits(seed: int, person: Person, streets: Streets) -> Habits:
    """What the person usually does."""
    rng = random.Random(f"{seed}/habits/{person.index}")
    age = REFERENCE_YEAR - person.birth_year
    speed_mps = (SPEED_AT_70_MPS - SLOWER_A_YEAR_MPS * (age - 70)) * rng.gauss(1.0, 0.1)
    return Habits(
        speed_mps=min(max(speed_mps, SLOWEST_MPS), FASTEST_MPS),
        rises_s=min(max(rng.gauss(6.1, 0.55), 4.9), 7.4) * 3600,
        retires_s=min(max(rng.gauss(20.8, 0.5), 19.8), 22.2) * 3600,
        charges_s=rng.uniform(17.6, 18.8) * 3600,
        visit_share=min(max(rng.gauss(0.55, 0.15), 0.15), 0.9),
        nap_share=rng.uniform(0.3, 0.9),
        walk_shares=(rng.uniform(0.5, 0.95), rng.uniform(0.3, 0.85)),
        heart_bpm=min(max(rng.gauss(66, 7), 52), 84),
        breathing_bpm=min(max(rng.gauss(15, 1.5), 12), 19),
        haunts=tuple(_haunts(rng, person, streets)) if person.bracelet_id else (),
    )


def along(streets: Streets, home: Place, crossings: list[tuple[int, int]]) -> tuple[Place, ...]:
    """Crossings as places, metres from home."""
    return tuple((east - home[0], north - home[1]) for east, north in map(streets.at, crossings))


def stays_on(ground: Ground, home: Place) -> Callable[[Place], bool]:
    """Whether a place of the town lies on a ground."""
    east_m, north_m = home[0] + ground.east_m, home[1] + ground.north_m
    return lambda place: math.dist(place, (east_m, north_m)) <= ground.reach_m


def _haunts(rng: random.Random, person: Person, streets: Streets) -> list[Haunt]:
    found = [
        Haunt(way=way, ground=number)
        for number, ground in enumerate(person.grounds)
        for _ in range(HAUNTS)
        if (way := _way_to_haunt(rng, person, ground, streets)) is not None
    ]
    return found or [Haunt(way=((0.0, 0.0), _doorstep(rng)), ground=0)]


def _way_to_haunt(rng: random.Random, person: Person, ground: Ground, streets: Streets) -> tuple[Place, ...] | None:
    home, within = person.home_in_town, stays_on(ground, person.home_in_town)
    gate = streets.nearest(home)
    for _ in range(TRIES):
        reach_m, angle = ground.reach_m * math.sqrt(rng.random()), rng.uniform(0, math.tau)
        place = (
            home[0] + ground.east_m + reach_m * math.sin(angle),
            home[1] + ground.north_m + reach_m * math.cos(angle),
        )
        goal = streets.nearest(place)
        if goal == gate or not within(streets.at(goal)) or not within(streets.at(gate)):
            continue
        if crossings := streets.way(gate, goal, within=within):
            return ((0.0, 0.0), *along(streets, home, crossings))
    return None


def _doorstep(rng: random.Random) -> Place:
    """Where no street lies on the ground: a bench in front of the house."""
    angle = rng.uniform(0, math.tau)
    return 45.0 * math.sin(angle), 45.0 * math.cos(angle)
