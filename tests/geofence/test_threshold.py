"""Thresholds as they are written, and those that must fit each other: equal is still a fit, one second more is none."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest

from geofence.policy import PolicyError, with_overrides
from geofence.threshold import write


@pytest.mark.parametrize(
    ("value", "written"),
    [(3.0, "3"), (3, "3"), (3.5, "3.5"), (timedelta(seconds=90), "90"), (timedelta(seconds=90.5), "90.5"), (time(6, 5), "'06:05'")],
)  # fmt: skip
def test_a_whole_number_is_written_as_one(value: float | timedelta | time, written: str) -> None:
    assert repr(write(value)) == written


@pytest.mark.parametrize(
    ("fits", "less", "more"),
    [
        ({"fall_still_after": 60, "fall_decided_after": 60}, "fall_still_after", "fall_decided_after"),
        ({"fall_decided_after": 120, "fall_bare_after": 120}, "fall_decided_after", "fall_bare_after"),
        ({"bed_empty_for": 20, "bed_empty_alone": 20}, "bed_empty_for", "bed_empty_alone"),
        ({"no_return_least": 1_200, "no_return_most": 1_200}, "no_return_least", "no_return_most"),
    ],
)
def test_the_shorter_of_two_may_be_as_long_and_no_longer(fits: dict[str, Any], less: str, more: str) -> None:
    policy = with_overrides(fits)
    assert getattr(policy, less) == getattr(policy, more)
    with pytest.raises(PolicyError) as caught:
        with_overrides(fits | {less: fits[less] + 1})
    assert set(caught.value.problems) == {less, more}
