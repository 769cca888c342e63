"""What a kind of episode is, and the parameters that several share. Each family has a file: its rows, and how they run.

Sources: "detection reference" is the study of methods and recordings that the detectors were begun from; its figures
stand in docs/detectors and docs/evaluation.md too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from simulators.episodes.parameter import Parameter
from simulators.episodes.story import Setting, Story

MINUTE_S, HOUR_S = 60.0, 3600.0


class Needs(StrEnum):
    """What the person must have."""

    BRACELET = "bracelet"
    BED = "bed"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeKind:
    """One row."""

    name: str
    meaning: str
    needs: Needs
    build: Callable[[Setting], Story]
    #: As in `simulators.truth.Episode`.
    kind: str
    expects: frozenset[str] = frozenset()
    within_s: float = 15 * MINUTE_S
    explains: frozenset[str] = frozenset()
    #: After its end its explanations hold so much longer.
    explains_for_s: float = 30 * MINUTE_S
    quiet: bool = False
    #: The bracelet is outside under satellites, every few seconds where Tongxing asks for it: its battery runs down.
    tracked: bool = False
    parameters: tuple[Parameter, ...] = ()


def number(
    name: str, default: float, bounds: tuple[float, float], unit: str, *, meaning: str, source: str
) -> Parameter:
    """A number with its least and most."""
    least, most = bounds
    return Parameter(name=name, unit=unit, default=default, least=least, most=most, meaning=meaning, source=source)


def kinds(words: str) -> frozenset[str]:
    """Words as a set."""
    return frozenset(words.split())


#: What being beyond the zone may raise beside its own kind, being out in any way, and being out of bed.
BEYOND = "zone_exit zone_enter danger_approach danger_enter off_route"
OUT = f"{BEYOND} wandering silence in_vehicle"
UP = "bed_exit no_return zone_enter bedside_fall"
SPEED = number(
    "speed_mps",
    0.9,
    (0.3, 1.6),
    "m/s",
    meaning="how fast they walk",
    source="older adults 0.8 to 1.2 (Bohannon 1997), slower with dementia",
)
AWAY = number(
    "away_m",
    1_100,
    (150, 6_000),
    "m",
    meaning="how far along the streets they get",
    source="half within 0.7 km, 80 % within 2 (Grampian police 2007)",
)
FOUND = number(
    "found_after_s",
    2_400,
    (0, 6 * HOUR_S),
    "s",
    meaning="from sitting down until somebody walks them home",
    source="half are found within 75 min (Grampian police 2007)",
)
LIES = number(
    "lies_s",
    1_500,
    (60, 4 * HOUR_S),
    "s",
    meaning="how long they lie",
    source="half of fallers over 90 cannot get up alone (Fleming and Brayne 2008)",
)
