"""An accelerometer window around an impact, as fourteen numbers that do not depend on how the bracelet sits.

A device sends the raw window or the numbers themselves; here the first become the second, by the one copy of the rule.
The samples are averaged to 25 a second, so that 40, 50 or 200 Hz say the same; everything is then measured around the
strongest instant. Only magnitudes and angles between two directions are used: turning the sensor changes nothing.

Sources: the features are those of the fall literature (SisFall, Sensors 2017 17(1) 198; multiphase features, Palmerini
et al., Sensors 2020 20(22) 6479); which of them carry over from wrist to waist was measured (docs/detectors/fall.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Samples a second after averaging. Hz.
BLOCK_HZ = 25
#: Rates a window may have. Hz. Below the least an impact falls between two samples.
LEAST_RATE_HZ, LARGEST_RATE_HZ = 20.0, 400.0
#: The shortest and longest window. Seconds. It needs the impact with what was before and after it.
LEAST_WINDOW_S, LONGEST_WINDOW_S = 3.0, 20.0
#: No sensor that is worn measures more on an axis. g.
LARGEST_G = 40.0

#: Around the strongest instant. Seconds.
BEFORE_S, NEAR_S, CORE_S, AFTER_S, SETTLING_S = (-3.0, -1.0), (-1.0, 0.04), (-0.5, 1.0), (1.2, 4.0), 4.0
#: Above this it is an impact, below that the body falls, and within this of 1 g it rests. g.
HIGH_G, LOW_G, RESTING_G = 2.0, 0.7, 0.25
#: Least part of a window that anything is measured on. Seconds.
_PART_S = 0.5


class MotionError(Exception):
    """A window or a summary cannot be used; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionSummary:
    """What a body did around an impact. Order and units are those of docs/wire.md."""

    #: The strongest instant. g.
    peak_g: float
    #: Share of the time from 0.5 s before to 1 s after it above 2 g.
    over_2g_share: float
    #: The least in the second before it: 0 in free fall. g.
    lowest_before_g: float
    #: Share of that second below 0.7 g.
    falling_share: float
    #: Spread from 0.5 s before to 1 s after. g.
    core_sd_g: float
    #: Largest change within a second of it. g a second.
    jerk_g_per_s: float
    #: Mean distance from 1 g, from 0.5 s before to 1 s after. g.
    impulse_g: float
    #: Spread of the strength, and of the direction, from 3 s to 1 s before. g.
    before_sd_g: float
    before_turn_g: float
    #: The same from 1.2 s to 4 s after: how still it is then. g.
    after_sd_g: float
    after_turn_g: float
    #: Mean distance from 1 g then. g.
    after_offset_g: float
    #: Between the directions of gravity before and after. Degrees.
    posture_change_deg: float
    #: Until it stays within 0.25 g of rest, at most 4. Seconds.
    settle_s: float


NAMES = tuple(field.name for field in fields(MotionSummary))
#: Least and most of each number that is believed.
LIMITS = dict.fromkeys(("over_2g_share", "falling_share"), (0.0, 1.0)) | {
    "jerk_g_per_s": (0.0, 4 * LARGEST_G * BLOCK_HZ),
    "posture_change_deg": (0.0, 180.0),
    "settle_s": (0.0, SETTLING_S),
}


def summarise(x_g: Sequence[float], y_g: Sequence[float], z_g: Sequence[float], rate_hz: float) -> MotionSummary:
    """The numbers of a raw window.

    Args:
        x_g: n samples of each axis, in g, as `y_g` and `z_g`.
        y_g: the same instants.
        z_g: the same instants.
        rate_hz: samples a second.

    Raises:
        MotionError: rate, length or values are out of bounds.
    """
    if not len(x_g) == len(y_g) == len(z_g):
        raise MotionError(f"x, y and z have {len(x_g)}, {len(y_g)} and {len(z_g)} samples: send as many of each")
    if not LEAST_RATE_HZ <= rate_hz <= LARGEST_RATE_HZ:
        raise MotionError(f"rate_hz is {rate_hz:g}: send {LEAST_RATE_HZ:g} to {LARGEST_RATE_HZ:g}")
    if not LEAST_WINDOW_S <= len(x_g) / rate_hz <= LONGEST_WINDOW_S:
        raise MotionError(
            f"the window lasts {len(x_g) / rate_hz:.1f} s: send {LEAST_WINDOW_S:g} to {LONGEST_WINDOW_S:g} s"
        )
    samples = np.array([x_g, y_g, z_g], dtype=np.float64).T
    if not np.all(np.abs(samples) <= LARGEST_G):
        raise MotionError(f"a sample is no number or beyond {LARGEST_G:g} g: send g, not metres a second squared")
    return describe(blocks(samples, rate_hz))


