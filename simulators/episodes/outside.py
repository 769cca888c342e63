"""Episodes of leaving: at night, by day, by bus, without the bracelet, and with the daughter."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

from simulators.episodes import ways
from simulators.episodes.kind import (
    AWAY,
    FOUND,
    HOUR_S,
    MINUTE_S,
    OUT,
    SPEED,
    UP,
    EpisodeKind,
    Needs,
    kinds,
    number,
)
from simulators.episodes.parameter import Parameter
from simulators.episodes.story import Setting, Story
from simulators.people.course import Course
from simulators.people.whereabouts import BedStatus, Leg, Place, Sky, Strap, stayed

#: Where every way begins and ends.
HOME: Place = (0.0, 0.0)
#: What leaves a zone ends at least so far beyond it. Metres.
LEAST_BEYOND_M = 120.0
#: From the edge of the bed to standing, and to the door. Seconds.
STANDS_UP_S, TO_THE_DOOR_S = 12.0, (18.0, 120.0)
#: A bus waits for nobody longer than this. Seconds.
WAITS_S = (60.0, 480.0)
#: Between stops of a bus, and how long it stands there. Metres, seconds.
STOPS_EVERY_M, STANDS_S = 600.0, (15.0, 40.0)


def _away_and_home(
    setting: Setting, since_s: float, way: Sequence[Place], *, speed_mps: float, found_after_s: float
) -> tuple[Leg, ...]:
    """Out, sitting there until found, and walked home at one's own pace."""
    out = ways.on_foot(setting, since_s, speed_mps, way)
    sits = stayed(out.until_s, out.until_s + max(found_after_s, 60.0), way[-1], out.sky)
    back = ways.on_foot(setting, sits.until_s, min(speed_mps, 0.9), _home(setting, way))
    return out, sits, back


def _home(setting: Setting, way: Sequence[Place]) -> tuple[Place, ...]:
    """The same way back, and on to the house if it did not begin there."""
    back = tuple(reversed(way))
    return back if way[0] == HOME else (*back, *ways.to(setting, HOME)[1:], HOME)


def _outside(
    setting: Setting, legs: tuple[Leg, ...], *, bed: tuple[tuple[float, BedStatus | None], ...] = ()
) -> Course:
    """A course out of the house; the bed is empty and the bracelet worn meanwhile."""
    until_s = legs[-1].until_s + 60.0
    return Course(
        since_s=setting.at_s,
        until_s=until_s,
        legs=legs,
        bed=bed or ((setting.at_s, BedStatus.EMPTY),),
        strap=((setting.at_s, Strap.WORN),),
    )


def _told(setting: Setting, course: Course) -> Story:
    """Delays count from crossing the edge of the zones."""
    crossed = ways.leaves(setting, course.legs)
    at_s, place = crossed or (course.legs[0].until_s, course.legs[0].points[-1])
    return Story(course=course, counts_from_s=at_s, place=place)


def _night_exit(setting: Setting) -> Story:
    rng, up_s = setting.rng, setting.at_s + STANDS_UP_S
    way = ways.away(setting, setting.number("away_m"))
    if ways.beyond_m(setting, way[-1], setting.at_s) < LEAST_BEYOND_M:
        way = ways.beyond_zone(setting, LEAST_BEYOND_M)
    legs = _away_and_home(
        setting,
        up_s + rng.uniform(*TO_THE_DOOR_S),
        way,
        speed_mps=setting.number("speed_mps"),
        found_after_s=setting.number("found_after_s"),
    )
    bed = ((setting.at_s, BedStatus.EDGE), (up_s, BedStatus.EMPTY))
    return _told(setting, _outside(setting, legs, bed=bed))


def _lost(setting: Setting) -> Story:
    rng = setting.rng
    # The place of earlier years: always the same for one person.
    earlier = random.Random(f"earlier/{setting.person.external_id}").uniform(0, math.tau)
    drift = setting.number("drift")
    towards = earlier + (1.0 - drift) * rng.uniform(-math.pi, math.pi)
    way = ways.away(setting, max(setting.number("away_m"), 600.0), towards=towards)
    if ways.beyond_m(setting, way[-1], setting.at_s) < LEAST_BEYOND_M:
        way = ways.beyond_zone(setting, 2 * LEAST_BEYOND_M)
    legs = _away_and_home(
        setting,
        setting.at_s,
        way,
        speed_mps=setting.number("speed_mps"),
        found_after_s=setting.number("found_after_s"),
    )
    return _told(setting, _outside(setting, legs))


def _bus(setting: Setting) -> Story:
    rng = setting.rng
    way = ways.beyond_zone(setting, LEAST_BEYOND_M)
    out = ways.on_foot(setting, setting.at_s, setting.number("speed_mps"), way)
    waits = stayed(out.until_s, out.until_s + rng.uniform(*WAITS_S), way[-1], out.sky)
    angle, east_m, north_m = ways.direction(rng), *way[-1]
    legs, at_s, ridden_m = [out, waits], waits.until_s, 0.0
    while ridden_m < setting.number("ride_m"):
        angle += rng.uniform(-0.3, 0.3)
        stop = (east_m + STOPS_EVERY_M * math.sin(angle), north_m + STOPS_EVERY_M * math.cos(angle))
        legs.append(ways.vehicle(at_s, setting.number("ride_mps"), ((east_m, north_m), stop)))
        legs.append(stayed(legs[-1].until_s, legs[-1].until_s + rng.uniform(*STANDS_S), stop, Sky.VEHICLE))
        (east_m, north_m), at_s, ridden_m = stop, legs[-1].until_s, ridden_m + STOPS_EVERY_M
    found = stayed(at_s, at_s + max(setting.number("found_after_s"), 60.0), (east_m, north_m))
    legs += [found, ways.vehicle(found.until_s, 9.0, ((east_m, north_m), HOME))]
    return Story(course=_outside(setting, tuple(legs)), counts_from_s=waits.until_s, place=way[-1])


