"""Episodes of the bracelet: the button, the battery, the strap, silence."""

from __future__ import annotations

import math

from simulators.episodes import ways
from simulators.episodes.kind import (
    BEYOND,
    HOUR_S,
    MINUTE_S,
    UP,
    EpisodeKind,
    Needs,
    kinds,
    number,
)
from simulators.episodes.story import Setting, Story
from simulators.people.course import Act, Course, Deed
from simulators.people.life import Life
from simulators.people.whereabouts import BedStatus, Leg, Sky, Strap, stayed

#: Out at the market before the button is pressed. Seconds.
AT_THE_STALL_S = 90.0
#: How long she stands at the market; a day; from empty to full. Seconds.
AT_THE_MARKET_S, DAY_S, CHARGES_S = 1_200.0, 86_400.0, 5_400.0


def _sos(setting: Setting) -> Story:
    """Where they are; or out at a market, where they stand for a while."""
    out_m = setting.number("out_m")
    legs: tuple[Leg, ...] = ()
    place = setting.here
    until_s = setting.at_s + AT_THE_MARKET_S if out_m else setting.at_s + 60.0
    bed: tuple[tuple[float, BedStatus | None], ...] = ()
    if out_m:
        angle = ways.direction(setting.rng)
        place = (out_m * math.sin(angle), out_m * math.cos(angle))
        legs, bed = (stayed(setting.at_s, until_s, place),), ((setting.at_s, BedStatus.EMPTY),)
    # Out there the satellites must be heard before the button is pressed.
    press = Act(at_s=setting.at_s + (AT_THE_STALL_S if out_m else 1.0), deed=Deed.SOS)
    course = Course(
        since_s=setting.at_s, until_s=until_s, legs=legs, bed=bed, strap=((setting.at_s, Strap.WORN),), acts=(press,)
    )
    brought = kinds(UP if out_m else "")
    if ways.leaves(setting, legs) is not None:
        # There from one instant to the next, which looks like a ride.
        brought |= kinds(f"{BEYOND} in_vehicle")
    return Story(course=course, counts_from_s=press.at_s, place=place, explains=brought)


def _charger_forgotten(setting: Setting) -> Story:
    until_s = setting.at_s + setting.number("evenings") * DAY_S - 4 * 3600
    # Then somebody sees to it, whenever that is.
    course = Course(
        since_s=setting.at_s,
        until_s=until_s + CHARGES_S,
        uncharged=(setting.at_s - 3600, until_s),
        strap=((until_s, Strap.CHARGER),),
    )
    return Story(course=course, expects=None if setting.number("evenings") > 1 else frozenset())


def _run_flat(setting: Setting) -> Story:
    flat = Act(at_s=setting.at_s + 1.0, deed=Deed.RUN_FLAT)
    return Story(course=Course(since_s=setting.at_s, until_s=setting.at_s + 3_600.0, acts=(flat,)))


def _dead_device(setting: Setting) -> Story:
    until_s = setting.at_s + setting.number("lasts_s")
    return Story(course=Course(since_s=setting.at_s, until_s=until_s, mute=True))


def _bracelet_left(setting: Setting) -> Story:
    until_s = setting.at_s + setting.number("lasts_s")
    left = ((setting.at_s, Strap.TABLE),)
    # Whoever has no bracelet on stays in: a walk without it would be another story.
    legs = (stayed(setting.at_s, until_s, (0.0, 0.0), Sky.HOME),)
    course = Course(since_s=setting.at_s, until_s=until_s, strap=left, legs=legs)
    up_s = _up_from_s(setting.life, setting.at_s, until_s)
    # Who lies in bed all the while is not asked for the bracelet on the night table.
    return Story(course=course, counts_from_s=up_s, expects=frozenset() if up_s is None else None)


def _up_from_s(life: Life, since_s: float, until_s: float) -> float | None:
    """From when on they are out of bed: a nap without the bracelet is nobody's concern. None: not before the end."""
    at_s = since_s
    while at_s < until_s:
        status, lasts_until_s = life.bed_until(at_s)
        if status is BedStatus.EMPTY:
            return at_s
        at_s = max(lasts_until_s, at_s + 1.0)
    return None


ROWS = (
    EpisodeKind(
        name="sos",
        build=_sos,
        meaning="presses the button where they are",
        needs=Needs.BRACELET,
        kind="sos",
        expects=frozenset({"sos"}),
        within_s=2 * MINUTE_S,
        explains=frozenset({"sos"}),
        tracked=True,
        parameters=(
            number(
                "out_m",
                0,
                (0, 5_000),
                "m",
                meaning="0: where they are; else at a market so far from home",
                source="our judgement",
            ),
        ),
    ),
    EpisodeKind(
        name="charger_forgotten",
        build=_charger_forgotten,
        meaning="nobody charges the bracelet for some evenings, and it runs down",
        needs=Needs.BRACELET,
        kind="low_battery",
        expects=kinds("low_battery silence"),
        within_s=4 * 24 * HOUR_S,
        explains=kinds("low_battery silence"),
        explains_for_s=2 * HOUR_S,
        parameters=(
            number("evenings", 3, (1, 6), "", meaning="how many evenings it is forgotten", source="our judgement"),
        ),
    ),
    EpisodeKind(
        name="run_flat",
        build=_run_flat,
        meaning="the battery gives out within minutes, as in the cold, and is charged twenty minutes later",
        needs=Needs.BRACELET,
        kind="low_battery",
        expects=frozenset({"low_battery"}),
        within_s=10 * MINUTE_S,
        explains=kinds("low_battery"),
    ),
    EpisodeKind(
        name="dead_device",
        build=_dead_device,
        meaning="the bracelet stops speaking and begins again later, with nothing wrong with the person",
        needs=Needs.BRACELET,
        kind="silence",
        expects=frozenset({"silence"}),
        within_s=HOUR_S + 10 * MINUTE_S,
        explains=kinds("silence"),
        parameters=(
            number("lasts_s", 6 * HOUR_S, (2 * HOUR_S, 48 * HOUR_S), "s", meaning="how long", source="our judgement"),
        ),
    ),
    EpisodeKind(
        name="bracelet_left",
        build=_bracelet_left,
        meaning="takes the bracelet off and leaves it on the table",
        needs=Needs.BRACELET,
        kind="strap_removed",
        expects=frozenset({"strap_removed"}),
        within_s=45 * MINUTE_S,
        explains=kinds("strap_removed"),
        parameters=(
            number(
                "lasts_s",
                3 * HOUR_S,
                (HOUR_S, 48 * HOUR_S),
                "s",
                meaning="until somebody puts it on again",
                source="our judgement",
            ),
        ),
    ),
    EpisodeKind(
        name="washing",
        build=_bracelet_left,
        meaning="the bracelet is off while they wash",
        needs=Needs.BRACELET,
        kind="washing",
        quiet=True,
        parameters=(number("lasts_s", 900, (120, 1_500), "s", meaning="how long", source="a bath: 10 to 20 min"),),
    ),
)
