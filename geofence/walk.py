"""The shape of a walk: numbers over the places of some minutes, to tell going somewhere from going round in circles.

Places are metres east and north of any origin, in order of time. A *vertex* is a place far enough from the vertex
before it to be a step and not the error of a fix; turns are counted at vertices only, because raw fixes make a
path far too long: twice the way among tall buildings (Mooney et al. 2016).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

#: A way's least length for its direction to mean something. Metres. Source: reference figures of GPS noise; settled.
VERTEX_M = 25.0
#: Turns above these angles are sharp, and a reversal. Degrees. Source: Lin et al. 2012 (90); settled.
SHARP_DEG, REVERSAL_DEG = 90.0, 120.0
#: Ground counts as walked again within this distance ... Metres. Twice a usual fix's error; provisional.
REVISIT_M = 25.0
#: ... after at least this long. Seconds. Less is standing there; provisional.
REVISIT_AFTER_S = 90.0
#: No spread below this is believed to be one. Metres. A fix's error; settled.
LEAST_SPREAD_M = 20.0
#: Sectors of the compass whose use is counted.
SECTORS = 8


class Spot(NamedTuple):
    """Where the person was: seconds since any instant, metres east and north of any origin."""

    at_s: float
    east_m: float
    north_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Numbers of one walk."""

    #: From first to last spot. Seconds.
    span_s: float
    #: Along the vertices, metres.
    length_m: float
    #: From the first to the last vertex, metres.
    net_m: float
    #: Root mean square distance from the middle, metres.
    spread_m: float
    #: Short axis of the spots' ellipse over the long one, 0 (a line) to 1 (round).
    roundness: float
    #: Turns of more than 90 and of more than 120 degrees.
    sharp_turns: int
    reversals: int
    #: Sum of all turns with their sign: 360 is once around, left positive.
    turning_deg: float
    #: Sum of all turns without.
    bending_deg: float
    #: Share of spots close to one of some minutes before.
    revisits: float
    #: How far the ways lie along one axis, both directions alike: 0 (none) to 1 (all).
    along_axis: float
    #: Entropy of the directions over eight sectors, 0 (one direction) to 1 (all alike).
    disorder: float
    #: Spread of the speeds from spot to spot over their mean: errors jump, legs do not.
    unevenness: float

    @property
    def density(self) -> float:
        """How often the walk could have crossed its own ground."""
        return self.length_m / max(self.spread_m, LEAST_SPREAD_M)

    @property
    def straightness(self) -> float:
        """Net way over the length walked: 1 is a straight line."""
        return self.net_m / self.length_m if self.length_m else 0.0


def shape_of(spots: Sequence[Spot], *, least_density: float = 0.0) -> Shape | None:
    """Measure at least two spots, in order of time; None, early, when the walk is less dense than asked for."""
    vertices = _vertices(spots)
    spread_m, roundness = _ellipse(spots)
    length_m = sum(_apart_m(a, b) for a, b in pairwise(vertices))
    if length_m < least_density * max(spread_m, LEAST_SPREAD_M):
        return None
    ways = [(b.east_m - a.east_m, b.north_m - a.north_m) for a, b in pairwise(vertices)]
    lengths = [math.sqrt(east * east + north * north) for east, north in ways]
    turns = [_turn_deg(a, b) for a, b in pairwise(ways)]
    along_axis, disorder = _directions(ways, lengths)
    return Shape(
        span_s=spots[-1].at_s - spots[0].at_s,
        length_m=length_m,
        net_m=_apart_m(vertices[0], vertices[-1]),
        spread_m=spread_m,
        roundness=roundness,
        sharp_turns=sum(abs(turn) > SHARP_DEG for turn in turns),
        reversals=sum(abs(turn) > REVERSAL_DEG for turn in turns),
        turning_deg=sum(turns),
        bending_deg=sum(abs(turn) for turn in turns),
        revisits=_revisits(spots),
        along_axis=along_axis,
        disorder=disorder,
        unevenness=_unevenness(spots),
    )


