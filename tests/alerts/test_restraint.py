"""Who is told now, who later, who never: the order of the rules and their floors, on both sides of each."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from alerts import kinds, restraint, weekly
from alerts.kinds import Told
from alerts.receiver import Receiver, Relation
from alerts.restraint import BUDGETS, Scope, judge
from alerts.scale import Severity

EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
QUIET = weekly.windows([{"days": EVERY_DAY, "from": "22:00", "until": "06:30"}])
ZONE = "Asia/Shanghai"


def at(clock: str) -> datetime:
    """A local time in Zibo on a Friday, as an instant."""
    hour, minute = clock.split(":")
    return datetime(2026, 11, 20, int(hour), int(minute), tzinfo=UTC) - timedelta(hours=8)


def receiver(
    relation: str = "family", *, quiet: weekly.Windows = (), unwanted: frozenset[str] = frozenset()
) -> Receiver:
    return Receiver(
        receiver_id=1,
        relation=Relation(relation),
        division=None if relation == "family" else "3703",
        priority=1,
        language="zh-CN",
        channels=({"kind": "log"},),
        quiet_hours=quiet,
        unwanted_kinds=unwanted,
    )


def verdict(who: Receiver, severity: str, clock: str, *, kind: str = "wandering", told: str = "at_once", **spent: int):
    found = judge(
        who,
        kind=kind,
        told=Told(told),
        severity=Severity(severity),
        spent={Scope(scope): count for scope, count in spent.items()},
        now=at(clock),
        time_zone=ZONE,
    )
    return found.verdict.value, found.until


ALL_SPENT = {"device": 99, "receiver": 99, "channel": 99_999}


@pytest.mark.parametrize("clock", ["00:00", "03:00", "12:00", "23:00"])
def test_critical_goes_out_whatever_else(clock):
    who = receiver(quiet=QUIET, unwanted=frozenset({"sos"}))
    found = verdict(who, "critical", clock, kind="sos", told="in_the_day", **ALL_SPENT)
    assert found == ("now", None)


def test_urgent_waits_for_a_budget_alone():
    who = receiver(quiet=QUIET, unwanted=frozenset({"wandering"}))
    assert verdict(who, "urgent", "03:00", told="in_the_day") == ("now", None)
    assert verdict(who, "urgent", "03:00", receiver=BUDGETS[Scope.RECEIVER].most)[0] == "receiver_budget"


@pytest.mark.parametrize(
    ("severity", "clock", "expected", "until"),
    [
        ("warning", "21:59", "now", None),
        ("warning", "22:00", "quiet_hours", "06:30"),
        ("info", "06:29", "quiet_hours", "06:30"),
        ("info", "06:30", "now", None),
    ],
)
def test_quiet_hours_hold_what_can_wait(severity, clock, expected, until):
    word, ends = verdict(receiver(quiet=QUIET), severity, clock)
    assert word == expected
    assert (f"{ends.astimezone(UTC) + timedelta(hours=8):%H:%M}" if ends else None) == until


@pytest.mark.parametrize(
    ("relation", "clock", "expected"),
    [
        ("family", "06:59", "daytime"),
        ("family", "07:00", "now"),
        ("family", "21:29", "now"),
        ("family", "21:30", "daytime"),
        ("fleet", "03:00", "now"),
        ("station", "03:00", "now"),
    ],
)
def test_what_is_of_the_device_wakes_no_family(relation, clock, expected):
    word, until = verdict(receiver(relation), "warning", clock, kind="low_battery", told="in_the_day")
    assert word == expected
    if until is not None:
        assert (until.astimezone(UTC) + timedelta(hours=8)).time() == time(7, 0)
        assert timedelta() < until - at(clock) <= timedelta(hours=10)


def test_what_is_not_wanted_is_never_told_and_does_not_wait():
    who = receiver(unwanted=frozenset({"wandering"}))
    assert verdict(who, "warning", "12:00") == ("unwanted", None)
    assert verdict(who, "warning", "12:00", kind="off_route")[0] == "now"


@pytest.mark.parametrize("scope", list(Scope))
def test_each_budget_on_both_sides(scope):
    budget = BUDGETS[scope]
    assert verdict(receiver(), "warning", "12:00", **{scope.value: budget.most - 1}) == ("now", None)
    found = verdict(receiver(), "warning", "12:00", **{scope.value: budget.most})
    assert found == (f"{scope}_budget", at("12:00") + budget.every)


def test_only_what_is_not_urgent_by_itself_may_be_left_away():
    leavable = {kind for kind in kinds.KINDS if restraint.may_be_unwanted(kind)}
    assert not leavable & {"sos", "fall", "bedside_fall", "zone_exit", "danger_enter", "danger_approach", "apnea"}
    assert {"wandering", "low_battery", "restless"} <= leavable


def local(day: int, clock: str) -> datetime:
    """A local time of a week that begins on Monday, day 1."""
    return datetime.combine(datetime(2026, 11, 15 + day), time.fromisoformat(clock))  # noqa: DTZ001 - local


@pytest.mark.parametrize(
    ("rows", "when", "expected"),
    [
        ([{"days": [1], "from": "22:00", "until": "06:00"}], local(1, "23:00"), local(2, "06:00")),
        ([{"days": [1], "from": "22:00", "until": "06:00"}], local(2, "05:00"), local(2, "06:00")),
        ([{"days": [1], "from": "22:00", "until": "06:00"}], local(2, "06:00"), None),
        ([{"days": [1], "from": "12:00", "until": "14:00"}], local(2, "13:00"), None),
        (
            [{"days": [1], "from": "12:00", "until": "14:00"}, {"days": [1], "from": "14:00", "until": "15:00"}],
            local(1, "13:00"),
            local(1, "15:00"),
        ),
        (
            [
                {"days": EVERY_DAY, "from": "00:00", "until": "12:00"},
                {"days": EVERY_DAY, "from": "12:00", "until": "00:00"},
            ],
            local(1, "13:00"),
            local(2, "13:00"),
        ),
    ],
)
def test_when_quiet_hours_end(rows, when, expected):
    assert weekly.quiet_until(weekly.windows(rows), when) == expected


def test_a_roster():
    early = weekly.windows([{"days": [1, 2, 3, 4, 5], "from": "06:00", "until": "14:00"}])
    late = weekly.windows([{"days": EVERY_DAY, "from": "14:00", "until": "06:00"}])
    assert weekly.on_duty(early, local(1, "06:00"))
    assert not weekly.on_duty(early, local(1, "14:00"))
    assert not weekly.on_duty(early, local(6, "08:00"))
    assert weekly.on_duty((), local(6, "08:00")), "without a roster always"
    gaps = weekly.none_on_duty([early, late])
    assert len(gaps) == 16, "mornings of the weekend"
    assert gaps[0] == (6, time(6, 0))
    assert weekly.none_on_duty([early, late, ()]) == []


@pytest.mark.parametrize(
    "rows", ["mornings", [{"days": []}], [{"days": [8], "from": "06:00", "until": "07:00"}], [1], {}]
)
def test_a_roster_written_wrong_keeps_nobody_from_being_told(rows):
    assert weekly.windows(rows) == ()
    assert weekly.problem(rows) is not None
    assert weekly.problem(None) is None
