"""The city: everybody who wears a bracelet or sleeps in a bed, from one seed.

The same seed and sizes give the same city, to the last name. Nothing here moves; `life` does that.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulators import divisions, geodesy, names
from simulators.contact import Contact
from simulators.divisions import Town
from simulators.ground.boundaries import Boundaries
from simulators.ground.streets import Streets
from simulators.person import REFERENCE_YEAR, Ground, Person, Sex
from simulators.safe_zone import Hours, SafeZone
from simulators.scene import Scene

BRACELETS = 1_500
BEDS = 2_000
#: Share of bracelets whose owner also has a bed.
SHARE_WITH_BOTH = 0.8
RADII_M = (150, 150, 160, 180, 200, 220, 250, 300)
SHARE_POLYGON = 0.12
SHARE_WITH_PARK = 0.10
#: Relatives who are called in English.
SHARE_ENGLISH = 0.03
#: An ordinary walk stays this far within the edge of a zone, in metres: more than the worst fix of a walk is off.
WALK_MARGIN_M = 40.0
#: People who play in one scene. More than one, so that a demo started again tells the story of someone else.
CAST_SIZE = 4
#: The scenes' people live here, so that one coordinator can answer for all of them.
CAST_DISTRICT = "370303"
DAY_S = 86_400.0
#: A home is looked for so often, and lies so far from water, rails and fast roads. Count, metres.
TRIES, APART_FROM_DANGER_M = 50, 45.0


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """Towns, persons, and who plays in which scene (indexes into `persons`)."""

    seed: int
    towns: tuple[Town, ...]
    persons: tuple[Person, ...]
    cast: Mapping[Scene, tuple[int, ...]]


def build(seed: int, *, bracelets: int = BRACELETS, beds: int = BEDS, boundaries: Boundaries | None = None) -> City:
    """The whole city of one seed; with `boundaries` its towns lie within them."""
    towns = divisions.towns(seed, boundaries)
    persons = tuple(_persons(seed, towns, bracelets, beds))
    return City(seed=seed, towns=towns, persons=persons, cast=_cast(persons))


def _persons(seed: int, towns: tuple[Town, ...], bracelets: int, beds: int) -> list[Person]:
    both = min(beds, round(bracelets * SHARE_WITH_BOTH))
    with_both = set(random.Random(f"{seed}/both").sample(range(bracelets), both))
    streets = {town.code: Streets(seed, town.code) for town in towns}
    near = {
        town.code: [
            geodesy.offset_m((town.latitude, town.longitude), (other.latitude, other.longitude))
            for other in towns
            if other is not town
        ]
        for town in towns
    }
    persons = []
    bed_number = 0
    for index in range(bracelets + beds - both):
        bed_id = None
        if index >= bracelets or index in with_both:
            bed_number += 1
            bed_id = f"bed-{bed_number:06d}"
        bracelet_id = f"zb-{index + 1:06d}" if index < bracelets else None
        rng = random.Random(f"{seed}/person/{index}")
        town = rng.choice(towns)
        place = _home(rng, near[town.code], streets[town.code])
        persons.append(_person(rng, index, town, place, (bracelet_id, bed_id)))
    return persons


def _home(rng: random.Random, near: Sequence[tuple[float, float]], streets: Streets) -> tuple[float, float]:
    """Metres from the town's centre: near it, nearer to it than to another town, and not in a canal."""
    for _ in range(TRIES):
        reach_m, angle = min(abs(rng.gauss(0, 900)), 2_500), rng.uniform(0, math.tau)
        place = (reach_m * math.sin(angle), reach_m * math.cos(angle))
        if all(math.dist(place, other) > reach_m for other in near) and streets.barrier_m(place) > APART_FROM_DANGER_M:
            return place
    return streets.at((0, 0))


def _person(
    rng: random.Random,
    index: int,
    town: Town,
    place: tuple[float, float],
    devices: tuple[str | None, str | None],
) -> Person:
    bracelet_id, bed_id = devices
    sex = rng.choice((Sex.FEMALE, Sex.FEMALE, Sex.MALE, Sex.MALE, Sex.FEMALE))
    display_name = names.elder(rng, sex)
    latitude, longitude = geodesy.moved(town.latitude, town.longitude, east_m=place[0], north_m=place[1])
    home = (round(latitude, 6), round(longitude, 6))
    zones, grounds = _zones(rng, home) if bracelet_id else ((), ())
    return Person(
        index=index,
        external_id=f"zibo-{index + 1:06d}",
        display_name=display_name,
        sex=sex,
        birth_year=REFERENCE_YEAR - round(min(max(rng.gauss(80, 6), 62), 98)),
        division=divisions.village_code(town, rng.randrange(divisions.VILLAGES_PER_TOWN)),
        latitude=home[0],
        longitude=home[1],
        home_in_town=place,
        approach=names.approach(rng, display_name, sex),
        bracelet_id=bracelet_id,
        bed_id=bed_id,
        zones=zones,
        grounds=grounds,
        contacts=_contacts(rng, display_name),
    )


