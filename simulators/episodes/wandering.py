"""The three patterns of wandering after Martino-Saltzman (1991), in the streets beyond the zone."""

from __future__ import annotations

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


def _wandering(name: str, meaning: str) -> EpisodeKind:
    return EpisodeKind(
        name=name,
        meaning=meaning,
        needs=Needs.BRACELET,
        kind="wandering." + {"random_walk": "random"}.get(name, name),
        expects=frozenset({"wandering"}),
        within_s=25 * MINUTE_S,
        explains=kinds(OUT + " bed_exit no_return"),
        parameters=_WANDERING,
    )


ROWS = (
    _wandering("pacing", "to and fro in one street"),
    _wandering("lapping", "round and round the same blocks"),
    _wandering("random_walk", "with no direction, turning again and again"),
)
