"""Episodes of leaving: at night, by day, by bus, without the bracelet, and with the daughter."""

from __future__ import annotations

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

ROWS = (
    EpisodeKind(
        name="night_exit",
        meaning="gets up at night, leaves the house and walks away along the streets; sits down; is walked home",
        needs=Needs.BRACELET,
        kind="zone_exit",
        expects=frozenset({"zone_exit"}),
        within_s=10 * MINUTE_S,
        explains=kinds(f"{OUT} {UP}"),
        parameters=(SPEED, AWAY, FOUND),
    ),
    EpisodeKind(
        name="lost",
        meaning="goes out by day, misses the way and drifts towards a place of earlier years",
        needs=Needs.BRACELET,
        kind="lost",
        expects=kinds("zone_exit off_route"),
        within_s=15 * MINUTE_S,
        explains=kinds(f"{OUT} {UP}"),
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
        meaning="walks to a stop beyond the zone, boards a bus, and is found where it ends",
        needs=Needs.BRACELET,
        kind="in_vehicle",
        expects=frozenset({"in_vehicle"}),
        within_s=15 * MINUTE_S,
        explains=kinds(f"{OUT} {UP}"),
        parameters=(
            SPEED,
            number("ride_m", 5_000, (1_500, 30_000), "m", meaning="how far it goes", source="a town line"),
            number("ride_mps", 7.0, (5, 20), "m/s", meaning="between stops", source="25 km/h in a town"),
            FOUND,
        ),
    ),
    EpisodeKind(
        name="bracelet_torn",
        meaning="goes out beyond the zone and tears the bracelet off there",
        needs=Needs.BRACELET,
        kind="strap_removed",
        expects=frozenset({"strap_removed"}),
        within_s=5 * MINUTE_S,
        explains=kinds(f"strap_removed {OUT} {UP}"),
        parameters=(SPEED, FOUND),
    ),
    EpisodeKind(
        name="outing",
        meaning="goes out with the daughter, far beyond the zone, and comes back; she entered it beforehand",
        needs=Needs.BRACELET,
        kind="outing",
        explains=kinds(OUT),
        quiet=True,
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