def _contacts(rng: random.Random, display_name: str) -> tuple[Contact, ...]:
    count = rng.choice((1, 2, 2, 3))
    return tuple(
        Contact(
            display_name=names.relative(rng, rng.choice(names.RELATIONS), display_name[0]),
            priority=priority,
            language="en" if rng.random() < SHARE_ENGLISH else "zh-CN",
        )
        for priority in range(1, count + 1)
    )


def _zones(rng: random.Random, home: tuple[float, float]) -> tuple[tuple[SafeZone, ...], tuple[Ground, ...]]:
    radius_m = float(rng.choice(RADII_M))
    if rng.random() < SHARE_POLYGON:
        zone = SafeZone(name="家", latitude=home[0], longitude=home[1], corners=_corners(rng, home, radius_m))
    else:
        zone = SafeZone(name="家", latitude=home[0], longitude=home[1], radius_m=radius_m)
    around = Ground(east_m=0, north_m=0, reach_m=radius_m - WALK_MARGIN_M, from_s=0, until_s=DAY_S)
    if rng.random() >= SHARE_WITH_PARK:
        return (zone,), (around,)
    park, inside = _park(rng, home)
    return (zone, park), (around, inside)


def _corners(rng: random.Random, home: tuple[float, float], inner_m: float) -> tuple[tuple[float, float], ...]:
    """A stretched hexagon that holds a circle of `inner_m` around home."""
    turn, stretch = rng.uniform(0, math.tau / 6), rng.uniform(1.0, 1.3)
    # A regular hexagon's corners lie 1 / cos(30 degrees) of its inner radius away; a little more keeps it outside.
    reach_m = inner_m / math.cos(math.pi / 6) * 1.02
    corners = []
    for number in range(6):
        angle = turn + number * math.tau / 6
        latitude, longitude = geodesy.moved(
            *home, east_m=stretch * reach_m * math.sin(angle), north_m=reach_m * math.cos(angle)
        )
        corners.append((round(latitude, 6), round(longitude, 6)))
    return tuple(corners)


def _park(rng: random.Random, home: tuple[float, float]) -> tuple[SafeZone, Ground]:
    """A second zone by day that holds the way there: its circle reaches back over home."""
    angle = rng.uniform(0, math.tau)
    east_m, north_m = 200 * math.sin(angle), 200 * math.cos(angle)
    latitude, longitude = geodesy.moved(*home, east_m=east_m, north_m=north_m)
    hours = Hours(days=(1, 2, 3, 4, 5, 6, 7), since="06:00", until="20:00")
    zone = SafeZone(
        name="公园",
        latitude=round(latitude, 6),
        longitude=round(longitude, 6),
        radius_m=280.0,
        hours=(hours,),
    )
    ground = Ground(east_m=east_m, north_m=north_m, reach_m=280.0 - WALK_MARGIN_M, from_s=6.5 * 3600, until_s=19 * 3600)
    return zone, ground


def _cast(persons: tuple[Person, ...]) -> dict[Scene, tuple[int, ...]]:
    wearers = [person for person in persons if person.bracelet_id]
    # The documents use zb-000001 for experiments by hand: nobody special.
    free = wearers[1:] if len(wearers) > CAST_SIZE * len(Scene) else wearers
    cast: dict[Scene, tuple[int, ...]] = {}
    for scene, wants in ((Scene.NIGHT_EXIT, _fits_night_exit), (Scene.SOS_MARKET, _fits_market)):
        chosen = sorted(free, key=wants)[:CAST_SIZE]
        cast[scene] = tuple(person.index for person in chosen)
        free = [person for person in free if person not in chosen] or wearers
    cast[Scene.BATTERY_FLAT] = tuple(person.index for person in sorted(free, key=_elsewhere)[:CAST_SIZE])
    return cast


def _elsewhere(person: Person) -> tuple[bool, int]:
    return not person.division.startswith(CAST_DISTRICT), person.index


def _fits_night_exit(person: Person) -> tuple[float | bool, ...]:
    """Smallest first: a man of 81 with a bed and one small round zone."""
    return (
        person.bed_id is None,
        not person.division.startswith(CAST_DISTRICT),
        len(person.zones) > 1 or person.zones[0].radius_m is None,
        person.sex is not Sex.MALE,
        person.zones[0].radius_m or math.inf,
        abs(REFERENCE_YEAR - person.birth_year - 81),
        person.index,
    )


def _fits_market(person: Person) -> tuple[float | bool, ...]:
    """Smallest first: a woman with a round zone that has room for a market."""
    return (
        not person.division.startswith(CAST_DISTRICT),
        len(person.zones) > 1 or person.zones[0].radius_m is None,
        person.sex is not Sex.FEMALE,
        -(person.zones[0].radius_m or 0),
        person.index,
    )
