"""Walks in words a test can be read by: corners in metres, walked at a pace, seen by a bracelet every so often."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle, islice, pairwise
from random import Random

from geofence.person import Person
from geofence.reading import Reading
from tests.geofence.scenes import Story, fix, reading

Corner = tuple[float, float]


def seen(
    corners: Iterable[Corner], *, speed_mps: float = 1.0, every_s: float = 30.0, until_s: float = math.inf
) -> list[tuple[float, float, float]]:
    """Seconds, metres east and north of each fix on the way along some corners."""
    found, begins_s, next_s = [], 0.0, 0.0
    for before, after in pairwise(corners):
        takes_s = math.dist(before, after) / speed_mps
        while next_s <= begins_s + takes_s and next_s <= until_s:
            share = (next_s - begins_s) / takes_s
            found.append((next_s, *(a + share * (b - a) for a, b in zip(before, after, strict=True))))
            next_s += every_s
        begins_s += takes_s
        if next_s > until_s:
            break
    return found


def pacing(leg_m: float = 60.0, legs: int = 60, *, east_m: float = 0.0) -> list[Corner]:
    return [(east_m + leg_m * (i % 2), 0.0) for i in range(legs)]


def lapping(side_m: float = 60.0, laps: int = 20, *, east_m: float = 0.0) -> list[Corner]:
    square = [(east_m, 0.0), (east_m + side_m, 0.0), (east_m + side_m, side_m), (east_m, side_m)]
    return list(islice(cycle(square), 4 * laps))


def random_walk(seed: int = 3, *, radius_m: float = 70.0, east_m: float = 0.0, legs: int = 80) -> list[Corner]:
    """Legs of up to half the radius and more, any direction, never farther out than the radius."""
    random, here = Random(seed), (0.0, 0.0)
    found = [here]
    while len(found) < legs:
        angle, leg_m = random.uniform(0, math.tau), random.uniform(0.3, 0.9) * radius_m
        there = (here[0] + leg_m * math.cos(angle), here[1] + leg_m * math.sin(angle))
        if math.hypot(*there) <= radius_m:
            here = there
            found.append(here)
    return [(east_m + east, north) for east, north in found]


def straight(metres: float = 3_000.0, *, east_m: float = 0.0, north_m: float = 0.0) -> list[Corner]:
    return [(east_m, north_m), (east_m + metres, north_m)]


def told(
    corners: Iterable[Corner], person: Person, *, at_s: float = 0.0, until_s: float = 1_500.0, **how: float
) -> Story:
    """A person's story of one walk."""
    story = Story(person)
    hear(story, corners, at_s=at_s, until_s=until_s, **how)
    return story


def hear(
    story: Story, corners: Iterable[Corner], *, at_s: float = 0.0, until_s: float = 1_500.0, **how: float
) -> Story:
    for seconds, east_m, north_m in seen(corners, until_s=until_s, **how):
        story.fix(at_s + seconds, east_m, north_m)
    return story


def readings(corners: Sequence[Corner], *, at_s: float = 0.0, until_s: float = 1_500.0) -> Iterator[Reading]:
    for seconds, east_m, north_m in seen(corners, until_s=until_s):
        yield reading(at_s + seconds, fix(east_m, north_m))
