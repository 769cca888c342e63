"""Falls in the street and beside the bed, and the knock that is none."""

from __future__ import annotations

from simulators.episodes import ways
from simulators.episodes.kind import (
    BEYOND,
    HOUR_S,
    LIES,
    MINUTE_S,
    UP,
    EpisodeKind,
    Needs,
    kinds,
    number,
)
from simulators.episodes.story import Setting, Story
from simulators.people import impact
from simulators.people.course import Act, Course, Deed
from simulators.people.whereabouts import BedStatus, Leg, Place, Sky, Strap, stayed

HOME: Place = (0.0, 0.0)
_FALL_HEIGHT = number(
    "height_m",
    0.8,
    (0.2, 1.2),
    "m",
    meaning="how far the wrist falls freely",
    source="from standing about 0.8, from a bed's edge 0.45",
)
_GETS_UP = number(
    "gets_up_after_s",
    0,
    (0, HOUR_S),
    "s",
    meaning="walks on after so long; 0: does not get up alone",
    source="our judgement",
)


def _fall(setting: Setting) -> Story:
    """On an ordinary walk if there is one then; else out of the house for a few minutes first."""
    rng = setting.rng
    here = setting.life.whereabouts(setting.at_s)
    legs: tuple[Leg, ...] = ()
    falls_s = setting.at_s + rng.uniform(30, 120)
    if here.outdoors:
        legs = (ways.on_foot(setting, setting.at_s, max(here.speed_mps, 0.7), ways.away(setting, 200.0)),)
    else:
        legs = (ways.on_foot(setting, setting.at_s + 20.0, setting.life.habits.speed_mps, ways.away(setting, 110.0)),)
        falls_s = legs[0].until_s - 1.0
    before = legs[0]
    spot = before.at(falls_s)
    place = (spot.east_m, spot.north_m)
    walks = ways.walked_until(before, falls_s)
    lies_s = setting.number("gets_up_after_s") or setting.number("lies_s")
    lies = stayed(falls_s, falls_s + lies_s, place, before.sky)
    back = ways.on_foot(setting, lies.until_s, 0.6, (place, *reversed(walks.points[:-1]), HOME))
    samples = impact.fall(rng, height_m=setting.number("height_m"), walking=True)
    course = Course(
        since_s=setting.at_s,
        until_s=back.until_s + 60.0,
        legs=(walks, lies, back),
        bed=((setting.at_s, BedStatus.EMPTY),),
        strap=((setting.at_s, Strap.WORN),),
        acts=(Act(at_s=falls_s, deed=Deed.IMPACT, samples=samples),),
    )
    beyond = ways.leaves(setting, course.legs) is not None
    return Story(course=course, counts_from_s=falls_s, place=place, explains=kinds(BEYOND if beyond else ""))


def _bedside_fall(setting: Setting) -> Story:
    rng = setting.rng
    up_s = setting.at_s + rng.uniform(15, 60)
    falls_s = up_s + rng.uniform(1.0, 12.0)
    until_s = falls_s + setting.number("lies_s")
    samples = impact.fall(rng, height_m=setting.number("height_m"), walking=False)
    course = Course(
        since_s=setting.at_s,
        until_s=until_s,
        legs=(stayed(setting.at_s, until_s, HOME, Sky.HOME),),
        bed=((setting.at_s, BedStatus.EDGE), (up_s, BedStatus.EMPTY)),
        strap=((setting.at_s, Strap.WORN),),
        acts=(Act(at_s=falls_s, deed=Deed.IMPACT, samples=samples),),
        fallen=True,
    )
    return Story(course=course, counts_from_s=falls_s)


def _hand_knock(setting: Setting) -> Story:
    samples = impact.knock(setting.rng, peak_g=setting.number("peak_g"))
    blow = Act(at_s=setting.at_s + 1.0, deed=Deed.IMPACT, samples=samples)
    return Story(course=Course(since_s=setting.at_s, until_s=setting.at_s + 60.0, acts=(blow,)))


ROWS = (
    EpisodeKind(
        name="fall",
        build=_fall,
        meaning="falls in the street on an ordinary walk and lies there",
        needs=Needs.BRACELET,
        kind="fall",
        expects=kinds("fall bedside_fall"),
        within_s=5 * MINUTE_S,
        explains=kinds(f"fall {UP} silence"),
        tracked=True,
        parameters=(_FALL_HEIGHT, LIES, _GETS_UP),
    ),
    EpisodeKind(
        name="bedside_fall",
        build=_bedside_fall,
        meaning="gets up at night and falls beside the bed",
        needs=Needs.BOTH,
        kind="bedside_fall",
        expects=kinds("bedside_fall fall"),
        within_s=10 * MINUTE_S,
        explains=kinds(f"fall {UP}"),
        parameters=(
            number(
                "height_m", 0.45, (0.2, 1.2), "m", meaning="how far the wrist falls freely", source="the edge of a bed"
            ),
            LIES,
        ),
    ),
    EpisodeKind(
        name="hand_knock",
        build=_hand_knock,
        meaning="knocks the hand with the bracelet against a table, hard, and goes on",
        needs=Needs.BRACELET,
        kind="hand_knock",
        quiet=True,
        parameters=(
            number(
                "peak_g",
                3.2,
                (1.7, 8),
                "g",
                meaning="how hard",
                source="every second daily activity passes 3 g on a wrist (detection reference)",
            ),
        ),
    ),
)
