"""Instants as whole microseconds since 1970-01-01 UTC: what a `datetime` is exactly, for arrays of int64.

Not as float seconds: today those are a quarter of a microsecond apart, so that the difference of two is not exact, and
a minute may be over too early.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND_US = 1_000_000
_DAY_US = 86_400 * SECOND_US


def micros(at: datetime) -> int:
    """Whole microseconds since 1970-01-01 UTC, exactly.

    Raises:
        TypeError: `at` has no time zone.
    """
    since = at - EPOCH
    return since.days * _DAY_US + since.seconds * SECOND_US + since.microseconds


def instant(at_us: int) -> datetime:
    """The instant, UTC, of whole microseconds since 1970-01-01 UTC; the inverse of `micros`.

    Raises:
        OverflowError: it is not in the years 1 to 9999.
    """
    return EPOCH + timedelta(microseconds=at_us)


def micros_of(seconds: FloatArray) -> IntArray:
    """Whole microseconds since 1970-01-01 UTC of unix times in seconds, shape (n,).

    Each is what `datetime.fromtimestamp(seconds, UTC)` makes of it: the fraction alone is rounded, half to even.
    """
    fraction, whole = np.modf(seconds)
    microseconds: IntArray = whole.astype(np.int64) * SECOND_US + np.rint(fraction * SECOND_US).astype(np.int64)
    return microseconds
