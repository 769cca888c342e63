"""Nights and schedules by the person's own clock: past midnight, at midnight, when summer time begins and ends."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence.evidence import when
from geofence.local_time import next_time
from geofence.zone import ScheduleError, Window, schedule_from_rows
from tests.geofence.scenes import circle, person

NEW_YORK = ZoneInfo("America/New_York")
ZIBO = ZoneInfo("Asia/Shanghai")


def local(text: str, zone: ZoneInfo = ZIBO, fold: int = 0) -> datetime:
    """An instant (UTC), given as a wall clock shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def window(text: str, *days: int) -> Window:
    start, end = (time.fromisoformat(part) for part in text.split("-"))
    return Window(days=frozenset(days or range(1, 8)), start=start, end=end)


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        ("2026-11-20 21:59:59", False),
        ("2026-11-20 22:00", True),
        ("2026-11-20 23:59:59", True),
        ("2026-11-21 00:00", True),
        ("2026-11-21 05:59:59", True),
        ("2026-11-21 06:00", False),
    ],
)
def test_the_night_is_local(wall: str, expected: bool) -> None:
    for zone in (ZIBO, NEW_YORK):
        at = local(wall, zone)
        assert person(time_zone=zone).is_night(at) is expected
        assert when(person(time_zone=zone), at) == {"local_time": wall[11:16], "night": expected}


@pytest.mark.parametrize(
    ("wall", "expected"),
    [("05:59:59", "2026-11-20 06:00"), ("06:00", "2026-11-21 06:00"), ("23:00", "2026-11-21 06:00")],
)
def test_the_next_time_is_never_now(wall: str, expected: str) -> None:
    assert next_time(person(), local(f"2026-11-20 {wall}"), time(6)) == local(expected)


@pytest.mark.parametrize(("wall", "expected"), [("00:59", False), ("01:00", True), ("04:59", True), ("05:00", False)])
def test_a_night_that_begins_after_midnight(wall: str, expected: bool) -> None:
    late = person(night_from=time(1, 0), night_until=time(5, 0))
    assert late.is_night(local(f"2026-11-20 {wall}")) is expected


# 2026-11-16 is a Monday.
@pytest.mark.parametrize(
    ("text", "days", "wall", "expected"),
    [
        ("08:00-16:00", (1,), "2026-11-16 07:59:59", False),
        ("08:00-16:00", (1,), "2026-11-16 08:00", True),
        ("08:00-16:00", (1,), "2026-11-16 15:59:59", True),
        ("08:00-16:00", (1,), "2026-11-16 16:00", False),
        ("08:00-16:00", (1,), "2026-11-17 12:00", False),
        ("08:00-16:00", (1, 7), "2026-11-22 12:00", True),
        # Past midnight it belongs to the day on which it began.
        ("22:00-06:00", (1,), "2026-11-16 21:59", False),
        ("22:00-06:00", (1,), "2026-11-16 22:00", True),
        ("22:00-06:00", (1,), "2026-11-17 00:00", True),
        ("22:00-06:00", (1,), "2026-11-17 05:59", True),
        ("22:00-06:00", (1,), "2026-11-17 06:00", False),
        ("22:00-06:00", (1,), "2026-11-16 05:00", False),
        ("22:00-06:00", (1,), "2026-11-17 22:00", False),
        # From Sunday into Monday.
        ("22:00-06:00", (7,), "2026-11-16 05:00", True),
        ("22:00-06:00", (7,), "2026-11-22 23:00", True),
        # Until midnight, from midnight.
        ("08:00-00:00", (1,), "2026-11-16 23:59:59", True),
        ("08:00-00:00", (1,), "2026-11-17 00:00", False),
        ("00:00-08:00", (2,), "2026-11-17 00:00", True),
        ("00:00-08:00", (2,), "2026-11-16 23:59:59", False),
    ],
)
def test_windows(text: str, days: tuple[int, ...], wall: str, expected: bool) -> None:
    assert window(text, *days).contains(datetime.fromisoformat(wall)) is expected
    zone = circle(schedule=[window(text, *days)])
    assert bool(person(zone).active_zones(local(wall))) is expected
    assert bool(person(zone, time_zone=NEW_YORK).active_zones(local(wall, NEW_YORK))) is expected


def test_several_windows_and_zones() -> None:
    home, care = circle(), circle(zone_id=2, schedule=[window("08:00-12:00", 1), window("14:00-16:00", 1)])
    counts = {
        wall: [zone.zone_id for zone in person(home, care).active_zones(local(f"2026-11-16 {wall}"))]
        for wall in ("07:00", "09:00", "13:00", "15:00")
    }
    assert counts == {"07:00": [1], "09:00": [1, 2], "13:00": [1], "15:00": [1, 2]}


