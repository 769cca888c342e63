"""One person's thresholds: a frozen `Policy`, every default with unit, source, status and bounds; and how to differ.

Sources are named as in `docs/detectors/`: "measured" means our evaluation on recorded positions (`make evaluate`).
Bounds are judgement: wide enough for anybody's life, narrow enough to refuse a slip of the finger. They hold for what
people write (`with_overrides`), not for a `Policy` made in code.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, get_args, get_type_hints

from geofence.threshold import Limits, ThresholdError, Written, parse, shown, write
from geofence.thresholds.apnea import ApneaThresholds
from geofence.thresholds.battery import BatteryThresholds
from geofence.thresholds.bed import BedThresholds
from geofence.thresholds.bed_sensor import BedSensorThresholds
from geofence.thresholds.danger import DangerThresholds
from geofence.thresholds.fall import FallThresholds
from geofence.thresholds.freshness import FreshnessThresholds
from geofence.thresholds.night import NightThresholds
from geofence.thresholds.off_route import OffRouteThresholds
from geofence.thresholds.order import OrderThresholds
from geofence.thresholds.restless import RestlessThresholds
from geofence.thresholds.silence import SilenceThresholds
from geofence.thresholds.strap import StrapThresholds
from geofence.thresholds.tracking import TrackingThresholds
from geofence.thresholds.turning import TurningThresholds
from geofence.thresholds.vehicle import VehicleThresholds
from geofence.thresholds.vital_signs import VitalSignThresholds
from geofence.thresholds.wandering import WanderingThresholds
from geofence.thresholds.zone import ZoneThresholds

#: Characters of an unknown name that are compared with ours. Count.
_COMPARED = 100


class PolicyError(Exception):
    """Overrides cannot be used; the message names every wrong entry and says what to write."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name[:_COMPARED]}: {problem}" for name, problem in problems.items()))
        #: What is wrong, by the entry's name.
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Policy(
    # Read from the last to the first: the zone's come first when all are listed.
    FreshnessThresholds,
    VehicleThresholds,
    OffRouteThresholds,
    WanderingThresholds,
    SilenceThresholds,
    ApneaThresholds,
    VitalSignThresholds,
    StrapThresholds,
    FallThresholds,
    TurningThresholds,
    BedSensorThresholds,
    RestlessThresholds,
    BedThresholds,
    NightThresholds,
    OrderThresholds,
    BatteryThresholds,
    TrackingThresholds,
    DangerThresholds,
    ZoneThresholds,
):
    """Thresholds of one person: those of every family, one file a family in `geofence/thresholds/`."""


DEFAULT = Policy()
#: Kind and limits of every threshold, by name.
THRESHOLDS: Mapping[str, tuple[type, Limits]] = {
    name: (get_args(hint)[0], get_args(hint)[1]) for name, hint in get_type_hints(Policy, include_extras=True).items()
}
#: Thresholds that must fit each other: which, when they do not, and what to do.
_CONTRADICTIONS: tuple[tuple[tuple[str, str], Callable[[Policy], bool], str], ...] = (
    (
        ("battery_critical_pct", "battery_low_pct"),
        lambda policy: policy.battery_critical_pct >= policy.battery_low_pct,
        "the second warning would not come after the first: write a battery_critical_pct below battery_low_pct",
    ),
    (
        ("suspect_silence", "tracking_interval_s"),
        lambda policy: policy.suspect_silence < 2 * timedelta(seconds=policy.tracking_interval_s),
        "the pause between two positions would be an alarm: write suspect_silence at least twice tracking_interval_s",
    ),
    (
        ("fall_still_after", "fall_decided_after"),
        lambda policy: policy.fall_still_after > policy.fall_decided_after,
        "whoever lies still would be told of after whoever may not: write a fall_still_after up to fall_decided_after",
    ),
    (
        ("fall_decided_after", "fall_bare_after"),
        lambda policy: policy.fall_decided_after > policy.fall_bare_after,
        "a bare impact would be told before one like a fall: write a fall_bare_after from fall_decided_after",
    ),
    (
        ("bed_empty_for", "bed_empty_alone"),
        lambda policy: policy.bed_empty_for > policy.bed_empty_alone,
        "one report would be an exit sooner than two: write a bed_empty_alone from bed_empty_for",
    ),
    (
        ("no_return_least", "no_return_most"),
        lambda policy: policy.no_return_least > policy.no_return_most,
        "the longest time out of bed would be shorter than the shortest: write a no_return_most from no_return_least",
    ),
    (
        ("night_from", "night_until"),
        lambda policy: policy.night_from == policy.night_until,
        "the night would last all day: write two different times",
    ),
)


def with_overrides(overrides: Mapping[str, object]) -> Policy:
    """The defaults with one person's differences, as JSON has them: durations are seconds, times "HH:MM".

    Raises:
        PolicyError: some entries are unknown, of the wrong type, out of bounds, or contradict each other.
    """
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, value in overrides.items():
        try:
            values[name] = _entry(name, value)
        except ThresholdError as error:
            problems[name] = str(error)
    policy = replace(DEFAULT, **values)
    if problems := problems or _contradictions(policy, values):
        raise PolicyError(problems)
    return policy


def checked(overrides: Mapping[str, object]) -> dict[str, Written]:
    """The same entries as they are stored, each written in the one way.

    Raises:
        PolicyError: as `with_overrides`.
    """
    every = written(with_overrides(overrides))
    return {name: every[name] for name in overrides}


def usable_overrides(overrides: object) -> tuple[Policy, Mapping[str, str]]:
    """The same of what is already stored: what is wrong with an entry costs that entry; second comes why, by name."""
    if not isinstance(overrides, Mapping):
        return DEFAULT, {} if overrides is None else {"overrides": f"{shown(overrides)} is not an object: write {{}}"}
    left, out = dict(overrides), dict[str, str]()
    while True:
        try:
            return with_overrides(left), out
        except PolicyError as error:
            out.update(error.problems)
            left = {name: value for name, value in left.items() if name not in error.problems}


def written(policy: Policy) -> dict[str, Written]:
    """Every threshold as JSON has it: `with_overrides` makes the same policy of it."""
    return {name: write(getattr(policy, name)) for name in THRESHOLDS}


def _entry(name: str, value: object) -> object:
    if name not in THRESHOLDS:
        near = difflib.get_close_matches(name[:_COMPARED], THRESHOLDS, n=1)
        there_are = f"did you mean {near[0]}?" if near else "docs/detectors lists all there are"
        raise ThresholdError(f"no such threshold; {there_are}")
    return parse(value, *THRESHOLDS[name])


def _contradictions(policy: Policy, overridden: Mapping[str, object]) -> dict[str, str]:
    """Between entries, or an entry and a default; only what was overridden can be wrong."""
    return {
        name: problem
        for names, contradict, problem in _CONTRADICTIONS
        if contradict(policy)
        for name in names
        if name in overridden
    }
