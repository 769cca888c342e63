"""What rules out, at the price of the newest fix, that a walk's shape speaks for wandering: running sums of its spots.

A walk is looked at with each of its fixes, and most lead somewhere. Measuring the whole shape each time costs a hundred
times what the newest fix does, so a `Tally` is kept beside the spots: the newest is added, the oldest taken off. All
sums are whole numbers, so that adding and taking off leave nothing behind: a tally is the same whether it grew with the
walk or was made of its spots at once.

It bounds, it never decides: `leads_on` is True only where `geofence.walk.shape_of` would find the walk less dense than
asked for, or without the turns. Distances are those of the middle of a band of latitude, not of the walk's own frame,
and short of up to a millimetre a step, so every bound has slack.
"""

from __future__ import annotations

import math
from functools import lru_cache

import msgspec

from geofence.geometry import Frame
from geofence.walk import LEAST_SPREAD_M, SHARP_DEG, VERTEX_M

#: A fix of a walk: unix seconds, then latitude and longitude in millionths of a degree.
Spotted = tuple[int, int, int]
#: Bands of latitude that are measured alike, millionths of a degree: a kilometre.
_BAND = 10_000
#: How far off that can be: lengths, ratio, and angles, degrees; up to this latitude, beyond which nothing is ruled out.
SLACK, SLACK_DEG, UNTIL_DEG = 1.002, 0.25, 80.0
#: Spots of a turn. Count.
_TURN = 3
#: A step shorter than this may be no vertex of the shape. Millimetres.
_STEP_MM = VERTEX_M * SLACK * 1_000 + 1
#: A turn beyond this may be sharp. Thousandths of a degree.
_SHARP_MDEG = (SHARP_DEG - SLACK_DEG) * 1_000
_MDEG = 180_000 / math.pi


class Tally(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Running sums over the spots of a walk."""

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
    if len(spots) >= _TURN:
        _, step_mm, turn_mdeg = _bend(spots[-3], spots[-2], spots[-1])
        return _with(tally, spots[-1], step_mm, turn_mdeg, 1)
    return _with(tally, spots[-1], _step_mm(spots[0], spots[1]) if len(spots) > 1 else None, 0, 1)


def dropped(tally: Tally, spots: tuple[Spotted, ...]) -> Tally:
    """After the oldest of `spots` has gone, the tally being of all of them."""
    if len(spots) >= _TURN:
        step_mm, _, turn_mdeg = _bend(spots[0], spots[1], spots[2])
        return _with(tally, spots[0], step_mm, turn_mdeg, -1)
    return _with(tally, spots[0], _step_mm(spots[0], spots[1]) if len(spots) > 1 else None, 0, -1)


def _with(tally: Tally, spot: Spotted, step_mm: int | None, turn_mdeg: int, sign: int) -> Tally:
    """With one spot at an end more or less, the step that leads to it or from it, and the turn there."""
    _, north, east = spot
    way_mm, short, sharp = tally.way_mm, tally.short, tally.sharp
    if step_mm is not None:
        way_mm += sign * step_mm
        if step_mm < _STEP_MM:
            short += sign
    if not -_SHARP_MDEG <= turn_mdeg <= _SHARP_MDEG:
        sharp, turn_mdeg = sharp + sign, 0
    return Tally(
        way_mm,
        short,
        sharp,
        tally.turning_mdeg + sign * turn_mdeg,
        tally.north + sign * north,
        tally.east + sign * east,
        tally.north_squares + sign * north * north,
        tally.east_squares + sign * east * east,
    )


def leads_on(tally: Tally, spots: tuple[Spotted, ...], least_density: float, least_turns: tuple[int, float]) -> bool:
    """Whether a walk certainly leads somewhere: too sparse, or without the turns of any pattern.

    Args:
        tally: of the spots.
        spots: at least one.
        least_density: as for `walk.shape_of`.
        least_turns: sharp turns, and degrees once around, of which a pattern has either.
    """
    if abs(spots[0][1]) > UNTIL_DEG * 1e6:
        return False
    sharp, turning_deg = least_turns
    # Without a short step each spot is a vertex, and no turn is missing. A sharp one may count with either sign.
    if not tally.short and tally.sharp < sharp:
        most_deg = abs(tally.turning_mdeg) / 1_000 + 180 * tally.sharp + SLACK_DEG * len(spots)
        if most_deg < turning_deg:
            return True
    most_m = (tally.way_mm + len(spots)) * SLACK / 1_000
    return most_m < least_density * max(spread_m(tally, spots) / SLACK, LEAST_SPREAD_M)


def spread_m(tally: Tally, spots: tuple[Spotted, ...]) -> float:
    """Root mean square distance of the spots from their middle. Metres, good to `SLACK`."""
    count = len(spots)
    north = count * tally.north_squares - tally.north * tally.north
    east = count * tally.east_squares - tally.east * tally.east
    north_m, east_m = _metres(spots[0][1] // _BAND)
    return math.sqrt(north * north_m * north_m + east * east_m * east_m) / count


def _bend(one: Spotted, two: Spotted, three: Spotted) -> tuple[int, int, int]:
    """Two steps, millimetres, and the turn from one into the other, thousandths of a degree.

    The turn's sign says to which side, and means nothing else.
    """
    band = one[1] // _BAND
    north_m, east_m = _metres(band)
    north, east = (two[1] - one[1]) * north_m, (two[2] - one[2]) * east_m
    if two[1] // _BAND != band:
        north_m, east_m = _metres(two[1] // _BAND)
    on_north, on_east = (three[1] - two[1]) * north_m, (three[2] - two[2]) * east_m
    turn = math.atan2(north * on_east - east * on_north, north * on_north + east * on_east)
    return (
        int(math.sqrt(north * north + east * east) * 1_000),
        int(math.sqrt(on_north * on_north + on_east * on_east) * 1_000),
        int(turn * _MDEG),
    )


def _step_mm(one: Spotted, other: Spotted) -> int:
    """One step. Millimetres."""
    north_m, east_m = _metres(one[1] // _BAND)
    north, east = (other[1] - one[1]) * north_m, (other[2] - one[2]) * east_m
    return int(math.sqrt(north * north + east * east) * 1_000)


@lru_cache(maxsize=4_096)
def _metres(band: int) -> tuple[float, float]:
    """Metres of a millionth of a degree north and east, in the middle of a band of latitude."""
    frame = Frame.at((band + 0.5) * _BAND / 1e6, 0.0)
    return frame.metres_per_degree_north / 1e6, frame.metres_per_degree_east / 1e6
