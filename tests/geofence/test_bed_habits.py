"""What nights teach: the time allowed out of bed, and the time by which somebody is up."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence.habits import (
    REMEMBERED_ABSENCES,
    REMEMBERED_RISINGS,
    Habits,
    back_within,
    nearest_rank,
    up_by_min,
    usually_up,
    with_absence,
    with_rising,
)
from geofence.person import Person
from geofence.policy import DEFAULT
from tests.geofence.bed_nights import EXIT, UNTOLD, Night, about_bed, asleep, bed_reading, words
from tests.geofence.scenes import ZIBO, person

USUAL, FIXED = "still_in_bed.later_than_usual", "still_in_bed.later_than_fixed"


@pytest.mark.parametrize(
    ("absences", "minutes"),
    [
        ([], 15),
        ([40.0] * 9, 15),
        ([40.0] * 10, 40),
        ([4.0] * 10, 15),
        ([4.0] * 19 + [30.0], 15),
        ([4.0] * 18 + [30.0] * 2, 30),
        ([59.0] * 20, 45),
        ([15.1] * 20, 15.1),
    ],
)
def test_the_time_allowed_is_learnt_within_bounds(absences: list[float], minutes: float) -> None:
    habits = Habits(absences_min=tuple(absences))
    assert back_within(habits, DEFAULT) == timedelta(minutes=minutes)


@given(st.lists(st.floats(0, 60), max_size=40))
def test_the_time_allowed_never_leaves_its_bounds(absences: list[float]) -> None:
    allowed = back_within(Habits(absences_min=tuple(absences)), DEFAULT)
    assert timedelta(minutes=15) <= allowed <= timedelta(minutes=45)


@pytest.mark.parametrize(("share", "rank"), [(0.95, 19), (0.9, 18), (0.91, 19), (0.1, 2), (0.05, 1), (0.0, 1), (1, 20)])
def test_nearest_rank(share: float, rank: int) -> None:
    assert nearest_rank(list(range(20, 0, -1)), share) == rank


def test_no_more_is_remembered_than_bounded() -> None:
    habits, left_at = Habits(), datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
    for minutes in range(60):
        habits = with_absence(habits, left_at, left_at + timedelta(minutes=minutes))
        habits = with_rising(habits, datetime(2026, 11, 20, 23, minutes, tzinfo=UTC), person())
    assert habits.absences_min == tuple(float(minutes) for minutes in range(60))[-REMEMBERED_ABSENCES:]
    assert habits.risings_min == tuple(7 * 60 + minutes for minutes in range(60))[-REMEMBERED_RISINGS:]


@pytest.mark.parametrize(
    ("clock", "learnt"), [("02:59", False), ("03:00", True), ("06:30", True), ("14:00", True), ("14:01", False)]
)
def test_a_rising_lies_around_the_end_of_the_night(clock: str, learnt: bool) -> None:
    left_at = datetime.combine(date(2026, 11, 20), time.fromisoformat(clock), ZIBO)
    assert bool(with_rising(Habits(), left_at, person()).risings_min) is learnt


@pytest.mark.parametrize(
    ("risings", "up_by"),
    [
        ([], "11:00"),
        (["06:30"] * 6, "11:00"),
        (["06:30"] * 7, "07:30"),
        (["06:30"] * 9 + ["09:00"], "07:30"),
        (["06:30"] * 8 + ["09:00"] * 2, "10:00"),
        (["13:50"] * 10, "14:50"),
    ],
)
def test_the_time_to_be_up_is_learnt(risings: list[str], up_by: str) -> None:
    habits = Habits(risings_min=tuple(minute(clock) for clock in risings))
    assert up_by_min(habits, DEFAULT) == minute(up_by)


def test_a_night_that_ends_at_midnight_wraps() -> None:
    owl = person(night_from=time(16), night_until=time(0, 30))
    habits = Habits(risings_min=(minute("23:40"),) * 7)
    assert up_by_min(habits, owl.policy) == minute("00:40")


def minute(clock: str) -> int:
    at = time.fromisoformat(clock)
    return at.hour * 60 + at.minute


@pytest.mark.parametrize(
    ("risings", "clock", "usual"),
    [
        # Of a stranger the last hour and a quarter of the night is rising.
        (["05:10"] * 6, "04:44", False),
        (["05:10"] * 6, "04:45", True),
        ([], "04:44", False),
        ([], "05:59", True),
        (["05:10"] * 7, "05:20", True),
        # Half an hour before the earliest is the habit still.
        (["05:10"] * 7, "04:40", True),
        (["05:10"] * 7, "04:39", False),
        # One of ten mornings is no habit.
        (["03:10"] + ["06:10"] * 10, "05:00", False),
    ],
)
def test_getting_up_when_one_always_does_is_no_absence(risings: list[str], clock: str, usual: bool) -> None:
    habits = Habits(risings_min=tuple(minute(each) for each in risings))
    assert usually_up(habits, datetime.combine(date(2026, 11, 20), time.fromisoformat(clock), ZIBO), person()) is usual


@pytest.mark.parametrize(("clock", "usual"), [("17:00", False), ("19:59", False), ("06:44", False), ("06:45", True)])
def test_the_first_hours_of_a_long_night_are_no_rising(clock: str, usual: bool) -> None:
    """Who is put to bed at five in the afternoon and gets up at once is asked after."""
    long = person(night_from=time(17), night_until=time(8))
    assert usually_up(Habits(), datetime.combine(date(2026, 11, 20), time.fromisoformat(clock), ZIBO), long) is usual


def sleep_through(night: Night, up: str, *, back: str = "22:30") -> None:
    """One night: in bed since before, up for good, back in the evening."""
    night.bed_every("05:00", up, "occupied", 600)
    left_at = night.at(up) + timedelta(minutes=1)
    night.hear(bed_reading(left_at, "empty"))
    night.hear(bed_reading(left_at + timedelta(seconds=20), "empty"))
    night.bed(back, "occupied")
    night.hear(bed_reading(night.then(back) + timedelta(minutes=1), "occupied"))


def test_absences_and_risings_are_learnt_from_nights() -> None:
    night = asleep()
    night.bed("02:40", "empty")
    night.bed("02:46", "occupied")
    night.bed("02:50", "occupied")
    assert night.story.state.bed.habits == Habits(absences_min=(6.0,))
    sleep_through(night, "06:30")
    assert night.story.state.bed.habits == Habits(absences_min=(6.0,), risings_min=(minute("06:31"),))


def test_what_is_no_visit_teaches_nothing() -> None:
    night = asleep()
    # Out for an hour and back before morning: neither a visit to the toilet nor a rising.
    night.bed("03:10", "empty")
    night.bed("04:10", "occupied")
    night.bed("04:20", "occupied")
    # By day.
    night.bed("06:20", "empty")
    night.bed("06:29", "occupied")
    night.bed("06:40", "occupied")
    assert night.story.state.bed.habits == Habits()


@pytest.mark.parametrize(("down", "learnt"), [("09:00", (minute("13:00"),)), ("09:00:01", ()), ("09:30", ())])
def test_who_gets_up_from_a_nap_has_not_risen_late(down: str, learnt: tuple[int, ...]) -> None:
    """A stay of four hours is a night's."""
    night = Night()
    night.asleep(down)
    night.bed_every("09:40", "12:50", "occupied", 600)
    night.bed("13:00", "empty")
    night.hear(bed_reading(night.at("13:00") + timedelta(seconds=20), "empty"))
    night.bed("14:10", "occupied")
    night.hear(bed_reading(night.then("14:10") + timedelta(minutes=1), "occupied"))
    assert night.story.state.bed.habits.risings_min == learnt


