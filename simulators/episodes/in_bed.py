"""Episodes of the bed: who does not come back to it, who stays, hearts and breath, and linen."""

from __future__ import annotations

from simulators.episodes.kind import (
    HOUR_S,
    MINUTE_S,
    UP,
    EpisodeKind,
    Needs,
    kinds,
    number,
)

ROWS = (
    EpisodeKind(
        name="no_return",
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
        meaning="somebody changes the linen: the bed feels hands and weights, and nobody in it",
        needs=Needs.BED,
        kind="linen",
        quiet=True,
        parameters=(number("lasts_s", 420, (120, 1_200), "s", meaning="how long", source="our judgement"),),
    ),
    EpisodeKind(
        name="guest_on_bed",
        meaning="a grandchild sits and jumps on the bed by day",
        needs=Needs.BED,
        kind="guest_on_bed",
        quiet=True,
        parameters=(number("lasts_s", 1_200, (120, 2 * HOUR_S), "s", meaning="how long", source="our judgement"),),
    ),
    EpisodeKind(
        name="restless_night",
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
