"""Rates with their intervals: the bootstrap is over subjects, because readings of one person are not independent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")

#: Resamples. Enough for two digits of a 95 % interval.
RESAMPLES = 1_000
SEED = 20_211_108


def interval(subjects: Sequence[T], measure: Callable[[Sequence[T]], float]) -> list[float]:
    """The 95 % interval of a measure over subjects, as [low, high]."""
    generator = np.random.default_rng(SEED)
    values = [
        measure([subjects[i] for i in generator.integers(0, len(subjects), len(subjects))]) for _ in range(RESAMPLES)
    ]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return [round(float(low), 4), round(float(high), 4)]


def ratio(count: float, of: float) -> float:
    """A rate; nan of nothing."""
    return count / of if of else float("nan")


def percentile(values: Sequence[float], share: float) -> float:
    """A percentile; nan of nothing."""
    return float(np.percentile(values, share)) if values else float("nan")