def test_an_absence_outside_teaches_nothing() -> None:
    night = asleep()
    night.bed("02:40", "empty")
    night.walk("02:44", 0.0)
    night.walk("02:46", 260.0)
    night.walk("02:46:40", 290.0)
    night.walk("02:50", 295.0)
    night.bed("02:58", "occupied")
    night.bed("03:10", "occupied")
    assert "zone_exit" in {str(each.kind) for each in night.story.detections}
    assert night.story.state.bed.habits == Habits()


def test_early_risers_are_not_missed_after_a_week() -> None:
    night = asleep(rising_early=timedelta(0))
    for _ in range(7):
        sleep_through(night, "05:09")
    known = len(night.story.detections)
    sleep_through(night, "05:11")
    assert about_bed(night.story.detections[known:]) == [EXIT]
    assert night.told.count(UNTOLD) == 7
    last = [each for each in night.story.detections if each.kind == "bed_exit"][-1]
    assert last.evidence["usual_rising"] is True


@pytest.mark.parametrize(("until", "told"), [("10:58", []), ("11:00", [FIXED]), ("14:00", [FIXED])])
def test_still_in_bed_at_the_fixed_time(until: str, told: list[str]) -> None:
    night = asleep()
    night.bed_every("02:40", until, "occupied")
    assert night.told == told


