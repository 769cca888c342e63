"""What may be written as a person's thresholds, and what is said when it may not."""

from __future__ import annotations

import math
from dataclasses import fields
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence.policy import DEFAULT, THRESHOLDS, Policy, PolicyError, checked, usable_overrides, with_overrides, written
from geofence.threshold import Bounds, TimeOfDay
from ingest.registry import policy_from

BOUNDED = {name: (kind, limits) for name, (kind, limits) in THRESHOLDS.items() if isinstance(limits, Bounds)}
#: What a bound needs beside it to contradict nothing.
BESIDE: dict[str, dict[str, Any]] = {
    "battery_low_pct": {"battery_critical_pct": 2},
    "battery_critical_pct": {"battery_low_pct": 50},
    "suspect_silence": {"tracking_interval_s": 10},
    "tracking_interval_s": {"suspect_silence": 1800},
    "bed_empty_for": {"bed_empty_alone": 120},
    "bed_empty_alone": {"bed_empty_for": 5},
    "no_return_least": {"no_return_most": 3600},
    "no_return_most": {"no_return_least": 180},
    "fall_still_after": {"fall_decided_after": 180},
    "fall_decided_after": {"fall_still_after": 20},
}


def problems(overrides: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(PolicyError) as caught:
        with_overrides(overrides)
    for name, problem in caught.value.problems.items():
        assert f"{name}: {problem}" in str(caught.value)
    return dict(caught.value.problems)


def test_every_threshold_has_limits_and_a_default_within_them() -> None:
    assert list(THRESHOLDS) == [field.name for field in fields(Policy)]
    assert {kind for kind, _ in THRESHOLDS.values()} == {float, int, timedelta, time}
    assert with_overrides(written(DEFAULT)) == with_overrides({}) == DEFAULT


def test_the_bounds_are_these() -> None:
    """A second time, in tests/api/bounds.txt, so that nobody widens one unseen."""
    lines = (Path(__file__).parent / "bounds.txt").read_text(encoding="utf-8").splitlines()
    kept = [line.split() for line in lines if line and not line.startswith("#")]
    assert [[name, f"{limits.least:g}", f"{limits.most:g}"] for name, (_, limits) in sorted(BOUNDED.items())] == kept


@pytest.mark.parametrize("name", BOUNDED)
def test_both_sides_of_each_bound(name: str) -> None:
    kind, limits = BOUNDED[name]
    beside = BESIDE.get(name, {})
    little = 1 if kind is int else 1e-6
    for bound, beyond, why in (
        (limits.least, limits.least - little, limits.below),
        (limits.most, limits.most + little, limits.above),
    ):
        assert written(with_overrides({name: bound} | beside))[name] == bound
        said = problems({name: beyond} | beside)
        assert set(said) == {name}
        assert why in said[name]
        assert f"write {limits.least:g} to {limits.most:g} ({limits.unit})" in said[name]


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        ({"zone_confirming_fixes": 0}, "0 is refused, because an exit would be told without any fix outside"),
        ({"zone_accuracy_cap_m": 10_000}, "10000 is refused, because bad GPS could delay an exit for ever"),
        ({"zone_acuracy_cap_m": 80}, "did you mean zone_accuracy_cap_m?"),
        ({"qqqq": 80}, "docs/detectors lists all there are"),
        ({"zone_confirming_fixes": 2.5}, "2.5 is not a whole number: write 1 to 5 (count)"),
        ({"zone_confirming_fixes": "3"}, '"3" is not a whole number: write 1 to 5 (count), without quotes'),
        ({"zone_accuracy_cap_m": True}, "true is not a number"),
        ({"zone_accuracy_cap_m": None}, "null is not a number"),
        ({"zone_accuracy_cap_m": math.nan}, "NaN is not a number"),
        ({"zone_accuracy_cap_m": math.inf}, "Infinity is refused"),
        ({"zone_accuracy_cap_m": 10**400}, "… is refused"),
        ({"suspect_silence": "5 min"}, "write 60 to 1800 (seconds), without quotes"),
        ({"suspect_silence": "PT5M"}, "write 60 to 1800 (seconds), without quotes"),
        ({"tracking_for": [1800]}, "[1800] is not a number"),
        ({"night_from": "24:00"}, 'write "HH:MM", "00:00" to "23:59"'),
        ({"night_from": "9:00"}, 'write "HH:MM"'),
        ({"night_from": "22:00:00"}, 'write "HH:MM"'),
        ({"night_from": "22:00\n"}, 'write "HH:MM"'),
        ({"night_from": "\ud800"}, '"\\ud800" is not a time of day'),
        ({"night_from": "晚上十点"}, '"晚上十点" is not a time of day'),
        ({"night_from": 22}, "22 is not a time of day"),
        ({"battery_critical_pct": 20}, "write a battery_critical_pct below battery_low_pct"),
        ({"battery_low_pct": 10}, "write a battery_critical_pct below battery_low_pct"),
        ({"tracking_interval_s": 151}, "write suspect_silence at least twice tracking_interval_s"),
        ({"bed_empty_for": 16}, "write a bed_empty_alone from bed_empty_for"),
        ({"no_return_least": 1800, "no_return_most": 900}, "write a no_return_most from no_return_least"),
        ({"night_until": "22:00"}, "write two different times"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_write(overrides: dict[str, Any], says: str) -> None:
    said = problems(overrides)
    assert list(said) == list(overrides)
    assert says in next(iter(said.values()))
    assert all(len(each) < 800 for each in said.values())


def test_every_wrong_entry_is_named_at_once() -> None:
    said = problems({"zone_confirming_fixes": 0, "night_from": "x", "nights": 1, "zone_strong_ratio": 3})
    assert set(said) == {"zone_confirming_fixes", "night_from", "nights"}


def test_what_just_fits_contradicts_nothing() -> None:
    policy = with_overrides({"tracking_interval_s": 150, "battery_low_pct": 10.5, "night_until": "21:59"})
    assert (policy.tracking_interval_s, policy.battery_low_pct, policy.night_until) == (150, 10.5, time(21, 59))


def test_stored_in_one_way() -> None:
    assert checked({"zone_confirming_fixes": 3.0, "suspect_silence": 90.5, "night_from": "21:30"}) == {
        "zone_confirming_fixes": 3,
        "suspect_silence": 90.5,
        "night_from": "21:30",
    }
    assert with_overrides({"suspect_silence": 90.5}).suspect_silence == timedelta(seconds=90.5)
    assert isinstance(with_overrides({"zone_confirming_fixes": 3.0}).zone_confirming_fixes, int)


def test_what_is_wrong_in_the_table_costs_that_entry_only() -> None:
    stored = {"zone_confirming_fixes": 3, "zone_accuracy_cap_m": 10_000, "gone": 1, "night_from": "06:00"}
    policy, left_out = usable_overrides(stored)
    assert policy == policy_from(1, stored) == with_overrides({"zone_confirming_fixes": 3})
    assert set(left_out) == {"zone_accuracy_cap_m", "gone", "night_from"}


@pytest.mark.parametrize("stored", [None, {}, [], [1], "x", 7, True])
def test_what_is_no_object_leaves_the_defaults(stored: object) -> None:
    assert policy_from(1, stored) == DEFAULT
    assert bool(usable_overrides(stored)[1]) == (stored not in (None, {}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@given(
    st.dictionaries(st.sampled_from(list(THRESHOLDS)) | st.text(max_size=30), JSON | st.integers(0, 300), max_size=6)
)
def test_any_json_is_refused_by_name_or_round_trips(overrides: dict[str, Any]) -> None:
    policy, left_out = usable_overrides(overrides)
    kept = {name: value for name, value in overrides.items() if name not in left_out}
    assert set(left_out) <= set(overrides)
    assert with_overrides(kept) == with_overrides(checked(kept)) == with_overrides(written(policy)) == policy
    if left_out:
        assert set(problems(overrides)) <= set(left_out)
    for name in THRESHOLDS.keys() - kept.keys():
        assert getattr(policy, name) == getattr(DEFAULT, name)


def test_times_of_day_have_no_bounds() -> None:
    assert {name for name, (_, limits) in THRESHOLDS.items() if isinstance(limits, TimeOfDay)} == {
        "night_from",
        "night_until",
        "still_in_bed_at",
        "battery_evening",
        "power_saving_from",
        "power_saving_until",
    }
