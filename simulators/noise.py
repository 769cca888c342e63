"""How far a bracelet's fix lies from the truth, and what it claims.

Shaped after recorded nights at home: Wi-Fi fixes a few metres off with a heavy tail, some beyond their own accuracy,
now and then a cell tower kilometres away, rarely a place far off with a claim of ten metres. Errors of neighbouring
fixes are independent except for one mercy, which real radios mostly show too: after a bad fix comes a good one, so
that ordinary life does not look like leaving twice in a row.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """Where a fix comes from (docs/wire.md)."""

    GNSS = "gnss"
    WIFI = "wifi"
    CELL = "cell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """A fix relative to the truth."""

    east_m: float
    north_m: float
    accuracy_m: float
    source: Source

    @property
    def off_m(self) -> float:
        """Distance from the truth."""
        return math.hypot(self.east_m, self.north_m)


#: A fix further off than this, whatever it claims, is followed by a good one. Metres.
BAD_BEYOND_M = 60.0
#: Shares of indoor fixes; the rest are ordinary Wi-Fi.
SHARE_CELL = 0.02
SHARE_OVERCONFIDENT = 0.001
SHARE_TAIL = 0.03
SHARE_GNSS_INDOORS = 0.1


def indoors(rng: random.Random, *, after_bad: bool) -> Error:
    """A fix taken at home; `after_bad` when the one before was."""
    kind = rng.random()
    if not after_bad:
        if kind < SHARE_CELL:
            accuracy_m = rng.uniform(1_000, 2_500)
            return _polar(rng, accuracy_m * rng.uniform(0.1, 1.2), accuracy_m, Source.CELL)
        kind -= SHARE_CELL
        if kind < SHARE_OVERCONFIDENT:
            return _polar(rng, rng.uniform(150, 450), rng.uniform(8, 15), Source.WIFI)
        kind -= SHARE_OVERCONFIDENT
        if kind < SHARE_TAIL:
            off_m = min(45.0 * rng.paretovariate(1.4), 400.0)
            return _polar(rng, off_m, max(off_m * rng.uniform(0.5, 1.4), 15.0), Source.WIFI)
    if rng.random() < SHARE_GNSS_INDOORS:
        return _honest(rng, rng.uniform(12, 40), Source.GNSS)
    return _honest(rng, min(rng.lognormvariate(math.log(26), 0.35), 70.0), Source.WIFI)


def under_the_sky(rng: random.Random) -> Error:
    """A satellite fix outdoors: 5 to 15 m, and so it says."""
    return _honest(rng, rng.uniform(5, 15), Source.GNSS)


def _honest(rng: random.Random, accuracy_m: float, source: Source) -> Error:
    """About 68 in 100 within `accuracy_m`, none beyond 1.6 times it or BAD_BEYOND_M."""
    # A Rayleigh distance has 68 % within 1.51 sigma.
    off_m = accuracy_m / 1.51 * math.sqrt(-2.0 * math.log(1.0 - rng.random()))
    return _polar(rng, min(off_m, 1.6 * accuracy_m, BAD_BEYOND_M), accuracy_m, source)


def _polar(rng: random.Random, off_m: float, accuracy_m: float, source: Source) -> Error:
    angle = rng.uniform(0, math.tau)
    return Error(east_m=off_m * math.sin(angle), north_m=off_m * math.cos(angle), accuracy_m=accuracy_m, source=source)
