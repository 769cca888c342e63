"""Falls in the street and beside the bed, and the knock that is none."""

from __future__ import annotations

from simulators.episodes.kind import (
    HOUR_S,
    LIES,
    MINUTE_S,
    UP,
    EpisodeKind,
    Needs,
    kinds,
    number,
)

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

ROWS = (
    EpisodeKind(
        name="fall",
        meaning="falls in the street on an ordinary walk and lies there",
        needs=Needs.BRACELET,
        kind="fall",
        expects=kinds("fall bedside_fall"),
        within_s=5 * MINUTE_S,
        explains=kinds(f"fall {UP} silence"),
        parameters=(_FALL_HEIGHT, LIES, _GETS_UP),
    ),
    EpisodeKind(
        name="bedside_fall",
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
