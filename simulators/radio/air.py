"""What the radios hear at one home: its Wi-Fi as the maps of networks know it, and the beacon, if one was fitted.

Fitted to nights of phones at rest (docs/evaluation.md and the detection reference): deviation of Wi-Fi fixes median
4.6 m, 95 in 100 within 82 m, 99 within 332 m, 7 in 100 beyond their own accuracy; cell fixes with a median of 220 m.
Those tails are not spread evenly: most homes are good and some are bad for ever, and what is far off comes alone, or
in a spell of hours in which a network is thought to be elsewhere.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

#: Homes whose Wi-Fi is known badly: no network of their own, or one that moved with them. Ratio.
SHARE_BAD = 0.1
#: Error of the fixes there: median, spread of the logarithm, and how long it stays much the same. Metres, seconds.
BAD_MEDIAN_M, BAD_SPREAD, BAD_STAYS_S = 80.0, 1.15, 8 * 3_600.0
#: Homes with a beacon or Wi-Fi that the bracelet was taught. Ratio; the programme fits them where Wi-Fi is bad first.
SHARE_WITH_BEACON, SHARE_WITH_BEACON_WHERE_BAD = 0.5, 0.8
#: Scatter of good Wi-Fi: so many of 100 fixes lie within 4.6 m. Metres, one axis: a Rayleigh median is 1.18 sigma.
SCATTER_M = 4.6 / 1.18


@dataclass(frozen=True, slots=True, kw_only=True)
class Air:
    """One home's."""

    bad: bool
    beacon: bool
    #: What the home's own fixes scatter around, metres from the true home.
    east_m: float
    north_m: float
    #: Radius that Wi-Fi fixes usually claim. Metres.
    claims_m: float


def air(rng: random.Random) -> Air:
    """The air of one home: the same in every run."""
    bad = rng.random() < SHARE_BAD
    off_m, angle = abs(rng.gauss(0, 2.5)), rng.uniform(0, math.tau)
    return Air(
        bad=bad,
        beacon=rng.random() < (SHARE_WITH_BEACON_WHERE_BAD if bad else SHARE_WITH_BEACON),
        east_m=off_m * math.sin(angle),
        north_m=off_m * math.cos(angle),
        claims_m=min(max(rng.lognormvariate(math.log(26), 0.3), 14.0), 60.0),
    )