def test_still_in_bed_says_since_when() -> None:
    night = asleep()
    (told,) = night.bed_every("02:40", "11:30", "occupied")
    assert told.at == night.then("11:00")
    assert told.evidence == {
        "in_bed_since": "2026-11-20T14:30:00+00:00", "in_bed_min": 750.0, "up_by": "11:00", "risings_known": 0,
        "local_time": "11:00", "night": False,
    }  # fmt: skip


def test_still_in_bed_is_later_than_usual_after_a_week() -> None:
    night = asleep()
    for _ in range(7):
        sleep_through(night, "06:29")
    known = len(night.story.detections)
    night.bed_every("05:00", "07:28", "occupied")
    assert about_bed(night.story.detections[known:]) == []
    told = night.bed_every("07:30", "12:00", "occupied")
    assert about_bed(told) == [USUAL]
    assert told[0].evidence["up_by"] == "07:30"


def test_who_went_to_bed_in_the_early_evening_is_looked_at_in_the_morning() -> None:
    night = Night()
    night.asleep("18:30")
    night.bed_every("18:40", "11:00", "occupied", 600)
    assert night.told == [FIXED]


@pytest.mark.parametrize(("down", "told"), [("07:00", [FIXED]), ("07:01", [])])
def test_a_nap_is_not_staying_in_bed(down: str, told: list[str]) -> None:
    night = Night()
    night.asleep(down)
    night.bed_every("07:10", "12:00", "occupied")
    assert night.told == told


def test_a_visit_to_the_toilet_does_not_begin_the_stay_anew() -> None:
    night = asleep()
    night.bed_every("02:40", "09:00", "occupied")
    night.bed_every("09:01", "09:10", "empty")
    night.bed_every("09:11", "11:10", "occupied")
    assert night.told == [FIXED]


def test_a_stay_is_told_once_whoever_visits_the_toilet_meanwhile() -> None:
    night = asleep()
    night.bed_every("02:40", "11:10", "occupied")
    night.bed_every("11:11", "11:20", "empty")
    night.bed_every("11:21", "15:00", "occupied")
    assert night.told == [FIXED]


def test_who_was_up_a_moment_ago_is_looked_at_later() -> None:
    night = asleep()
    night.bed_every("02:40", "10:30", "occupied")
    night.bed_every("10:31", "10:40", "empty")
    night.bed_every("10:41", "11:40", "occupied")
    assert night.told == []
    assert words(night.bed_every("11:42", "11:44", "occupied")) == [FIXED]


def test_silence_and_another_sleeper_prove_nothing() -> None:
    silent = asleep()
    silent.bed_every("02:40", "10:49", "occupied")
    silent.wait("15:00")
    assert silent.told == []
    other = asleep()
    other.bracelet("03:00", steps=0)
    other.bracelet("03:10", steps=60)
    other.bed_every("03:11", "12:00", "occupied")
    assert other.told == []


def test_who_cannot_turn_alone_is_not_told_of_as_still_in_bed() -> None:
    night = asleep(turn_every=timedelta(hours=6))
    told = night.bed_every("02:40", "12:00", "occupied")
    assert [word for word in words(told) if word.startswith("still")] == []


def test_an_own_time_of_rising() -> None:
    late: Person = person(still_in_bed_at=time(9, 30))
    night = Night(late)
    night.asleep("23:00")
    night.bed_every("23:10", "09:28", "occupied")
    assert night.told == []
    night.bed("09:30", "occupied")
    assert night.told == [FIXED]
