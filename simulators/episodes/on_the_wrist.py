"""Episodes of the bracelet: the button, the battery, the strap, silence."""

from __future__ import annotations

from simulators.episodes.kind import (
    HOUR_S,
    MINUTE_S,
    EpisodeKind,
    Needs,
    kinds,
    number,
)

ROWS = (
    EpisodeKind(
        name="sos",
        meaning="presses the button where they are",
        needs=Needs.BRACELET,
        kind="sos",
        expects=frozenset({"sos"}),
        within_s=2 * MINUTE_S,
        explains=frozenset({"sos"}),
    ),
    EpisodeKind(
        name="charger_forgotten",
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
        meaning="the battery gives out within minutes, as in the cold, and is charged twenty minutes later",
        needs=Needs.BRACELET,
        kind="low_battery",
        expects=frozenset({"low_battery"}),
        within_s=10 * MINUTE_S,
        explains=kinds("low_battery"),
    ),
    EpisodeKind(
        name="dead_device",
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
        meaning="the bracelet is off while they wash",
        needs=Needs.BRACELET,
        kind="washing",
        quiet=True,
        parameters=(number("lasts_s", 900, (120, 1_500), "s", meaning="how long", source="a bath: 10 to 20 min"),),
    ),
)
