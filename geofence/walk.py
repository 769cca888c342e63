"""The shape of a walk: numbers over the places of some minutes, to tell going somewhere from going round in circles.

Places are metres east and north of any origin, in order of time. A *vertex* is a place far enough from the vertex
before it to be a step and not the error of a fix; turns are counted at vertices only, because raw fixes make a
path far too long: twice the way among tall buildings (Mooney et al. 2016).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from operator import mul, sub
from typing import NamedTuple

import msgspec

#: A way's least length for its direction to mean something. Metres. Source: reference figures of GPS noise; settled.
VERTEX_M = 25.0
#: Turns above these angles are sharp, and a reversal. Degrees. Source: Lin et al. 2012 (90); settled.
SHARP_DEG, REVERSAL_DEG = 90.0, 120.0
#: Ground counts as walked again within this distance ... Metres. Twice a usual fix's error; provisional.
REVISIT_M = 25.0
_REACH_M2 = REVISIT_M * REVISIT_M
#: ... after at least this long. Seconds. Less is standing there; provisional.
REVISIT_AFTER_S = 90.0
#: No spread below this is believed to be one. Metres. A fix's error; settled.
LEAST_SPREAD_M = 20.0
#: Sectors of the compass whose use is counted.
SECTORS = 8


Floats = Sequence[float]


class Spot(NamedTuple):
    """Where the person was: seconds since any instant, metres east and north of any origin."""

    at_s: float
    east_m: float
    north_m: float


class Shape(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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


def shape_of(
    spots: Sequence[Spot], *, least_density: float = 0.0, least_turns: tuple[int, float] = (0, 0.0)
) -> Shape | None:
    """Measure at least two spots, in order of time.

    Args:
        spots: of one walk.
        least_density: None is returned, early, for a walk that is less dense.
        least_turns: sharp turns, and degrees once around: None, early, for a walk that has neither.
    """
    times, easts, norths = zip(*spots, strict=True)
    return measure(times, easts, norths, least_density=least_density, least_turns=least_turns)


def measure(
    times: Floats,
    easts: Floats,
    norths: Floats,
    *,
    least_density: float = 0.0,
    least_turns: tuple[int, float] = (0, 0.0),
) -> Shape | None:
    """`shape_of` of spots that lie in columns: seconds, metres east, metres north."""
    ways, net_m = _ways(easts, norths)
    sharp_turns, reversals, turning_deg, bending_deg = _turns(ways)
    if sharp_turns < least_turns[0] and abs(turning_deg) < least_turns[1]:
        return None
    spread_m, roundness = _ellipse(easts, norths)
    length_m = sum([way[2] for way in ways])
    if length_m < least_density * max(spread_m, LEAST_SPREAD_M):
        return None
    along_axis, disorder = _directions(ways)
    return Shape(
        span_s=times[-1] - times[0],
        length_m=length_m,
        net_m=net_m,
        spread_m=spread_m,
        roundness=roundness,
        sharp_turns=sharp_turns,
        reversals=reversals,
        turning_deg=turning_deg,
        bending_deg=bending_deg,
        revisits=_revisits(times, easts, norths),
        along_axis=along_axis,
        disorder=disorder,
        unevenness=_unevenness(times, easts, norths),
    )


#: Metres east and north, and along: from one vertex to the next.
_Way = tuple[float, float, float]


def _ways(easts: Floats, norths: Floats) -> tuple[list[_Way], float]:
    """From vertex to vertex, and metres from the first to the last."""
    found: list[_Way] = []
    last_east, last_north = easts[0], norths[0]
    for spot_east, spot_north in zip(easts, norths, strict=True):
        east, north = spot_east - last_east, spot_north - last_north
        along = math.sqrt(east * east + north * north)
        if along >= VERTEX_M:
            found.append((east, north, along))
            last_east, last_north = spot_east, spot_north
    east, north = last_east - easts[0], last_north - norths[0]
    return found, math.sqrt(east * east + north * north)


def _turns(ways: Sequence[_Way]) -> tuple[int, int, float, float]:
    """Sharp turns and reversals, and the degrees of all turns with their sign, left positive, and without."""
    sharp_turns = reversals = 0
    turning_deg = bending_deg = 0.0
    for (east, north, _), (on_east, on_north, _) in pairwise(ways):
        turn_deg = math.degrees(math.atan2(east * on_north - north * on_east, east * on_east + north * on_north))
        bend_deg = abs(turn_deg)
        if bend_deg > SHARP_DEG:
            sharp_turns += 1
            reversals += bend_deg > REVERSAL_DEG
        turning_deg += turn_deg
        bending_deg += bend_deg
    return sharp_turns, reversals, turning_deg, bending_deg


def _ellipse(easts: Floats, norths: Floats) -> tuple[float, float]:
    """Root mean square distance from the middle, and the short axis over the long one."""
    count = len(easts)
    east, north = sum(easts) / count, sum(norths) / count
    to_east, to_north = [each - east for each in easts], [each - north for each in norths]
    xx = sum([each**2 for each in to_east]) / count
    yy = sum([each**2 for each in to_north]) / count
    xy = sum(map(mul, to_east, to_north)) / count
    half, apart = (xx + yy) / 2, math.sqrt(((xx - yy) / 2) ** 2 + xy * xy)
    long, short = half + apart, max(0.0, half - apart)
    return math.sqrt(xx + yy), math.sqrt(short / long) if long > 0 else 1.0


def _revisits(times: Floats, easts: Floats, norths: Floats) -> float:
    """Share of the spots that lie on ground left for a while before: near it once, and away in between."""
    count, settled, begun_s = 0, 0, times[0]
    for index, here_s in enumerate(times):
        if here_s - begun_s < REVISIT_AFTER_S:
            continue
        count += 1
        here_east, here_north, away = easts[index], norths[index], False
        for earlier in range(index - 1, -1, -1):
            east, north = easts[earlier] - here_east, norths[earlier] - here_north
            if east * east + north * north > _REACH_M2:
                away = True
            elif away and here_s - times[earlier] >= REVISIT_AFTER_S:
                settled += 1
                break
    return settled / count if count else 0.0


def _directions(ways: Sequence[_Way]) -> tuple[float, float]:
    """How far the ways lie along one axis, and the disorder of their directions; each way weighs its length."""
    total = sum(way[2] for way in ways)
    if not total:
        return 0.0, 0.0
    # A direction and its opposite have the same double angle: cos 2a = (x2 - y2) / r2, sin 2a = 2 x y / r2.
    cosine = sine = 0.0
    weights = [0.0] * SECTORS
    for east, north, along in ways:
        cosine += (east * east - north * north) / along
        sine += 2 * east * north / along
        weights[int((math.atan2(north, east) / math.tau + 1) * SECTORS) % SECTORS] += along / total
    entropy = -sum(w * math.log(w) for w in weights if w > 0) / math.log(SECTORS)
    return math.sqrt(cosine * cosine + sine * sine) / total, entropy


def _unevenness(times: Floats, easts: Floats, norths: Floats) -> float:
    speeds = [
        math.sqrt(east * east + north * north) / took_s
        for east, north, took_s in zip(
            map(sub, easts[1:], easts), map(sub, norths[1:], norths), map(sub, times[1:], times), strict=True
        )
    ]
    mean = sum(speeds) / len(speeds)
    return math.sqrt(sum([(speed - mean) ** 2 for speed in speeds]) / len(speeds)) / mean if mean > 0 else 0.0
