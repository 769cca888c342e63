"""The three patterns of wandering after Martino-Saltzman (1991), in the streets beyond the zone."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from simulators.episodes import ways
from simulators.episodes.kind import (
    HOUR_S,
    MINUTE_S,
    OUT,
    SPEED,
    EpisodeKind,
    Needs,
    kinds,
    number,
)
from simulators.episodes.story import Setting, Story
from simulators.people.course import Course
from simulators.people.whereabouts import BedStatus, Place, Strap

_LASTS = number(
    "lasts_s", 1_500, (300, 4 * HOUR_S), "s", meaning="how long it lasts", source="25 min, as the evaluation's patterns"
)
_REACH = number(
    "reach_m", 60, (25, 200), "m", meaning="how wide the pattern is", source="the evaluation's patterns: 30 to 100 m"
)
_FROM_HOME = number(
    "from_home_m",
    0,
    (0, 3_000),
    "m",
    meaning="how far from home it happens; 0: just beyond the zone",
    source="our judgement",
)
_WANDERING = (
    SPEED,
    _LASTS,
    _REACH,
    _FROM_HOME,
)


#: Corners of a lap, and how far it is stretched.
CORNERS, STRETCH = 6, 1.3
#: Beyond the zone, so that the whole pattern is. Metres.
BEYOND_M = 40.0
HOME: Place = (0.0, 0.0)


def _pacing(rng: random.Random, reach_m: float, length_m: float) -> list[Place]:
    """To and fro, not turning at quite the same spot."""
    angle = rng.uniform(0, math.tau)
    places: list[Place] = []
    while ways.length_of([HOME, *places]) < length_m:
        far_m = reach_m * rng.uniform(0.85, 1.15) * (-1 if len(places) % 2 else 1)
        places.append((far_m * math.sin(angle) + rng.gauss(0, 2), far_m * math.cos(angle) + rng.gauss(0, 2)))
    return places


def _lapping(rng: random.Random, reach_m: float, length_m: float) -> list[Place]:
    """Round and round, six corners a lap."""
    begin, sense = rng.uniform(0, math.tau), rng.choice((-1, 1))
    places: list[Place] = []
    while ways.length_of([HOME, *places]) < length_m:
        angle = begin + sense * len(places) * math.tau / CORNERS
        far_m = reach_m * rng.uniform(0.9, 1.1)
        places.append((STRETCH * far_m * math.sin(angle), far_m * math.cos(angle)))
    return places


def _random(rng: random.Random, reach_m: float, length_m: float) -> list[Place]:
    """Without direction, turning again and again."""
    places: list[Place] = []
    while ways.length_of([HOME, *places]) < length_m:
        far_m, angle = 1.4 * reach_m * math.sqrt(rng.random()), rng.uniform(0, math.tau)
        places.append((far_m * math.sin(angle), far_m * math.cos(angle)))
    return places


_PATTERNS = {"pacing": _pacing, "lapping": _lapping, "random_walk": _random}


def _built(name: str) -> Callable[[Setting], Story]:
    def build(setting: Setting) -> Story:
        rng, speed_mps, reach_m = setting.rng, setting.number("speed_mps"), setting.number("reach_m")
        way = ways.beyond_zone(setting, max(setting.number("from_home_m"), 1.4 * STRETCH * reach_m + BEYOND_M))
        out = ways.on_foot(setting, setting.at_s, speed_mps, way)
        east_m, north_m = way[-1]
        pattern = _PATTERNS[name](rng, reach_m, setting.number("lasts_s") * speed_mps)
        places = [(east_m + east, north_m + north) for east, north in pattern]
        wanders = ways.on_foot(setting, out.until_s, speed_mps, [way[-1], *places])
        back = ways.on_foot(setting, wanders.until_s, speed_mps, [places[-1], *reversed(way)])
        course = Course(
            since_s=setting.at_s,
            until_s=back.until_s + 60.0,
            legs=(out, wanders, back),
            bed=((setting.at_s, BedStatus.EMPTY),),
            strap=((setting.at_s, Strap.WORN),),
        )
        return Story(course=course, counts_from_s=wanders.since_s, place=way[-1])

    return build


def _wandering(name: str, meaning: str) -> EpisodeKind:
    return EpisodeKind(
        name=name,
        meaning=meaning,
        needs=Needs.BRACELET,
        build=_built(name),
        kind="wandering." + {"random_walk": "random"}.get(name, name),
        expects=frozenset({"wandering"}),
        within_s=25 * MINUTE_S,
        explains=kinds(OUT + " bed_exit no_return"),
        tracked=True,
        parameters=_WANDERING,
    )


ROWS = (
    _wandering("pacing", "to and fro in one street"),
    _wandering("lapping", "round and round the same blocks"),
    _wandering("random_walk", "with no direction, turning again and again"),
)
