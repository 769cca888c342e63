"""Episodes of the bed: who does not come back to it, who stays, hearts and breath, and linen."""

from __future__ import annotations

from typing import Any

from simulators.episodes.kind import (
    HOUR_S,
    MINUTE_S,
    UP,
    EpisodeKind,
    Needs,
    kinds,
    number,
)
from simulators.episodes.story import Setting, Story
from simulators.people.course import Course, Vitals
from simulators.people.whereabouts import BedStatus, Place, Sky, Strap, stayed

HOME: Place = (0.0, 0.0)
#: Out of bed for a visit of a restless night, and back in it until the next. Seconds.
VISIT_S, BETWEEN_S = (120.0, 420.0), (1_500.0, 3_000.0)
#: Longest touch of a bed by hands, before it is free again. Seconds.
TOUCH_S = (3.0, 9.0)


def _no_return(setting: Setting) -> Story:
    up_s = setting.at_s + setting.rng.uniform(15, 60)
    until_s = up_s + setting.number("lasts_s")
    # To the kitchen, and sitting there.
    sits_s = up_s + 120.0
    course = Course(
        since_s=setting.at_s,
        until_s=until_s,
        legs=(stayed(sits_s, until_s, HOME, Sky.HOME),),
        bed=((setting.at_s, BedStatus.EDGE), (up_s, BedStatus.EMPTY), (until_s, None)),
        strap=((setting.at_s, Strap.WORN),),
    )
    return Story(course=course, counts_from_s=up_s)


def _still_in_bed(setting: Setting) -> Story:
    until_s = setting.midnight_s + setting.number("until_h") * 3600
    course = Course(
        since_s=setting.at_s,
        until_s=until_s,
        legs=(stayed(setting.at_s, until_s, HOME, Sky.HOME),),
        bed=((setting.at_s, BedStatus.OCCUPIED), (until_s - 60.0, BedStatus.EDGE)),
    )
    rises_s = setting.midnight_s + setting.life.habits.rises_s
    return Story(course=course, counts_from_s=max(rises_s, setting.at_s))


def _vitals(setting: Setting, **what: Any) -> Story:
    """In bed meanwhile, whatever the routine says."""
    since_s, until_s = setting.at_s, setting.at_s + setting.number("lasts_s")
    course = Course(
        since_s=since_s,
        until_s=until_s,
        bed=((since_s, BedStatus.OCCUPIED),),
        vitals=Vitals(since_s=since_s, until_s=until_s, **what),
    )
    return Story(course=course)


def _heart(setting: Setting) -> Story:
    return _vitals(setting, heart_bpm=setting.number("rate_bpm"))


def _breathing_fast(setting: Setting) -> Story:
    return _vitals(setting, breathing_bpm=setting.number("rate_bpm"))


def _breathing_pauses(setting: Setting) -> Story:
    every_s, lasts_s = 3600.0 / setting.number("pauses"), setting.number("lasts_s")
    pauses = tuple(
        (setting.at_s + number * every_s + setting.rng.uniform(0.1, 0.7) * every_s, setting.number("pause_s"))
        for number in range(int(lasts_s / every_s))
    )
    return _vitals(setting, pauses=pauses)


def _bed_fault(setting: Setting) -> Story:
    until_s = setting.at_s + setting.number("lasts_s")
    return Story(course=Course(since_s=setting.at_s, until_s=until_s, bed=((setting.at_s, BedStatus.FAULT),)))


def _linen(setting: Setting) -> Story:
    """Hands press here and there for some seconds: occupied, empty, occupied."""
    rng, at_s, until_s = setting.rng, setting.at_s, setting.at_s + setting.number("lasts_s")
    bed: list[tuple[float, BedStatus | None]] = []
    while at_s < until_s:
        bed += [(at_s, BedStatus.OCCUPIED), (at_s + rng.uniform(*TOUCH_S), BedStatus.EMPTY)]
        at_s = bed[-1][0] + rng.uniform(10, 60)
    return Story(course=Course(since_s=setting.at_s, until_s=max(until_s, bed[-1][0]), bed=tuple(bed), handled=True))


def _guest_on_bed(setting: Setting) -> Story:
    until_s = setting.at_s + setting.number("lasts_s")
    bed = ((setting.at_s, BedStatus.OCCUPIED), (until_s, None))
    return Story(course=Course(since_s=setting.at_s, until_s=until_s, bed=bed, handled=True))


def _restless_night(setting: Setting) -> Story:
    """From the first time up; between the visits in bed, whatever the routine says."""
    rng, at_s = setting.rng, setting.at_s
    bed: list[tuple[float, BedStatus | None]] = [(at_s, BedStatus.OCCUPIED)]
    for _ in range(int(setting.number("visits"))):
        edge_s = bed[-1][0] + rng.uniform(*BETWEEN_S)
        up_s = edge_s + rng.uniform(10, 40)
        bed += [(edge_s, BedStatus.EDGE), (up_s, BedStatus.EMPTY), (up_s + rng.uniform(*VISIT_S), BedStatus.OCCUPIED)]
    return Story(course=Course(since_s=at_s, until_s=bed[-1][0] + 1_200.0, bed=tuple(bed)))


