from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts import escalation, plan
from alerts.dispatch import Dispatch, Reach, area, dispatch, first_working, spellings
from alerts.errors import LadderError
from alerts.ladder import Audience, Choice, Hours, check_reach, checked
from alerts.plan import BUILT_IN, Plan
from alerts.receiver import Receiver, Relation
from alerts.severity import Severity

AT = datetime(2026, 11, 20, 18, 40, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ZERO = timedelta()


@pytest.mark.parametrize("ladder", plan.LADDERS, ids=lambda ladder: ladder.ladder_id)
def test_ours_pass_their_own_check(ladder):
    steps = [(step.delay, list(step.audiences)) for step in ladder.steps]
    assert checked(ladder.ladder_id, title=ladder.title, steps=steps, repeat_after=ladder.repeat_after) == ladder
    assert ladder.steps[0].delay == ZERO


@pytest.mark.parametrize(
    ("steps", "repeat_after", "says"),
    [
        ([], None, "has no steps and would reach nobody"),
        ([(-MINUTE, ["station"])], None, "write 0 or more"),
        ([(MINUTE, ["station"]), (MINUTE, ["county"])], None, "step 1 comes after 0:01:00, not later"),
        ([(MINUTE, ["station"]), (ZERO, ["county"])], None, "write a longer delay"),
        ([(ZERO, [])], None, "step 0 tells nobody: write one of first_family"),
        ([(ZERO, ["neighbours"])], None, "names the unknown audience 'neighbours': write one of first_family"),
        ([(ZERO, ["station"])], timedelta(seconds=59), "which is a loop"),
        ([(ZERO, ["station"]), (MINUTE, ["station"])], None, "step 1 names only station, told before"),
        ([(ZERO, ["all_family"]), (MINUTE, ["first_family"])], None, "would reach nobody new"),
        ([(n * MINUTE, ["station"]) for n in range(9)], None, "has 9 steps: write at most 8"),
        ([(ZERO, ["station"]), (481 * MINUTE, ["county"])], None, "step 1 waits 8:01:00: write at most 8:00:00"),
    ],
)
def test_a_ladder_written_wrong_is_refused_with_what_to_write(steps, repeat_after, says):
    with pytest.raises(LadderError, match=says):
        checked("mine", title="", steps=steps, repeat_after=repeat_after)


def test_a_round_unrolls_into_instants():
    due = escalation.expand(plan.DEFAULT, round_number=3, since=AT)
    assert [(step.round, step.position, step.due_at - AT) for step in due] == [
        (3, 0, ZERO),
        (3, 1, 2 * MINUTE),
        (3, 2, 5 * MINUTE),
        (3, 3, 10 * MINUTE),
    ]
    assert due[1].audiences == (Audience.ALL_FAMILY, Audience.COORDINATORS)


@pytest.mark.parametrize(
    ("ladder", "now", "expected"),
    [
        (plan.DEFAULT, AT, AT + 10 * MINUTE),
        (plan.DEFAULT, AT + 10 * MINUTE, AT + 10 * MINUTE),
        (plan.DEFAULT, AT + 300 * MINUTE, AT + 300 * MINUTE),
        (plan.GENTLE, AT, None),
    ],
)
def test_when_the_next_round_begins(ladder, now, expected):
    assert escalation.next_round_since(ladder, last_due_at=AT, now=now) == expected


@pytest.mark.parametrize(
    ("kind", "severity", "ladder"),
    [
        ("sos", Severity.CRITICAL, "together"),
        ("zone_exit", Severity.URGENT, "default"),
        ("zone_exit", Severity.CRITICAL, "default"),
        ("low_battery", Severity.WARNING, "gentle"),
        ("meteor", Severity.WARNING, "gentle"),
        ("meteor", Severity.URGENT, "default"),
        ("fall", Severity.CRITICAL, "together"),
        ("bedside_fall", Severity.CRITICAL, "together"),
        ("no_return", Severity.URGENT, "household"),
        ("bed_sensor_fault", Severity.INFO, "fleet"),
    ],
)
def test_which_ladder(kind, severity, ladder):
    assert BUILT_IN.ladder_for(kind, severity) == ladder


def test_the_night_has_a_ladder_of_its_own_and_sos_is_the_same_day_and_night():
    assert BUILT_IN.ladder_for("zone_exit", Severity.CRITICAL, night=True) == "night"
    assert BUILT_IN.ladder_for("sos", Severity.CRITICAL, night=True) == "together"
    assert BUILT_IN.ladder_for("low_battery", Severity.WARNING, night=True) == "gentle"


@pytest.mark.parametrize(
    ("kind", "severity", "night", "division", "expected"),
    [
        ("zone_exit", "urgent", False, "370302001002", "here"),
        ("zone_exit", "urgent", False, "370303001002", "anywhere"),
        ("zone_exit", "urgent", True, "370303001002", "dark"),
        ("zone_exit", "urgent", True, "370302001002", "here"),
        ("zone_exit", "warning", False, "", "mild"),
        ("fall", "critical", True, "370302001002", "falls"),
    ],
)
def test_the_most_particular_choice_counts(kind, severity, night, division, expected):
    choices = (
        Choice(ladder_id="mild"),
        Choice(ladder_id="anywhere", severity=Severity.URGENT),
        Choice(ladder_id="dark", severity=Severity.URGENT, hours=Hours.NIGHT),
        Choice(ladder_id="here", severity=Severity.URGENT, division="370302"),
        Choice(ladder_id="falls", kind="fall"),
    )
    made = Plan(choices=choices)
    assert made.ladder_for(kind, Severity(severity), night=night, division=division) == expected


def test_without_any_choice_an_alarm_still_climbs():
    assert Plan(ladders={}, choices=()).ladder_for("zone_exit", Severity.INFO) == "default"
    assert Plan(ladders={}, choices=()).ladder("gone").ladder_id == "default"


def test_a_ladder_nobody_would_hear_is_refused_with_whom_it_names():
    made = checked("mine", title="", steps=[(ZERO, ["county", "centre"])], repeat_after=None)
    with pytest.raises(LadderError, match="no receiver of centre, county has a working channel"):
        check_reach(made, {Audience.FIRST_FAMILY: 40})
    check_reach(made, {Audience.CENTRE: 1})


def test_timers_do_not_wait_longer_because_the_clock_was_put_back():
    due = escalation.expand(plan.DEFAULT, round_number=1, since=AT)[1:]
    hour = timedelta(hours=1)
    assert escalation.pulled(due, now=AT) == list(due)
    assert escalation.pulled(due, now=AT + hour) == list(due)
    assert escalation.pulled(due, now=AT - timedelta(seconds=5)) == list(due), "clocks of processes differ a little"
    moved = escalation.pulled(due, now=AT - hour)
    assert [step.due_at - (AT - hour) for step in moved] == [2 * MINUTE, 5 * MINUTE, 10 * MINUTE]
    later = escalation.expand(plan.DEFAULT, round_number=2, since=AT + 10 * MINUTE, wait=10 * MINUTE)
    assert escalation.pulled(later, now=AT) == list(later)
    assert escalation.pulled(later, now=AT - hour)[0].due_at == AT - hour + 10 * MINUTE
    assert escalation.pulled([], now=AT) == []


def test_which_ladder_is_stronger():
    assert BUILT_IN.stronger("gentle", None)
    assert BUILT_IN.stronger("together", "default")
    assert not BUILT_IN.stronger("default", "default")
    assert not BUILT_IN.stronger("gentle", "default")


LOG = {"kind": "log"}
BROKEN = {"kind": "pigeon"}


def works(entry) -> bool:
    return entry == LOG


def receiver(
    number: int, relation: str, *, division: str | None = None, priority: int = 1, channels=(LOG,)
) -> Receiver:
    return Receiver(
        receiver_id=number,
        relation=Relation(relation),
        division=division,
        priority=priority,
        language="en",
        channels=tuple(channels),
    )


def reach(audience: str, *receivers: Receiver, division: str = "370302001002", told: frozenset[int] = frozenset()):
    return dispatch([Audience(audience)], receivers, division=division, told=told, works=works)


def numbers(found: Dispatch) -> list[int]:
    return [one.receiver.receiver_id for one in found.addressed]


def test_the_first_of_the_family_is_the_first_who_can_be_reached():
    family = [
        receiver(1, "family", priority=3),
        receiver(2, "family", priority=1, channels=[BROKEN]),
        receiver(3, "family", priority=2),
    ]
    assert numbers(reach("first_family", *family)) == [3]
    assert numbers(reach("all_family", *family)) == [3, 1]


def test_the_smallest_area_answers():
    officials = [
        receiver(1, "coordinator", division=""),
        receiver(2, "coordinator", division="370302"),
        receiver(3, "coordinator", division="370302001"),
        receiver(4, "coordinator", division="370302001000"),
        receiver(5, "coordinator", division="370302001003"),
        receiver(6, "station", division="370302001002"),
    ]
    assert numbers(reach("coordinators", *officials)) == [3, 4]
    assert numbers(reach("coordinators", *officials, division="370303001001")) == [1]
    assert numbers(reach("station", *officials)) == [6]


def test_an_area_whose_people_cannot_be_reached_leaves_it_to_the_next():
    officials = [
        receiver(1, "coordinator", division="370302"),
        receiver(2, "coordinator", division="370302001002", channels=[BROKEN]),
    ]
    assert numbers(reach("coordinators", *officials)) == [1]


def test_whoever_has_been_told_in_this_round_is_not_told_twice():
    family = [receiver(1, "family"), receiver(2, "family", priority=2)]
    assert numbers(reach("all_family", *family, told=frozenset({1}))) == [2]
    assert reach("all_family", *family, told=frozenset({1, 2})).reach is Reach.TOLD_ALREADY
    assert reach("all_family").reach is Reach.NOBODY
    assert reach("all_family", receiver(1, "family", channels=[])).reach is Reach.NOBODY


def test_the_first_channel_that_works():
    assert first_working([BROKEN, LOG, LOG], works) == 1
    assert first_working([BROKEN, LOG, LOG], works, start=2) == 2
    assert first_working([LOG], works, start=1) is None


@pytest.mark.parametrize(
    ("code", "bare"),
    [
        ("370302000000", "370302"),
        ("370300000000", "3703"),
        ("370302001000", "370302001"),
        ("370302001002", "370302001002"),
        ("370310000000", "370310"),
        ("370302", "370302"),
        ("", ""),
    ],
)
def test_an_area_without_the_zeros_that_fill_it(code, bare):
    assert area(code) == bare


def test_every_spelling_of_an_area_around_a_village():
    found = spellings("370302001002")
    assert {"", "37", "370302", "370302000000", "370302001000", "370302001002"} <= set(found)
    assert "370303" not in found
