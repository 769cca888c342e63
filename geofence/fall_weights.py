"""How much a motion summary looks like a fall, and why: a logistic over fourteen numbers and their squares.

    score = 1 / (1 + exp(-(intercept + sum of points)))
    points of one number = linear * z + square * (z^2 - 1),  z = (v - mean) / sd

v is the number, or its logarithm for strengths and spreads, kept within what was seen in learning: stronger than the
strongest fall counts as the strongest. The points are what each number alone adds; the three that add most are the
reasons that a family is given. A score of 0.5 is the operating point chosen by cross-validation over subjects.

The shipped weights lie in `geofence.fall_learnt`; docs/detectors/fall.md says how they were learnt, and
`python -m tests.evaluation.learn_fall DATA` learns them anew.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geofence.motion import NAMES, Floats, MotionSummary, numbers

#: Numbers that are judged by their logarithm, and what is added first, so that rest is not minus infinity.
LOGARITHMS = {
    "peak_g": 0.0,
    "core_sd_g": 0.02,
    "jerk_g_per_s": 1.0,
    "before_sd_g": 0.02,
    "before_turn_g": 0.02,
    "after_sd_g": 0.02,
    "after_turn_g": 0.02,
}
#: Under this a strength counts as this. g. No worn sensor rests at 0 g.
_LEAST_PEAK_G = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What one number adds."""

    name: str
    #: Within these it is believed, after the logarithm.
    low: float
    high: float
    mean: float
    sd: float
    linear: float
    square: float

    def points(self, value: float) -> float:
        """What a number, after the logarithm, adds to the score's logit."""
        z = (max(self.low, min(self.high, value)) - self.mean) / self.sd
        return self.linear * z + self.square * (z * z - 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Everything that was learnt."""

    intercept: float
    #: In the order of `geofence.motion.NAMES`.
    of: tuple[Weight, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One number that speaks for a fall."""

    name: str
    #: As in the summary, in its unit.
    value: float
    #: What it adds to the logit.
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """How much a summary looks like a fall."""

    #: 0 to 1; 0.5 is the operating point.
    score: float
    #: Those that speak for a fall, the strongest first.
    causes: tuple[Cause, ...]


def features(summaries: Sequence[MotionSummary]) -> Floats:
    """Summaries, n of them, as an array (n, 14), strengths and spreads by their logarithm."""
    table = np.array([numbers(summary) for summary in summaries], dtype=np.float64).reshape(-1, len(NAMES))
    for column, name in enumerate(NAMES):
        if name in LOGARITHMS:
            table[:, column] = np.log(np.maximum(table[:, column] + LOGARITHMS[name], _least(name)))
    return table


def score(summary: MotionSummary, weights: Weights) -> Scored:
    """How much one summary looks like a fall, and why."""
    row = features([summary])[0].tolist()
    points = [weight.points(value) for weight, value in zip(weights.of, row, strict=True)]
    causes = [
        Cause(name=name, value=value, points=point)
        for name, value, point in zip(NAMES, numbers(summary), points, strict=True)
        if point > 0
    ]
    return Scored(
        score=_logistic(weights.intercept + math.fsum(points)),
        causes=tuple(sorted(causes, key=lambda cause: (-cause.points, cause.name))),
    )


def _least(name: str) -> float:
    return _LEAST_PEAK_G if name == "peak_g" else LOGARITHMS[name]


def _logistic(logit: float) -> float:
    # Beyond this the exponential of a double overflows; the score is 0 or 1 long before.
    return 1.0 / (1.0 + math.exp(-max(-500.0, min(500.0, logit))))
