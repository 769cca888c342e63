"""The ground a person usually walks on: cells of 60 m with a weight that halves every 30 days, packed into bytes.

A cell weighs one more for each day on which it was walked, up to `MOST_WEIGHT`, and is usual while its weight is at
least `LEAST_WEIGHT`: once walked it stays so for some 50 days, often walked for 140. Beyond `MOST_CELLS` the weakest
are forgotten, so one person's memory stays under 17 KB.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from geofence.geometry import Frame

#: Side of a cell. Metres. Source: reference, 3.4; the error of a fix twice over; settled.
CELL_M = 60.0
#: Cells remembered for each person. Count. The busiest of five recorded walkers used as many in nine months; settled.
MOST_CELLS = 2_000
#: Days in which a weight halves. Source: reference; provisional.
HALF_LIFE_DAYS = 30.0
#: Weights: of one walk, the most, and the least that is usual, the last for finding back to usual ground.
MOST_WEIGHT, LEAST_WEIGHT, FAINT_WEIGHT = 8.0, 0.3, 0.1
#: Points of a straight way that are looked at. Metres.
_STEP_M = 20.0
#: Cells are kept as one number, half of it for each axis: 1,900 km either way.
_HALF = 1 << 15
_LIMIT = _HALF - 1
#: Days are counted from 1999-09-06, so that they fit in two bytes until 2179; weights in thousandths.
_DAY_ONE = 730_000
_WEIGHT_UNIT = 1_000.0

Keys = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Cells by their number, ascending, with the last day and the weight of each; bytes of equal length in items."""

    latitude: float
    longitude: float
    #: int32 each.
    cells: bytes = b""
    #: uint16 each.
    days: bytes = b""
    weights: bytes = b""

    def __len__(self) -> int:
        return len(self.cells) // 4

    @property
    def frame(self) -> Frame:
        """Metres around the first place that was learnt."""
        return _frame(self.latitude, self.longitude)


_frame = lru_cache(maxsize=8_192)(Frame.at)


def cell_of(east_m: float, north_m: float) -> int:
    """The number of the cell that holds a place."""
    east, north = int(east_m // CELL_M), int(north_m // CELL_M)
    if not (-_LIMIT <= east <= _LIMIT and -_LIMIT <= north <= _LIMIT):
        east, north = max(-_LIMIT, min(_LIMIT, east)), max(-_LIMIT, min(_LIMIT, north))
    return east * 2 * _HALF + north + _HALF


def cells_between(one: tuple[float, float], other: tuple[float, float]) -> list[int]:
    """Cells on the straight way from one place to another, the first place's own left out unless it is the last's."""
    east_m, north_m = other[0] - one[0], other[1] - one[1]
    steps = max(1, int((east_m * east_m + north_m * north_m) ** 0.5 // _STEP_M))
    found = last = cell_of(one[0] + east_m / steps, one[1] + north_m / steps)
    cells = [found]
    for step in range(2, steps + 1):
        found = cell_of(one[0] + east_m * step / steps, one[1] + north_m * step / steps)
        if found != last:
            cells.append(found)
            last = found
    return cells


def usual(ground: Ground, cells: Sequence[int], day: int) -> list[bool]:
    """Which of some cells are usual on a day (days of the common era, local)."""
    if not ground.cells:
        return [False] * len(cells)
    keys = memoryview(ground.cells).cast("i")
    return [_weighs(ground, keys, cell, day, LEAST_WEIGHT) for cell in cells]


def near_usual(ground: Ground, cell: int, day: int) -> bool:
    """Whether a cell or one beside it has not been quite forgotten."""
    keys = memoryview(ground.cells).cast("i")
    # Northwards, cells have numbers that follow each other.
    return any(
        _weighs(ground, keys, cell + 2 * _HALF * east + north, day, FAINT_WEIGHT)
        for east in (0, -1, 1)
        for north in (0, -1, 1)
    )


def _weighs(ground: Ground, keys: memoryview[int], cell: int, day: int, least_weight: float) -> bool:
    """Whether one cell is known and still weighs enough on a day: `_opened`, of a single cell."""
    at = bisect_left(keys, cell)
    if at == len(keys) or keys[at] != cell:
        return False
    age = day - _DAY_ONE - memoryview(ground.days).cast("H")[at]
    weight: float = memoryview(ground.weights).cast("H")[at] / _WEIGHT_UNIT * 0.5 ** (max(age, 0) / HALF_LIFE_DAYS)
    return weight >= least_weight


def nearest_m(ground: Ground, cell: int, day: int) -> float:
    """Metres from the middle of a cell to the middle of the nearest usual one; infinite when there is none."""
    keys, weights = _opened(ground, day)
    keys = keys[weights >= LEAST_WEIGHT]
    if not len(keys):
        return float("inf")
    east, north = (keys >> 16) - (cell >> 16), (keys & 0xFFFF) - (cell & 0xFFFF)
    return float(np.sqrt((east.astype(np.float64) ** 2 + north.astype(np.float64) ** 2).min()) * CELL_M)


def learnt(ground: Ground, walked: Iterable[int], day: int) -> Ground:
    """The ground after a day on which some cells were walked."""
    fresh = np.unique(np.array(list(walked), dtype=np.int32))
    keys, weights = _opened(ground, day)
    days = np.frombuffer(ground.days, dtype=np.uint16)
    every = np.union1d(keys, fresh)
    new_weights, new_days = np.zeros(len(every)), np.full(len(every), day - _DAY_ONE, dtype=np.uint16)
    old_at, fresh_at = np.searchsorted(every, keys), np.searchsorted(every, fresh)
    # Each cell keeps the weight and the day it had, and only what was walked today is written anew.
    new_weights[old_at], new_days[old_at] = _written(ground), days
    decayed = np.zeros(len(every))
    decayed[old_at] = weights
    new_weights[fresh_at] = np.minimum(MOST_WEIGHT, decayed[fresh_at] + 1.0)
    new_days[fresh_at] = day - _DAY_ONE
    decayed[fresh_at] = new_weights[fresh_at]
    kept = _strongest(decayed)
    return Ground(
        latitude=ground.latitude,
        longitude=ground.longitude,
        cells=every[kept].astype(np.int32).tobytes(),
        days=new_days[kept].tobytes(),
        weights=np.round(new_weights[kept] * _WEIGHT_UNIT).astype(np.uint16).tobytes(),
    )


def _strongest(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Indices, ascending, of those to keep; of equal ones the earlier number stays."""
    return np.sort(np.argsort(-weights, kind="stable")[:MOST_CELLS])


def _written(ground: Ground) -> npt.NDArray[np.float64]:
    return np.frombuffer(ground.weights, dtype=np.uint16) / _WEIGHT_UNIT


def _opened(ground: Ground, day: int) -> tuple[Keys, npt.NDArray[np.float64]]:
    """Cells, and what each weighs on a day."""
    age = day - _DAY_ONE - np.frombuffer(ground.days, dtype=np.uint16).astype(np.float64)
    # A clock that was set back does not make anything weigh more.
    return np.frombuffer(ground.cells, dtype=np.int32), _written(ground) * 0.5 ** (np.maximum(age, 0) / HALF_LIFE_DAYS)
