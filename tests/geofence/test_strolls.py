"""Strolls that are a habit and are not told by day; and the faster rate that lets a walk be seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from geofence import strolls
from geofence.strolls import MOST_STROLLS, Stroll
from tests.geofence.scenes import Story, at, circle, person, place
from tests.geofence.walks import hear, pacing

FREE = replace(person(), zones=())
DAY_S = 86_400.0
#: START is 20:00 in Zibo: 10 hours earlier it is 10 in the morning.
MORNING_S = -10 * 3_600.0


def wanders(story: Story) -> list[str]:
    return [str(detection.reason) for detection in story.detections if detection.kind == "wandering"]


def paced_on(
    days: list[int], *, hour_s: float = MORNING_S, shifts_s: tuple[float, ...] = (), east_m: float = 0.0
) -> Story:
    story = Story(FREE)
    for day, shift_s in zip(days, shifts_s or (0.0,) * len(days), strict=True):
        hear(story, pacing(east_m=east_m), at_s=day * DAY_S + hour_s + shift_s)
    return story


def test_what_was_done_on_three_earlier_days_is_a_habit() -> None:
    assert len(wanders(paced_on([0, 1, 2, 3, 4, 9]))) == 3


def test_a_habit_at_night_is_told_all_the_same() -> None:
    """23:00 in Zibo."""
    assert len(wanders(paced_on([0, 1, 2, 3, 4], hour_s=3 * 3_600.0))) == 5


def test_twice_a_day_is_no_habit() -> None:
    story = paced_on([0, 0, 1, 1], shifts_s=(0.0, 2_400.0, 0.0, 2_400.0))
    assert len(wanders(story)) == 4


@pytest.mark.parametrize(("shift_s", "count"), [(3_600.0, 3), (2 * 3_600.0 + 600, 4)])
def test_a_habit_has_its_hour(shift_s: float, count: int) -> None:
    assert len(wanders(paced_on([0, 1, 2, 3], shifts_s=(0.0, 0.0, 0.0, shift_s)))) == count


@pytest.mark.parametrize(("east_m", "count"), [(140.0, 3), (170.0, 4)])
def test_a_habit_has_its_place(east_m: float, count: int) -> None:
    story = paced_on([0, 1, 2])
    hear(story, pacing(east_m=east_m), at_s=3 * DAY_S + MORNING_S)
    assert len(wanders(story)) == count


@pytest.mark.parametrize(("later", "count"), [(30, 3), (31, 4)])
def test_a_habit_is_forgotten_after_a_month(later: int, count: int) -> None:
    assert len(wanders(paced_on([0, 1, 2, 2 + later]))) == count


class TestStrolls:
    """Hours around midnight and where clocks change, and the bound."""

    HERE = place(0.0)

    def noted(self, *instants: datetime, zone: str = "Asia/Shanghai") -> tuple[Stroll, ...]:
        known: tuple[Stroll, ...] = ()
        for each in instants:
            known = strolls.noted(known, *self.HERE, each, person(time_zone=ZoneInfo(zone)))
        return known

    def test_one_hour_around_midnight_is_one_hour(self) -> None:
        late = [datetime(2026, 11, day, 15, 50, tzinfo=UTC) for day in (1, 2, 3)]
        known = self.noted(*late)
        assert [(each.hour, each.days) for each in known] == [(23, 3)]
        past_midnight = datetime(2026, 11, 4, 16, 10, tzinfo=UTC)
        assert strolls.usual(known, *self.HERE, past_midnight, person())

    def test_the_clock_is_the_persons_when_it_changes(self) -> None:
        """09:30 in New York before and after the clocks go back on 1 November 2026."""
        before = [datetime(2026, 10, day, 13, 30, tzinfo=UTC) for day in (29, 30)]
        after = datetime(2026, 11, 2, 14, 30, tzinfo=UTC)
        known = self.noted(*before, after, zone="America/New_York")
        assert [(each.hour, each.days) for each in known] == [(9, 3)]

    def test_a_day_counts_once(self) -> None:
        at_ten = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)
        assert [each.days for each in self.noted(at_ten, at_ten + timedelta(minutes=40))] == [1]

    def test_memory_is_bounded(self) -> None:
        known: tuple[Stroll, ...] = ()
        for i in range(40):
            known = strolls.noted(known, *place(1_000.0 * i), at(60 * i), person())
        assert len(known) == MOST_STROLLS
        assert known[-1].longitude == place(39_000.0)[1]

    def test_todays_own_is_no_earlier_day(self) -> None:
        days = [datetime(2026, 11, day, 2, 0, tzinfo=UTC) for day in (1, 2, 3)]
        known = self.noted(*days)
        assert not strolls.usual(known, *self.HERE, days[-1], person())
        assert strolls.usual(known, *self.HERE, days[-1] + timedelta(days=1), person())


class TestRate:
    """The faster rate where it would show something and nobody has asked."""

    def asked(self, east_m: float, **said: object) -> list[str]:
        story = Story(person(circle(300.0)))
        story.fix(0, 0)
        story.fix(600, east_m, **({"speed_mps": 1.0} | said))
        return [f"{command.type} {command.reason}" for command in story.commands]

    def test_inside_near_the_edge(self) -> None:
        assert self.asked(201.0) == ["report_interval walking"]
        assert self.asked(199.0) == []

    @pytest.mark.parametrize(
        ("said", "asks"),
        [
            ({"speed_mps": 0.5}, True), ({"speed_mps": 0.49}, False), ({"speed_mps": None, "steps": 20}, True),
            ({"speed_mps": None, "steps": 19}, False), ({"battery_pct": 20.0}, False), ({"battery_pct": 21.0}, True),
            ({"at_home": True}, False),
        ],
    )  # fmt: skip
    def test_only_when_it_walks_and_has_the_charge(self, said: dict[str, object], asks: bool) -> None:
        assert bool([each for each in self.asked(250.0, **said) if "walking" in each]) is asks

    def test_an_exit_is_not_asked_for_twice(self) -> None:
        story = Story(person(circle(300.0)))
        story.fix(0, 0)
        for i in range(60):
            story.fix(60 + 60 * i, 320.0 + 60 * i, speed_mps=1.0)
        assert {command.reason for command in story.commands} == {"exit_suspected"}

    def test_first_seen_outside(self) -> None:
        story = Story(person(circle(300.0)))
        for i in range(10):
            story.fix(60 * i, 600.0 + 60 * i, speed_mps=1.0)
        asked = [command for command in story.commands if command.reason == "walking"]
        assert [(each.interval_s, each.until - each.at) for each in asked] == [(30, timedelta(minutes=30))]

    def test_asked_again_before_it_runs_out(self) -> None:
        story = Story(person(circle(300.0)))
        story.fix(0, 0)
        for i in range(60):
            story.fix(60 + 60 * i, 250.0, speed_mps=1.0)
        asked = [command.at for command in story.commands if command.reason == "walking"]
        assert asked == [at(60), at(60 + 1_560), at(60 + 3_120)]