def checked(numbers: Sequence[float]) -> MotionSummary:
    """A summary from its numbers, in the order of `NAMES`.

    Raises:
        MotionError: one is missing or out of range.
    """
    if len(numbers) != len(NAMES):
        raise MotionError(f"a summary has {len(NAMES)} numbers, not {len(numbers)}")
    for name, number in zip(NAMES, numbers, strict=True):
        least, most = LIMITS.get(name, (0.0, 2 * LARGEST_G))
        if not least <= number <= most:
            raise MotionError(f"{name} is {number:g}: send {least:g} to {most:g}")
    return MotionSummary(**dict(zip(NAMES, (float(number) for number in numbers), strict=True)))


def numbers(summary: MotionSummary) -> tuple[float, ...]:
    """The inverse of `checked`."""
    values: tuple[float, ...] = astuple(summary)
    return values


def blocks(samples_g: Floats, rate_hz: float) -> Floats:
    """Samples (n, 3) averaged to 25 a second, (m, 3): the mean over each block, parts of a sample by their share."""
    count = len(samples_g)
    edges = np.linspace(0.0, count, int(count / rate_hz * BLOCK_HZ) + 1)
    sums = np.vstack([np.zeros(3), np.cumsum(samples_g, axis=0)])
    whole = np.minimum(edges.astype(np.int64), count - 1)
    at_edges = sums[whole] + (edges - whole)[:, None] * samples_g[whole]
    means: Floats = np.diff(at_edges, axis=0) / np.diff(edges)[:, None]
    return means


def describe(blocks_g: Floats) -> MotionSummary:
    """The numbers of a window of blocks (m, 3), m at least 3 s; what it does not hold is read off its nearest end."""
    strength = np.linalg.norm(blocks_g, axis=1)
    peak = int(strength.argmax())
    before, near = blocks_g[_part(BEFORE_S, peak, len(strength))], strength[_part(NEAR_S, peak, len(strength))]
    core, after = strength[_part(CORE_S, peak, len(strength))], blocks_g[_part(AFTER_S, peak, len(strength))]
    around = blocks_g[_part((-1.0, 1.0), peak, len(strength))]
    settling = np.abs(strength[peak : peak + int(SETTLING_S * BLOCK_HZ)] - 1.0) > RESTING_G
    return MotionSummary(
        peak_g=float(strength[peak]),
        over_2g_share=float(np.mean(core > HIGH_G)),
        lowest_before_g=float(near.min()),
        falling_share=float(np.mean(near < LOW_G)),
        core_sd_g=float(core.std()),
        jerk_g_per_s=float(np.linalg.norm(np.diff(around, axis=0), axis=1).max()) * BLOCK_HZ,
        impulse_g=float(np.mean(np.abs(core - 1.0))),
        before_sd_g=float(np.linalg.norm(before, axis=1).std()),
        before_turn_g=_turning_g(before),
        after_sd_g=float(np.linalg.norm(after, axis=1).std()),
        after_turn_g=_turning_g(after),
        after_offset_g=float(np.mean(np.abs(np.linalg.norm(after, axis=1) - 1.0))),
        posture_change_deg=_angle_deg(before.mean(axis=0), after.mean(axis=0)),
        settle_s=float((np.flatnonzero(settling)[-1] + 1) / BLOCK_HZ) if settling.any() else 0.0,
    )


def _part(span_s: tuple[float, float], peak: int, count: int) -> slice:
    """The blocks of a span around the peak; half a second at the window's end where it has none or hardly any."""
    least = round(_PART_S * BLOCK_HZ)
    since, until = (peak + round(second * BLOCK_HZ) for second in span_s)
    since, until = max(0, since), min(count, until)
    if until - since >= least // 2:
        return slice(since, until)
    return slice(0, least) if until <= least else slice(count - least, count)


def _turning_g(vectors_g: Floats) -> float:
    """Spread of vectors (n, 3) around their mean."""
    return float(np.sqrt(vectors_g.var(axis=0).sum()))


def _angle_deg(first: Floats, second: Floats) -> float:
    """Between two directions; 0 when one of them has none."""
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    if lengths == 0.0:
        return 0.0
    return math.degrees(math.acos(max(-1.0, min(1.0, float(first @ second) / lengths))))
