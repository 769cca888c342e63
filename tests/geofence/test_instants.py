"""Instants as whole microseconds: exact, there and back, and of float seconds what a datetime would be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence.instants import EPOCH, instant, micros, micros_of

FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@pytest.mark.parametrize(("at", "at_us"), [
    (EPOCH, 0),
    (datetime(1970, 1, 1, 0, 0, 0, 1, UTC), 1),
    (datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC), -1),
    (datetime(1970, 1, 2, 0, 0, 1, 2, UTC), 86_401_000_002),
    (datetime(2024, 2, 29, 12, 0, 0, 123_457, UTC), 1_709_208_000_123_457),
    (datetime(1, 1, 1, tzinfo=UTC), -62_135_596_800_000_000),
    (datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC), 253_402_300_799_999_999),
])  # fmt: skip
def test_known_instants(at: datetime, at_us: int) -> None:
    assert micros(at) == at_us
    assert instant(at_us) == at
    assert instant(at_us).tzinfo is UTC


def test_another_zone_is_the_same_instant_and_none_is_refused() -> None:
    shandong = timezone(timedelta(hours=8))
    assert micros(datetime(1970, 1, 1, 8, 0, 0, 5, shandong)) == 5
    with pytest.raises(TypeError):
        micros(datetime(1970, 1, 1))  # noqa: DTZ001 - that is the point
    with pytest.raises(OverflowError):
        instant(253_402_300_800_000_000)


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_there_and_back_and_differences_are_exact(one: datetime, two: datetime) -> None:
    assert instant(micros(one)) == one
    assert (micros(one), micros(one) - micros(two)) == ((one - EPOCH) // MICROSECOND, (one - two) // MICROSECOND)


@given(st.lists(st.one_of(
    st.floats(FIRST.timestamp(), LAST.timestamp()),
    # Devices tell milliseconds and microseconds; and halves of a microsecond, where rounding decides.
    st.integers(0, 10**12).map(lambda ms: FIRST.timestamp() + ms / 1e3),
    st.integers(0, 10**15).map(lambda us: FIRST.timestamp() + us / 1e6),
    st.integers(0, 2**29).map(lambda n: 2.0**29 + n + 0.5**7),
    st.floats(-1e3, 1e3),
    st.integers(-10_000, 10_000).map(lambda halves: halves * 0.5e-6),
)))  # fmt: skip
def test_float_seconds_are_what_a_datetime_would_be(seconds: list[float]) -> None:
    told = micros_of(np.array(seconds, dtype=np.float64))
    assert told.dtype == np.int64
    assert told.tolist() == [micros(datetime.fromtimestamp(each, UTC)) for each in seconds]


@pytest.mark.parametrize(("seconds", "at_us"), [
    # Powers of two: exact halves of a microsecond, rounded to even; and a fraction that is rounded up to a whole second.
    (1.0 + 0.5**7, 1_007_812), (1.0 + 3 * 0.5**7, 1_023_438), (1_700_000_000.9999998, 1_700_000_001_000_000),
    (1_700_000_000.9999993, 1_700_000_000_999_999), (-1.0 - 0.5**7, -1_007_812),
])  # fmt: skip
def test_halves_go_to_even(seconds: float, at_us: int) -> None:
    assert micros_of(np.array([seconds])).tolist() == [at_us] == [micros(datetime.fromtimestamp(seconds, UTC))]
