"""What rules out, at the price of the newest fix, that a walk's shape speaks for wandering: running sums of its spots.

A walk is looked at with each of its fixes, and most lead somewhere. Measuring the whole shape each time costs a hundred
times what the newest fix does, so a `Tally` is kept beside the spots: the newest is added, the oldest taken off. All
sums are whole numbers, so that adding and taking off leave nothing behind: a tally is the same whether it grew with the
walk or was made of its spots at once.

It bounds, it never decides: `leads_on` is True only where `geofence.walk.shape_of` would find the walk less dense than
asked for, or without the turns. Distances here are those of a rough frame, at most 0.6 %
off the one that shapes are measured in (both series of the ellipsoid, any latitude), so every bound has slack.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from geofence.walk import LEAST_SPREAD_M, SHARP_DEG, VERTEX_M

#: A fix of a walk: unix seconds, then latitude and longitude in millionths of a degree.
Spotted = tuple[int, int, int]
#: Metres of a millionth of a degree north, and east at the equator.
NORTH_M, EAST_M = 0.111_132_92, 0.111_412_84
_RADIANS = math.pi / 180e6
#: Slack of lengths, ratio, and of angles, degrees: twice what two frames can differ.
SLACK, SLACK_DEG = 1.015, 0.75
#: A step shorter than this may be no vertex of the shape. Millimetres.
_STEP_MM = VERTEX_M * SLACK * 1_000
#: A turn beyond this may be sharp. Thousandths of a degree.
_SHARP_MDEG = (SHARP_DEG - SLACK_DEG) * 1_000


class Tally(NamedTuple):
    """Running sums over the spots of a walk, in the order of a walk of n spots."""

    #: From spot to spot, millimetres.
    way_mm: int = 0
    #: Steps that may be too short to be told from the error of a fix. Count.
    short: int = 0
    #: Turns that may be sharp, count, and the sum of the others with their sign, thousandths of a degree.
    sharp: int = 0
    turning_mdeg: int = 0
    #: Of the spots, millionths of a degree: sums, and sums of squares.
    north: int = 0
    east: int = 0
    north_squares: int = 0
    east_squares: int = 0


def tallied(spots: tuple[Spotted, ...]) -> Tally:
    """The tally of a whole walk."""
    tally = Tally()
    for count in range(1, len(spots) + 1):
        tally = added(tally, spots[:count])
    return tally


def added(tally: Tally, spots: tuple[Spotted, ...]) -> Tally:
    """After the newest of `spots` has come, the tally being of those before it."""
    return _with(tally, spots[-1], spots[-3:], 1)


def dropped(tally: Tally, spots: tuple[Spotted, ...]) -> Tally:
    """After the oldest of `spots` has gone, the tally being of all of them."""
    return _with(tally, spots[0], spots[:3], -1)


def _with(tally: Tally, spot: Spotted, around: tuple[Spotted, ...], sign: int) -> Tally:
    """With one spot at an end more or less, given up to three spots of that end in order of time."""
    way_mm, short, sharp, turning_mdeg, north, east, north_squares, east_squares = tally
    _, spot_north, spot_east = spot
    if len(around) > 1:
        # The step is that of the end: the last of three for the newest, the first for the oldest.
        step = _step(around[-2], around[-1]) if sign > 0 else _step(around[0], around[1])
        step_mm = round(math.sqrt(step[0] * step[0] + step[1] * step[1]) * 1_000)
        way_mm += sign * step_mm
        short += sign * (step_mm < _STEP_MM)
        if len(around) > 2:  # noqa: PLR2004 - a turn has three
            turn_mdeg = _turn_mdeg(
                *((_step(around[0], around[1]), step) if sign > 0 else (step, _step(around[1], around[2])))
            )
            if abs(turn_mdeg) > _SHARP_MDEG:
                sharp += sign
            else:
                turning_mdeg += sign * turn_mdeg
    return Tally(
        way_mm,
        short,
        sharp,
        turning_mdeg,
        north + sign * spot_north,
        east + sign * spot_east,
        north_squares + sign * spot_north * spot_north,
        east_squares + sign * spot_east * spot_east,
    )


def leads_on(tally: Tally, spots: tuple[Spotted, ...], least_density: float, least_turns: tuple[int, float]) -> bool:
    """Whether a walk certainly leads somewhere: too sparse, or without the turns of any pattern.

    Args:
        tally: of the spots.
        spots: at least one.
        least_density: as for `walk.shape_of`.
        least_turns: sharp turns, and degrees once around, of which a pattern has either.
    """
    sharp, turning_deg = least_turns
    # Without a short step each spot is a vertex, and no turn is missing. A sharp one may count with either sign.
    if not tally.short and tally.sharp < sharp:
        most_deg = abs(tally.turning_mdeg) / 1_000 + 180 * tally.sharp + SLACK_DEG * len(spots)
        if most_deg < turning_deg:
            return True
    return tally.way_mm * SLACK / 1_000 < least_density * max(spread_m(tally, spots) / SLACK, LEAST_SPREAD_M)


def spread_m(tally: Tally, spots: tuple[Spotted, ...]) -> float:
    """Root mean square distance of the spots from their middle. Metres, in the rough frame."""
    count = len(spots)
    north = count * tally.north_squares - tally.north * tally.north
    east = count * tally.east_squares - tally.east * tally.east
    metres_east = EAST_M * math.cos(spots[0][1] * _RADIANS)
    return math.sqrt(north * NORTH_M * NORTH_M + east * metres_east * metres_east) / count


def _step(one: Spotted, other: Spotted) -> tuple[float, float]:
    """Metres north and east."""
    metres_east = EAST_M * math.cos(one[1] * _RADIANS)
    return (other[1] - one[1]) * NORTH_M, (other[2] - one[2]) * metres_east


def _turn_mdeg(before: tuple[float, float], after: tuple[float, float]) -> int:
    """From one step into the next, thousandths of a degree; its sign says to which side, and means nothing else."""
    cross = before[0] * after[1] - before[1] * after[0]
    return round(math.degrees(math.atan2(cross, before[0] * after[0] + before[1] * after[1])) * 1_000)
