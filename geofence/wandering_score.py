"""What the shape of a walk says of wandering: one score for each pattern, and which numbers made it.

The patterns are those of Martino-Saltzman (1991): pacing, lapping, random; everything else is direct. A score is
linear, so each number's part in it can be told::

    score_p = bias_p - threshold_p + sum over features of weight_p,f * (value_f - mean_f) / spread_f

From 0 on it speaks for the pattern. The weights are in `geofence.wandering_weights`, with how they were learnt.
"""

from __future__ import annotations

import math
from enum import StrEnum
from operator import mul

from geofence import wandering_weights as learnt
from geofence.walk import Shape

#: A walk less dense than this is on its way somewhere: a straight line has 3.5, there and back 6.9. Ratio.
LEAST_DENSITY = 5.0
#: Who turned sharply only once went there and came back, whatever the score says, unless they went once around: sharp
#: turns, and degrees of all turns together, of which a pattern has either. Count, degrees.
LEAST_TURNS = (2, 360.0)


class Pattern(StrEnum):
    """How somebody wanders."""

    PACING = "pacing"
    LAPPING = "lapping"
    RANDOM = "random"


PATTERNS = tuple(Pattern)
Scores = tuple[float, ...]


def features(shape: Shape) -> tuple[float, ...]:
    """The numbers that are weighed, in the order of `wandering_weights.FEATURES`."""
    tens = max(shape.span_s, 60.0) / 600
    turning = abs(shape.turning_deg)
    return (
        math.log(max(shape.density, 0.5)),
        shape.straightness,
        shape.reversals / tens,
        (shape.sharp_turns - shape.reversals) / tens,
        turning / 360,
        turning / max(shape.bending_deg, 90.0),
        shape.bending_deg / 360 / tens,
        shape.revisits,
        shape.along_axis,
        shape.disorder,
        shape.roundness,
        shape.length_m / max(shape.span_s, 1.0),
        math.log(max(shape.spread_m, 10.0)),
        shape.span_s / 900,
        shape.unevenness,
    )


def scores(shape: Shape) -> Scores:
    """One for each of `PATTERNS`; 0 or more speaks for wandering."""
    values = _standard(shape)
    return tuple([
        bias - threshold + sum(map(mul, weights, values))
        for bias, threshold, weights in zip(learnt.BIASES, learnt.THRESHOLDS, learnt.WEIGHTS, strict=True)
    ])  # fmt: skip


def likeliest(sums: Scores, looks: int) -> Pattern:
    """The pattern that a run of looks speaks for most, from the sums of its scores.

    Without the thresholds: they say when to tell, not what is likelier.
    """
    odds = [total + looks * threshold for total, threshold in zip(sums, learnt.THRESHOLDS, strict=True)]
    return PATTERNS[max(range(len(PATTERNS)), key=odds.__getitem__)]


def because(shape: Shape, pattern: Pattern, most: int = 3) -> str:
    """The features that speak most for a pattern, the strongest first: `density, revisits`."""
    weights = learnt.WEIGHTS[PATTERNS.index(pattern)]
    parts = sorted(
        (
            (weight * value, name)
            for weight, value, name in zip(weights, _standard(shape), learnt.FEATURES, strict=True)
        ),
        reverse=True,
    )
    return ", ".join(name for part, name in parts[:most] if part > 0)


def _standard(shape: Shape) -> tuple[float, ...]:
    return tuple([
        (value - mean) / spread
        for value, mean, spread in zip(features(shape), learnt.MEANS, learnt.SPREADS, strict=True)
    ])  # fmt: skip