ROWS = (
    EpisodeKind(
        name="no_return",
        build=_no_return,
        meaning="gets up at night and stays up in the kitchen, sitting",
        needs=Needs.BED,
        kind="no_return",
        expects=kinds("no_return bedside_fall"),
        within_s=50 * MINUTE_S,
        explains=kinds(UP),
        parameters=(
            number(
                "lasts_s",
                5_400,
                (3_600, 4 * HOUR_S),
                "s",
                meaning="how long they stay up",
                source="longer than most visits of a night",
            ),
        ),
    ),
    EpisodeKind(
        name="still_in_bed",
        build=_still_in_bed,
        meaning="is weak in the morning and does not get up",
        needs=Needs.BED,
        kind="still_in_bed",
        expects=frozenset({"still_in_bed"}),
        # From the hour at which they usually rise; told at 11 while the habit is not known.
        within_s=7 * HOUR_S,
        explains=kinds("still_in_bed restless"),
        parameters=(
            number(
                "until_h",
                14,
                (12, 20),
                "h",
                meaning="local hour at which somebody gets them up",
                source="our judgement",
            ),
        ),
    ),
    EpisodeKind(
        name="heart_slow",
        build=_heart,
        meaning="the heart beats slowly in bed",
        needs=Needs.BED,
        kind="heart_rate",
        expects=frozenset({"heart_rate"}),
        within_s=10 * MINUTE_S,
        explains=kinds("heart_rate"),
        parameters=(
            number(
                "rate_bpm", 32, (20, 38), "1/min", meaning="how slowly", source="the evaluation's episodes: 26 to 36"
            ),
            number(
                "lasts_s", 900, (300, 2 * HOUR_S), "s", meaning="how long", source="the evaluation's episodes: 5 min"
            ),
        ),
    ),
    EpisodeKind(
        name="heart_fast",
        build=_heart,
        meaning="the heart races in bed",
        needs=Needs.BED,
        kind="heart_rate",
        expects=frozenset({"heart_rate"}),
        within_s=10 * MINUTE_S,
        explains=kinds("heart_rate"),
        parameters=(
            number(
                "rate_bpm", 145, (125, 190), "1/min", meaning="how fast", source="the evaluation's episodes: 125 to 165"
            ),
            number(
                "lasts_s", 900, (300, 2 * HOUR_S), "s", meaning="how long", source="the evaluation's episodes: 5 min"
            ),
        ),
    ),
    EpisodeKind(
        name="breathing_fast",
        build=_breathing_fast,
        meaning="breathes fast in bed, as with a fever",
        needs=Needs.BED,
        kind="breathing_rate",
        expects=frozenset({"breathing_rate"}),
        within_s=10 * MINUTE_S,
        explains=kinds("breathing_rate"),
        parameters=(
            number(
                "rate_bpm", 38, (36, 60), "1/min", meaning="how fast", source="NEWS2 gives its highest score from 25"
            ),
            number("lasts_s", 1_800, (600, 6 * HOUR_S), "s", meaning="how long", source="our judgement"),
        ),
    ),
    EpisodeKind(
        name="breathing_pauses",
        build=_breathing_pauses,
        meaning="stops breathing again and again in sleep, and the bed says so",
        needs=Needs.BED,
        kind="apnea",
        expects=frozenset({"apnea"}),
        within_s=75 * MINUTE_S,
        explains=kinds("apnea restless breathing_rate"),
        parameters=(
            number(
                "pauses",
                12,
                (6, 60),
                "1/h",
                meaning="how many an hour",
                source="moderate sleep apnea: 15 an hour (AASM)",
            ),
            number("pause_s", 28, (21, 60), "s", meaning="how long each", source="an alarm counts from 20 s"),
            number("lasts_s", 7_200, (3_600, 6 * HOUR_S), "s", meaning="how long", source="our judgement"),
        ),
    ),
    EpisodeKind(
        name="bed_fault",
        build=_bed_fault,
        meaning="the bed's sensor fails and says so",
        needs=Needs.BED,
        kind="bed_sensor_fault",
        expects=frozenset({"bed_sensor_fault"}),
        within_s=20 * MINUTE_S,
        explains=kinds(f"bed_sensor_fault {UP}"),
        parameters=(
            number(
                "lasts_s", 3 * HOUR_S, (HOUR_S, 24 * HOUR_S), "s", meaning="until it is mended", source="our judgement"
            ),
        ),
    ),
    EpisodeKind(
        name="linen",
        build=_linen,
        meaning="somebody changes the linen: the bed feels hands and weights, and nobody in it",
        needs=Needs.BED,
        kind="linen",
        quiet=True,
        parameters=(number("lasts_s", 420, (120, 1_200), "s", meaning="how long", source="our judgement"),),
    ),
    EpisodeKind(
        name="guest_on_bed",
        build=_guest_on_bed,
        meaning="a grandchild sits and jumps on the bed by day",
        needs=Needs.BED,
        kind="guest_on_bed",
        quiet=True,
        parameters=(number("lasts_s", 1_200, (120, 2 * HOUR_S), "s", meaning="how long", source="our judgement"),),
    ),
    EpisodeKind(
        name="restless_night",
        build=_restless_night,
        meaning="gets up again and again, each time for a few minutes",
        needs=Needs.BED,
        kind="restless_night",
        explains=kinds("restless bed_exit"),
        quiet=True,
        parameters=(
            number(
                "visits",
                7,
                (4, 14),
                "",
                meaning="how often",
                source="nocturia: 2 to 6 a night is frequent (our judgement)",
            ),
        ),
    ),
)
