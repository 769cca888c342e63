"""One person's thresholds: a frozen `Policy`, every default with unit, source, status and bounds; and how to differ.

Sources are named as in `docs/detectors/`: "measured" means our evaluation on recorded positions (`make evaluate`).
Bounds are judgement: wide enough for anybody's life, narrow enough to refuse a slip of the finger. They hold for what
people write (`with_overrides`), not for a `Policy` made in code.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import time, timedelta
from typing import Annotated, Any, get_args, get_type_hints

from geofence.threshold import Bounds, Limits, ThresholdError, TimeOfDay, Written, parse, shown, write

#: Characters of an unknown name that are compared with ours. Count.
_COMPARED = 100


class PolicyError(Exception):
    """Overrides cannot be used; the message names every wrong entry and says what to write."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name[:_COMPARED]}: {problem}" for name, problem in problems.items()))
        #: What is wrong, by the entry's name.
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Thresholds of one person."""

    #: Fixes with a larger radius never move a zone state. Metres. Source: measured (studentlife); settled.
    zone_accuracy_ceiling_m: Annotated[
        float,
        Bounds(
            50,
            1000,
            "metres",
            below="indoors hardly any fix is that good, and exits would be missed",
            above="fixes as coarse as a cell tower's would move the zone state",
        ),
    ] = 200.0
    #: The most of a fix's radius that counts against an exit, so that bad GPS cannot delay it for ever. Metres.
    #: Source: Ikolvi/Tracelet #276, value measured; settled.
    zone_accuracy_cap_m: Annotated[
        float,
        Bounds(
            10,
            200,
            "metres",
            below="GPS that drifts around an armchair would count as leaving",
            above="bad GPS could delay an exit for ever",
        ),
    ] = 80.0
    #: Extra distance before an exit is suspected, for zones under `zone_small_radius_m`. Metres. Measured; provisional.
    zone_small_margin_m: Annotated[
        float,
        Bounds(
            0,
            100,
            "metres",
            below="exits would be suspected while inside",
            above="somebody could stand two houses away and not be suspected",
        ),
    ] = 15.0
    #: Zones with a smaller radius get the margin above. Metres. Measured; provisional.
    zone_small_radius_m: Annotated[
        float,
        Bounds(
            0,
            1000,
            "metres",
            below="no zone has a negative radius",
            above="zones that large need no margin, which only delays",
        ),
    ] = 150.0
    #: Consecutive outside fixes that confirm an exit. Count. Source: Ikolvi/Tracelet #294; settled.
    zone_confirming_fixes: Annotated[
        int,
        Bounds(
            1,
            5,
            "count",
            below="an exit would be told without any fix outside",
            above="an exit would be told minutes too late",
        ),
    ] = 2
    #: One fix confirms when it moves and its radius is at most this. Metres. Measured; provisional.
    zone_strong_accuracy_m: Annotated[
        float,
        Bounds(
            5,
            100,
            "metres",
            below="no fix is that good, and one that is clear would have to wait for another",
            above="one bad fix would be an alarm",
        ),
    ] = 40.0
    #: ... and its distance is more than this many times its radius. Ratio. Measured; provisional.
    zone_strong_ratio: Annotated[
        float,
        Bounds(
            1,
            10,
            "ratio",
            below="a fix that reaches back into the zone would be an alarm by itself",
            above="one clear fix would hardly ever do",
        ),
    ] = 2.0
    #: ... and it moves at least this fast. Metres a second. Half of slow walking with a frame; provisional.
    zone_strong_speed_mps: Annotated[
        float,
        Bounds(0.1, 5, "metres a second", below="GPS at rest would count as walking", above="nobody walks that fast"),
    ] = 0.5
    #: ... or walked at least so many steps since the last message. Count. Ten strides; provisional.
    zone_strong_steps: Annotated[
        int,
        Bounds(
            5,
            1000,
            "count",
            below="turning over in bed would count as walking",
            above="nobody takes that many between two messages",
        ),
    ] = 20
    #: Back inside only this far within the edge, as a share of the zone's radius. Ratio. Measured; settled.
    zone_return_share: Annotated[
        float,
        Bounds(
            0,
            0.5,
            "share of the radius",
            below="somebody still outside would count as back",
            above="somebody at home would not count as back",
        ),
    ] = 0.1
    #: ... and never more than this. Metres. Measured; settled.
    zone_return_cap_m: Annotated[
        float,
        Bounds(
            0,
            200,
            "metres",
            below="somebody still outside would count as back",
            above="somebody at home would not count as back",
        ),
    ] = 20.0
    #: No faster movement is believed between two fixes. Metres a second. Above any car in town; settled.
    impossible_speed_mps: Annotated[
        float,
        Bounds(
            30,
            150,
            "metres a second",
            below="a ride in a car would not be believed, nor followed",
            above="jumps of bad GPS would be believed",
        ),
    ] = 60.0
    #: Time without a believed fix that turns a suspicion into "may have left, no contact". Provisional.
    suspect_silence: Annotated[
        timedelta,
        Bounds(
            60,
            1800,
            "seconds",
            below="a message that is a little late would be an alarm",
            above="whoever left would be half an hour away before anybody is told",
        ),
    ] = timedelta(minutes=5)
    #: Seconds between fixes while an exit is suspected or the person is outside. Provisional.
    tracking_interval_s: Annotated[
        int,
        Bounds(
            10,
            300,
            "seconds",
            below="the battery would be empty before the person is found",
            above="nobody could be followed on foot by such rare positions",
        ),
    ] = 30
    #: How long a device keeps that rate without being told again. Provisional.
    tracking_for: Annotated[
        timedelta,
        Bounds(
            300,
            14400,
            "seconds",
            below="the device would fall back to its slow rate during the search",
            above="the fast rate would empty the battery",
        ),
    ] = timedelta(minutes=30)
    #: First battery warning. Per cent. Usual on phones; settled.
    battery_low_pct: Annotated[
        float,
        Bounds(
            5,
            50,
            "per cent",
            below="nobody would have time to charge it",
            above="a healthy battery would be warned of every day",
        ),
    ] = 20.0
    #: Second battery warning. Per cent. Usual on phones; settled.
    battery_critical_pct: Annotated[
        float,
        Bounds(
            2,
            30,
            "per cent",
            below="the device would be off before the warning",
            above="the second warning would be no graver than the first",
        ),
    ] = 10.0
    #: A warning is armed again this far above its threshold. Per cent. Settled.
    battery_hysteresis_pct: Annotated[
        float,
        Bounds(
            1,
            20,
            "per cent",
            below="a charge that wavers would be warned of again and again",
            above="a warning would hardly ever be armed again",
        ),
    ] = 5.0
    #: Night, local time: exits are graver. Usual in night-care telecare; provisional.
    night_from: Annotated[time, TimeOfDay()] = time(22, 0)
    night_until: Annotated[time, TimeOfDay()] = time(6, 0)
    #: Telemetry older than this on arrival is history. Provisional.
    live_max_age: Annotated[
        timedelta,
        Bounds(
            60,
            3600,
            "seconds",
            below="a minute without coverage would leave an exit unjudged",
            above="old positions would be taken for where somebody is",
        ),
    ] = timedelta(minutes=10)


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
        there_are = f"did you mean {near[0]}?" if near else f"there are {', '.join(THRESHOLDS)}"
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