class TestSummerTime:
    """New York, 2026: 8 March 02:00 becomes 03:00; 1 November 02:00 becomes 01:00."""

    def test_the_hour_that_is_left_out(self) -> None:
        zone = circle(schedule=[window("02:15-03:30")])
        someone = person(zone, time_zone=NEW_YORK)
        before, after = datetime(2026, 3, 8, 6, 59, 59, tzinfo=UTC), datetime(2026, 3, 8, 7, 0, tzinfo=UTC)
        assert [someone.local(at).strftime("%H:%M") for at in (before, after)] == ["01:59", "03:00"]
        assert [bool(someone.active_zones(at)) for at in (before, after)] == [False, True]
        assert not someone.active_zones(datetime(2026, 3, 8, 7, 30, tzinfo=UTC))

    def test_the_hour_that_comes_twice_counts_twice(self) -> None:
        someone = person(circle(schedule=[window("01:15-01:45")]), time_zone=NEW_YORK)
        first, second = local("2026-11-01 01:30", NEW_YORK), local("2026-11-01 01:30", NEW_YORK, fold=1)
        assert (second - first).total_seconds() == 3_600
        assert someone.active_zones(first)
        assert someone.active_zones(second)
        assert not someone.active_zones(datetime(2026, 11, 1, 6, 0, tzinfo=UTC))

    @pytest.mark.parametrize(("month", "day", "hours"), [(3, 8, 7), (11, 1, 9), (6, 15, 8)])
    def test_nights_are_an_hour_shorter_or_longer(self, month: int, day: int, hours: int) -> None:
        someone = person(time_zone=NEW_YORK)
        evening = local(f"2026-{month:02}-{day:02} 12:00", NEW_YORK).timestamp() - 24 * 3_600
        minutes = [datetime.fromtimestamp(evening + 60 * minute, UTC) for minute in range(24 * 60)]
        assert sum(someone.is_night(at) for at in minutes) == 60 * hours

    def test_a_night_window_past_midnight_holds_through_the_change(self) -> None:
        someone = person(circle(schedule=[window("22:00-06:00", 6)]), time_zone=NEW_YORK)
        assert someone.active_zones(local("2026-03-08 05:59", NEW_YORK))
        assert not someone.active_zones(local("2026-03-08 06:00", NEW_YORK))


@settings(max_examples=100, deadline=None)
@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001
    st.times(),
    st.times(),
    st.frozensets(st.integers(1, 7), min_size=1),
)
def test_at_every_moment_a_window_or_its_rest_counts(
    at: datetime, start: time, end: time, days: frozenset[int]
) -> None:
    """A span and the span from its end to its beginning, both every day, fill the day without an overlap."""
    if start == end:
        return
    span = Window(days=frozenset(range(1, 8)), start=start, end=end)
    rest = Window(days=frozenset(range(1, 8)), start=end, end=start)
    assert span.contains(at) != rest.contains(at)
    some = Window(days=days, start=start, end=end)
    others = Window(days=frozenset(range(1, 8)) - days, start=start, end=end)
    assert span.contains(at) == (some.contains(at) or others.contains(at))
    assert not (some.contains(at) and others.contains(at))


class TestRows:
    def test_what_the_table_holds(self) -> None:
        rows = [{"days": [1, 2], "from": "08:00", "until": "16:30"}, {"days": [7], "from": "22:00", "until": "06:00"}]
        assert schedule_from_rows(rows) == (window("08:00-16:30", 1, 2), window("22:00-06:00", 7))
        assert schedule_from_rows(None) == schedule_from_rows([]) == ()

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            ({"days": [], "from": "08:00", "until": "16:00"}, "at least one"),
            ({"days": [0], "from": "08:00", "until": "16:00"}, "1 .Monday. to 7"),
            ({"days": [8], "from": "08:00", "until": "16:00"}, "1 .Monday. to 7"),
            ({"days": ["Mon"], "from": "08:00", "until": "16:00"}, "a schedule entry is"),
            ({"days": None, "from": "08:00", "until": "16:00"}, "a schedule entry is"),
            ({"from": "08:00", "until": "16:00"}, "a schedule entry is"),
            ({"days": [1], "from": "8", "until": "16:00"}, "a schedule entry is"),
            ({"days": [1], "from": "24:00", "until": "16:00"}, "a schedule entry is"),
            ({"days": [1], "from": 8, "until": "16:00"}, "a schedule entry is"),
            ({"days": [1], "until": "16:00"}, "a schedule entry is"),
            ({"days": [1], "from": "08:00", "until": "08:00"}, "the same time"),
            ({"days": [1], "from": "08:00+08:00", "until": "16:00"}, "leave the offset away"),
            ({"days": [1], "from": "08:00", "until": "16:00Z"}, "leave the offset away"),
        ],
    )
    def test_what_cannot_be_used_says_why(self, row: dict[str, object], message: str) -> None:
        with pytest.raises(ScheduleError, match=message):
            schedule_from_rows([row])