def _bracelet_torn(setting: Setting) -> Story:
    way = ways.beyond_zone(setting, LEAST_BEYOND_M)
    legs = _away_and_home(
        setting,
        setting.at_s,
        way,
        speed_mps=setting.number("speed_mps"),
        found_after_s=setting.number("found_after_s"),
    )
    torn_s = legs[0].until_s - 20.0
    course = replace(_outside(setting, legs), strap=((setting.at_s, Strap.WORN), (torn_s, Strap.STREET)))
    # Whoever brings them home brings the bracelet, and puts it on.
    course = replace(course, strap=(*course.strap, (legs[2].since_s, Strap.WORN)))
    return Story(course=course, counts_from_s=torn_s, place=way[-1])


def _outing(setting: Setting) -> Story:
    rng, far_m, by_car = setting.rng, setting.number("away_m"), setting.flag("by_car")
    angle, lasts_s = ways.direction(rng), setting.number("lasts_s")
    if by_car:
        place = (far_m * math.sin(angle), far_m * math.cos(angle))
        out = ways.vehicle(setting.at_s, 9.0, (setting.here, place))
    else:
        out = ways.on_foot(setting, setting.at_s, 0.8, ways.away(setting, min(far_m, 2_500.0), towards=angle))
        place = out.points[-1]
    home_s = max(setting.at_s + lasts_s, out.until_s + 600.0)
    sky = Sky.ROOF if rng.random() < 1 / 2 else Sky.OPEN
    there = stayed(out.until_s, home_s, place, sky)
    points = tuple(reversed(out.points)) if out.points[0] == HOME else (place, HOME)
    back = ways.vehicle(home_s, 9.0, points) if by_car else ways.on_foot(setting, home_s, 0.8, points)
    told = _told(setting, _outside(setting, (out, there, back)))
    if setting.flag("announced"):
        return replace(told, announced=True)
    # Nobody was told: the exit is true, and must be found.
    return replace(told, expects=kinds("zone_exit"), quiet=False)


ROWS = (
    EpisodeKind(
        name="night_exit",
        build=_night_exit,
        meaning="gets up at night, leaves the house and walks away along the streets; sits down; is walked home",
        needs=Needs.BRACELET,
        kind="zone_exit",
        expects=frozenset({"zone_exit"}),
        within_s=10 * MINUTE_S,
        explains=kinds(f"{OUT} {UP}"),
        tracked=True,
        parameters=(SPEED, AWAY, FOUND),
    ),
    EpisodeKind(
        name="lost",
        build=_lost,
        meaning="goes out by day, misses the way and drifts towards a place of earlier years",
        needs=Needs.BRACELET,
        kind="lost",
        expects=kinds("zone_exit off_route"),
        within_s=15 * MINUTE_S,
        explains=kinds(f"{OUT} {UP}"),
        tracked=True,
        parameters=(
            SPEED,
            AWAY,
            FOUND,
            number(
                "drift",
                0.7,
                (0, 1),
                "",
                meaning="how strongly old places draw: 0 not at all, 1 straight there",
                source="former homes are searched first; half within 15 m of a road (CamSAR)",
            ),
        ),
    ),
    EpisodeKind(
        name="bus",
        build=_bus,
        meaning="walks to a stop beyond the zone, boards a bus, and is found where it ends",
        needs=Needs.BRACELET,
        kind="in_vehicle",
        expects=frozenset({"in_vehicle"}),
        within_s=15 * MINUTE_S,
        explains=kinds(f"{OUT} {UP}"),
        tracked=True,
        parameters=(
            SPEED,
            number("ride_m", 5_000, (1_500, 30_000), "m", meaning="how far it goes", source="a town line"),
            number("ride_mps", 7.0, (5, 20), "m/s", meaning="between stops", source="25 km/h in a town"),
            FOUND,
        ),
    ),
    EpisodeKind(
        name="bracelet_torn",
        build=_bracelet_torn,
        meaning="goes out beyond the zone and tears the bracelet off there",
        needs=Needs.BRACELET,
        kind="strap_removed",
        expects=frozenset({"strap_removed"}),
        within_s=5 * MINUTE_S,
        explains=kinds(f"strap_removed {OUT} {UP}"),
        tracked=True,
        parameters=(SPEED, FOUND),
    ),
    EpisodeKind(
        name="outing",
        build=_outing,
        meaning="goes out with the daughter, far beyond the zone, and comes back; she entered it beforehand",
        needs=Needs.BRACELET,
        kind="outing",
        explains=kinds(OUT),
        quiet=True,
        tracked=True,
        parameters=(
            number("away_m", 4_000, (400, 20_000), "m", meaning="how far", source="across the town"),
            number("lasts_s", 3 * HOUR_S, (1_800, 10 * HOUR_S), "s", meaning="how long", source="an afternoon"),
            Parameter(
                name="announced",
                unit="",
                default=True,
                meaning="the daughter entered it; else it must be told as an exit",
                source="our judgement",
            ),
            Parameter(
                name="by_car", unit="", default=True, meaning="they ride; else they walk", source="our judgement"
            ),
        ),
    ),
)