def certainly_sparser(
    places: Sequence[tuple[int, int, int]], metres: tuple[float, float], least_density: float
) -> bool:
    """Whether `shape_of` would give None, cheaply: the way over all places is no shorter than that over the vertices.

    Args:
        places: (any, north, east) in units of their own.
        metres: what one unit is to the north and to the east.
        least_density: as for `shape_of`.
    """
    _, first_north, first_east = places[0]
    last_north = last_east = way_m = north = east = squares = 0.0
    metres_north, metres_east = metres
    for _, north_units, east_units in places:
        north_m, east_m = (north_units - first_north) * metres_north, (east_units - first_east) * metres_east
        on_north, on_east = north_m - last_north, east_m - last_east
        way_m += math.sqrt(on_north * on_north + on_east * on_east)
        last_north, last_east = north_m, east_m
        north += north_m
        east += east_m
        squares += north_m * north_m + east_m * east_m
    count = len(places)
    spread_m = math.sqrt(max(0.0, squares / count - (north * north + east * east) / (count * count)))
    # A thousandth for rounding: this decides nothing that `shape_of` would not.
    return way_m * 1.001 < least_density * max(spread_m, LEAST_SPREAD_M)


def _vertices(spots: Sequence[Spot]) -> list[Spot]:
    found = [spots[0]]
    for spot in spots[1:]:
        if _apart_m(found[-1], spot) >= VERTEX_M:
            found.append(spot)
    return found


def _apart_m(one: Spot, other: Spot) -> float:
    east, north = one.east_m - other.east_m, one.north_m - other.north_m
    return math.sqrt(east * east + north * north)


def _turn_deg(before: tuple[float, float], after: tuple[float, float]) -> float:
    """From one way into the next, -180 to 180, left positive."""
    cross = before[0] * after[1] - before[1] * after[0]
    return math.degrees(math.atan2(cross, before[0] * after[0] + before[1] * after[1]))


def _ellipse(spots: Sequence[Spot]) -> tuple[float, float]:
    """Root mean square distance from the middle, and the short axis over the long one."""
    count = len(spots)
    east, north = sum(s.east_m for s in spots) / count, sum(s.north_m for s in spots) / count
    xx = sum((s.east_m - east) ** 2 for s in spots) / count
    yy = sum((s.north_m - north) ** 2 for s in spots) / count
    xy = sum((s.east_m - east) * (s.north_m - north) for s in spots) / count
    half, apart = (xx + yy) / 2, math.sqrt(((xx - yy) / 2) ** 2 + xy * xy)
    long, short = half + apart, max(0.0, half - apart)
    return math.sqrt(xx + yy), math.sqrt(short / long) if long > 0 else 1.0


def _revisits(spots: Sequence[Spot]) -> float:
    """Share of the spots that lie on ground left for a while before."""
    reach = REVISIT_M * REVISIT_M
    count, settled = 0, 0
    for i, spot in enumerate(spots):
        if spot.at_s - spots[0].at_s < REVISIT_AFTER_S:
            continue
        count += 1
        settled += _was_here(spots, i, reach)
    return settled / count if count else 0.0


def _was_here(spots: Sequence[Spot], index: int, reach: float) -> bool:
    """Whether somebody was near this spot before, and away in between."""
    here, away = spots[index], False
    for spot in reversed(spots[:index]):
        near = (spot.east_m - here.east_m) ** 2 + (spot.north_m - here.north_m) ** 2 <= reach
        if near and away and here.at_s - spot.at_s >= REVISIT_AFTER_S:
            return True
        away = away or not near
    return False


def _directions(ways: Sequence[tuple[float, float]], lengths: Sequence[float]) -> tuple[float, float]:
    """How far the ways lie along one axis, and the disorder of their directions; each way weighs its length."""
    total = sum(lengths)
    if not total:
        return 0.0, 0.0
    # A direction and its opposite have the same double angle: cos 2a = (x2 - y2) / r2, sin 2a = 2 x y / r2.
    cosine = sum((x * x - y * y) / r for (x, y), r in zip(ways, lengths, strict=True))
    sine = sum(2 * x * y / r for (x, y), r in zip(ways, lengths, strict=True))
    weights = [0.0] * SECTORS
    for (x, y), r in zip(ways, lengths, strict=True):
        weights[int((math.atan2(y, x) / math.tau + 1) * SECTORS) % SECTORS] += r / total
    entropy = -sum(w * math.log(w) for w in weights if w > 0) / math.log(SECTORS)
    return math.sqrt(cosine * cosine + sine * sine) / total, entropy


def _unevenness(spots: Sequence[Spot]) -> float:
    speeds = [_apart_m(a, b) / (b.at_s - a.at_s) for a, b in pairwise(spots)]
    mean = sum(speeds) / len(speeds)
    return math.sqrt(sum((speed - mean) ** 2 for speed in speeds) / len(speeds)) / mean if mean > 0 else 0.0
