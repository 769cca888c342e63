"""Off usual routes: what is learnt and forgotten, what counts, when it is told, and where nothing is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence import snapshot, usual_ground
from geofence.detectors import off_route
from geofence.person import Person
from geofence.policy import DEFAULT
from geofence.usual_ground import MOST_CELLS, Ground
from tests.geofence.scenes import Story, at, circle, fix, person, place, reading
from tests.geofence.walks import Corner, hear, straight

DAY_S = 86_400.0
#: START is 20:00 in Zibo: 10 hours earlier it is 10 in the morning.
MORNING_S = -10 * 3_600.0
DAY = 739_900
HERE = Ground(latitude=36.81, longitude=118.05)
#: To the market and home.
MARKET: list[Corner] = [(0.0, 0.0), (600.0, 0.0), (0.0, 0.0)]


def free(**thresholds: Any) -> Person:
    """Nobody has drawn a safe area; every route is known after three days."""
    known = {"off_route_learning_days": 3, "off_route_walked_days": 3}
    return replace(person(), zones=(), policy=replace(DEFAULT, **(known | thresholds)))


def settled(person_: Person | None = None, *, days: int = 5) -> Story:
    """Somebody who went to the market on so many mornings."""
    story = Story(person_ or free())
    for day in range(days):
        hear(story, MARKET, at_s=day * DAY_S + MORNING_S)
    return story


def off(story: Story) -> list[Any]:
    return [detection for detection in story.detections if detection.kind == "off_route"]


def on_day(story: Story, corners: list[Corner], *, day: int = 5, hour_s: float = MORNING_S, **how: float) -> list[Any]:
    known = len(off(story))
    hear(story, corners, at_s=day * DAY_S + hour_s, **{"until_s": 3_600.0, **how})
    return off(story)[known:]


BEYOND = straight(2_000.0)


def test_the_usual_way_is_not_told() -> None:
    assert on_day(settled(), MARKET) == []


def test_the_other_side_of_the_street_is_not_told() -> None:
    assert on_day(settled(), [(0.0, 0.0), (0.0, 50.0), (600.0, 50.0), (0.0, 50.0)]) == []


def test_past_the_market_it_is_told_once() -> None:
    told = on_day(settled(), BEYOND)
    assert [each.reason for each in told] == ["unusual_ground"]
    # 500 m past the last usual cell, which ends at 660 m.
    assert 1_130 <= (told[0].at - at(5 * DAY_S + MORNING_S)).total_seconds() <= 1_210


@pytest.mark.parametrize(("metres", "count"), [(1_120.0, 0), (1_220.0, 1)])
def test_five_hundred_metres_by_day(metres: float, count: int) -> None:
    assert len(on_day(settled(), straight(metres))) == count


@pytest.mark.parametrize(("metres", "count"), [(1_020.0, 0), (1_120.0, 1)])
def test_four_hundred_by_night(metres: float, count: int) -> None:
    """23:00 in Zibo."""
    assert len(on_day(settled(), straight(metres), hour_s=3 * 3_600.0)) == count


def test_a_parallel_street_is_not_far_enough() -> None:
    """Five hundred metres and more of it, 180 m from the usual one."""
    parallel = [(0.0, 0.0), (0.0, 180.0), (600.0, 180.0)]
    assert on_day(settled(), parallel) == []
    assert len(on_day(settled(free(off_route_away_m=100.0)), parallel)) == 1


def test_usual_ground_takes_off_twice() -> None:
    """350 m off, 100 m of it back on usual ground for 200 m, off again: never 500."""
    there_and_back = [(600.0, 0.0), (600.0, 400.0), (600.0, 0.0), (200.0, 0.0), (200.0, 400.0)]
    story = settled()
    on_day(story, MARKET[:2])
    hear(story, there_and_back, at_s=5 * DAY_S + MORNING_S + 700)
    half = free(off_route_away_m=60.0)
    assert half.policy.off_route_least_m == 500
    assert story.state.off_route.unusual_m < 500


def test_not_told_again_until_usual_ground_is_reached() -> None:
    story = settled()
    assert len(on_day(story, straight(4_000.0), until_s=4_000.0)) == 1
    assert story.state.off_route.footing == "told"
    hear(story, [(4_000.0, 0.0), (0.0, 0.0), (0.0, 2_000.0)], at_s=5 * DAY_S + MORNING_S + 4_100, until_s=9_000)
    assert len(off(story)) == 2


def test_ground_that_was_told_is_not_learnt_that_day() -> None:
    story = settled()
    on_day(story, BEYOND)
    assert len(on_day(story, BEYOND, day=6)) == 1


def test_ground_that_was_not_told_is_usual_the_next_day() -> None:
    story = settled()
    assert on_day(story, straight(1_100.0)) == []
    assert on_day(story, straight(1_500.0), day=6) == []


@pytest.mark.parametrize(
    ("days", "walked", "day", "count"), [(28, 3, 27, 0), (28, 3, 28, 1), (3, 6, 28, 0), (3, 5, 28, 1)]
)
def test_a_cold_start_tells_nothing(days: int, walked: int, day: int, count: int) -> None:
    story = settled(free(off_route_learning_days=days, off_route_walked_days=walked))
    assert len(on_day(story, BEYOND, day=day)) == count


def test_defaults_wait_four_weeks_and_ten_walks() -> None:
    assert (DEFAULT.off_route_learning_days, DEFAULT.off_route_walked_days) == (28, 10)


def test_whoever_was_driven_there_is_not_off_route() -> None:
    story = settled()
    begins_s = 5 * DAY_S + MORNING_S
    for i in range(10):
        story.fix(begins_s + 30 * i, 600.0 + 300 * i)
    assert story.state.vehicle.motion == "riding"
    assert story.state.off_route.here is None
    hear(story, straight(2_000.0, east_m=3_300.0), at_s=begins_s + 400, until_s=3_000)
    assert story.state.off_route.footing == "carried"
    assert story.state.off_route.unusual_m == 0
    assert off(story) == []


def test_nor_who_was_not_seen_on_the_way() -> None:
    story = settled()
    begins_s = 5 * DAY_S + MORNING_S
    hear(story, MARKET[:2], at_s=begins_s)
    hear(story, straight(2_000.0, east_m=1_500.0), at_s=begins_s + 600 + 601, until_s=3_000)
    assert off(story) == []


def test_nor_who_cycles_too_slowly_for_a_ride() -> None:
    """3 m/s."""
    assert on_day(settled(), BEYOND, speed_mps=3.0) == []
    assert len(on_day(settled(), BEYOND, speed_mps=2.1)) == 1


def test_nor_who_walks_on_from_a_bicycle() -> None:
    """270 m at 3 m/s, three fixes in a row, then 540 m on foot."""
    story = settled()
    begins_s = 5 * DAY_S + MORNING_S
    for i in range(4):
        story.fix(begins_s + 30 * i, 600.0 + 90.0 * i)
    hear(story, straight(540.0, east_m=900.0), at_s=begins_s + 120)
    assert story.state.vehicle.motion == "foot"
    assert off(story) == []


def test_nor_who_is_farther_than_they_can_have_walked() -> None:
    """1,800 m in ten minutes without a fix: too fast for a walk, too slow for a ride."""
    story = settled()
    begins_s = 5 * DAY_S + MORNING_S
    story.fix(begins_s, 600.0)
    hear(story, straight(1_500.0, east_m=2_400.0), at_s=begins_s + 590)
    assert story.state.vehicle.motion == "foot"
    assert off(story) == []
    assert story.state.off_route.footing == "carried"


def test_one_bad_fix_does_not_hide_a_stray() -> None:
    """It claims 5 m and is 150 m off. Nor do two: there and back is too fast twice, and a walk lies between."""
    for bad in ({25}, {25, 29}):
        story = settled()
        begins_s = 5 * DAY_S + MORNING_S
        for i in range(70):
            story.fix(begins_s + 30 * i, 30.0 * i, 150.0 if i in bad else 0.0, accuracy_m=5.0)
        assert len(off(story)) == 1


def test_how_fast_is_from_fix_to_fix_not_from_the_last_that_showed_a_way() -> None:
    """24 m and 20 m in a quarter of a minute each: a walk of 44 m, and none of 3 m/s."""
    story = settled()
    begins_s = 5 * DAY_S + MORNING_S
    for seconds, east_m in ((0, 600.0), (15, 624.0), (30, 644.0)):
        story.fix(begins_s + seconds, east_m)
    assert (story.state.off_route.fast, story.state.off_route.footing) == (0, "on_foot")


def test_back_on_usual_ground_nothing_is_counted() -> None:
    story = settled()
    on_day(story, [(0.0, 0.0), (600.0, 0.0), (600.0, 300.0), (600.0, 0.0), (0.0, 0.0)])
    assert off(story) == []
    assert (story.state.off_route.unusual_m, story.state.off_route.unusual_since) == (0, None)


def test_who_was_carried_is_on_foot_again_beside_usual_ground() -> None:
    story = settled()
    begins_s = 5 * DAY_S + MORNING_S
    hear(story, [(300.0, 400.0), (300.0, 200.0)], at_s=begins_s)
    assert story.state.off_route.footing == "carried"
    hear(story, [(300.0, 170.0), (300.0, 80.0)], at_s=begins_s + 230)
    assert story.state.off_route.footing == "on_foot"


def test_the_safe_area_is_usual_ground() -> None:
    wide = replace(free(), zones=(circle(3_000.0),))
    assert on_day(settled(wide), BEYOND) == []


def test_home_that_is_heard_is_usual_ground() -> None:
    story = settled()
    begins_s = 5 * DAY_S + MORNING_S
    for i in range(60):
        story.fix(begins_s + 30 * i, 30.0 * i, at_home=True)
    assert off(story) == []
    assert story.state.off_route.unusual_m == 0


@pytest.mark.parametrize(("metres", "here_m"), [(24.0, 0.0), (26.0, 26.0)])
def test_a_shorter_way_is_no_walk(metres: float, here_m: float) -> None:
    story = Story(free())
    story.fix(0, 0)
    story.fix(60, metres)
    here = story.state.off_route.here
    assert here is not None
    assert (here.longitude - place(0.0)[1]) == pytest.approx(place(here_m)[1] - place(0.0)[1], abs=1e-9)


def test_a_fix_that_shows_no_route_is_left_out() -> None:
    story = settled()
    before = story.state.off_route
    now_s = 5 * DAY_S + MORNING_S
    story.fix(now_s, 900.0, accuracy_m=50.5)
    story.hear(reading(now_s + 30))
    story.hear(reading(now_s + 60, fix(40.0), late_s=10_000.0))
    assert story.state.off_route is before


def test_standing_changes_nothing() -> None:
    story = settled()
    story.fix(5 * DAY_S, 0.0)
    before = story.state.off_route
    for i in range(1, 30):
        story.fix(5 * DAY_S + 120 * i, 11.0 * (i % 2))
    assert story.state.off_route is before


def test_evidence() -> None:
    story = settled()
    told = on_day(story, BEYOND)[0]
    evidence = dict(told.evidence)
    assert evidence["unusual_m"] == pytest.approx(515, abs=16)
    assert evidence["away_m"] == pytest.approx(510, abs=61)
    assert (evidence["learnt_days_count"], evidence["walked_days_count"]) == (5, 5)
    assert evidence["usual_cells_count"] == len(story.state.off_route.ground or ())
    since = datetime.fromisoformat(str(evidence["suspected_since"]))
    assert 630 <= (since - at(5 * DAY_S + MORNING_S)).total_seconds() <= 720, "the last usual cell ends at 660 m"
    assert told.place is not None
    assert told.place.at == told.at


def test_midnight_turns_the_day_over_by_the_persons_clock() -> None:
    """23:50 to 00:10 in Zibo: one walk, two days, and the cells of the first are known after midnight."""
    story = Story(free())
    hear(story, straight(1_200.0), at_s=4 * 3_600.0 - 600)
    state = story.state.off_route
    assert state.ground is not None
    assert len(state.ground) == pytest.approx(10, abs=1)
    assert state.walked_days == 1


def test_a_clock_that_starts_again_changes_nothing() -> None:
    story = settled()
    before = story.state.off_route
    story.hear(reading(-9e6, fix(700.0)))
    assert story.state.off_route is before


class TestGround:
    """Cells and their weights."""

    def test_a_walked_cell_is_usual_for_seven_weeks(self) -> None:
        ground = usual_ground.learnt(HERE, [5], DAY)
        assert [usual_ground.usual(ground, [5, 6], DAY + later) for later in (0, 52, 53)] == [
            [True, False], [True, False], [False, False],
        ]  # fmt: skip

    def test_it_is_remembered_for_a_while_longer_as_the_way_back(self) -> None:
        ground = usual_ground.learnt(HERE, [5], DAY)
        assert [usual_ground.near_usual(ground, 6, DAY + later) for later in (99, 100)] == [True, False]
        assert not usual_ground.near_usual(ground, 7, DAY)

    @pytest.mark.parametrize(("east", "north"), [(0, 0), (1, 1), (-1, -1), (1, -1), (2, 0), (0, -2), (-2, 1)])
    def test_beside_is_all_around(self, east: int, north: int) -> None:
        ground = usual_ground.learnt(HERE, [usual_ground.cell_of(30.0, 30.0)], DAY)
        beside = usual_ground.cell_of(30.0 + 60.0 * east, 30.0 + 60.0 * north)
        assert usual_ground.near_usual(ground, beside, DAY) is (max(abs(east), abs(north)) < 2)

    @given(st.lists(st.integers(-40, 40), min_size=1, max_size=30), st.integers(0, 200))
    def test_one_cell_weighs_what_it_weighs_among_all(self, walked: list[int], later: int) -> None:
        ground = usual_ground.learnt(HERE, walked, DAY)
        cells = list(range(-41, 42))
        alone = usual_ground.usual(ground, cells, DAY + later)
        assert alone == [usual_ground.nearest_m(ground, cell, DAY + later) == 0 for cell in cells]

    def test_days_add_up_and_fade(self) -> None:
        ground = HERE
        for day in range(60):
            ground = usual_ground.learnt(ground, [5], DAY + day)
        assert usual_ground.usual(ground, [5], DAY + 59 + 141) == [True]
        assert usual_ground.usual(ground, [5], DAY + 59 + 143) == [False]

    def test_learning_one_cell_leaves_the_others_as_they_were(self) -> None:
        ground = usual_ground.learnt(HERE, [5], DAY)
        ground = usual_ground.learnt(ground, [9], DAY + 40)
        assert usual_ground.usual(ground, [5, 9], DAY + 52) == [True, True]
        assert usual_ground.usual(ground, [5, 9], DAY + 53) == [False, True]

    def test_the_weakest_are_forgotten(self) -> None:
        ground = usual_ground.learnt(HERE, range(100), DAY)
        ground = usual_ground.learnt(ground, range(50), DAY + 1)
        ground = usual_ground.learnt(ground, range(1_000, 1_000 + MOST_CELLS - 50), DAY + 2)
        assert len(ground) == MOST_CELLS
        assert usual_ground.usual(ground, [0, 49, 50, 99], DAY + 2) == [True, True, False, False]
        assert len(snapshot.freeze(Story(free()).state)) + len(ground.cells + ground.days + ground.weights) < 20_000

    def test_nearest(self) -> None:
        ground = usual_ground.learnt(HERE, [usual_ground.cell_of(30.0, 30.0)], DAY)
        assert usual_ground.nearest_m(ground, usual_ground.cell_of(30.0 + 180, 30.0 - 240), DAY) == 300
        assert usual_ground.nearest_m(ground, usual_ground.cell_of(30.0, 30.0), DAY + 53) == float("inf")
        assert usual_ground.nearest_m(HERE, 0, DAY) == float("inf")

    def test_cells_on_a_way(self) -> None:
        way = usual_ground.cells_between((30.0, 30.0), (30.0, 170.0))
        assert way == [usual_ground.cell_of(30.0, north_m) for north_m in (30.0, 90.0, 150.0)]
        assert usual_ground.cells_between((30.0, 30.0), (31.0, 30.0)) == [usual_ground.cell_of(31.0, 30.0)]

    @given(st.floats(-1.9e6, 1.9e6), st.floats(-1.9e6, 1.9e6))
    def test_every_place_has_a_cell_of_its_own(self, east_m: float, north_m: float) -> None:
        cell = usual_ground.cell_of(east_m, north_m)
        assert -(2**31) <= cell < 2**31
        assert usual_ground.cell_of(east_m + 60.0, north_m) != cell != usual_ground.cell_of(east_m, north_m + 60.0)

    def test_a_day_before_the_last_one_weighs_no_more(self) -> None:
        ground = usual_ground.learnt(HERE, [5], DAY)
        assert usual_ground.usual(ground, [5], DAY - 400) == [True]
        assert usual_ground.usual(ground, [5], DAY - 60_000) == [True], "however far a clock was off"
        again = usual_ground.learnt(ground, [5], DAY - 400)
        assert [usual_ground.usual(again, [5], DAY - 400 + later) for later in (82, 83)] == [[True], [False]]


@pytest.mark.parametrize("every_s", [30.0, 280.0])
def test_the_memory_of_a_day_is_bounded(every_s: float) -> None:
    story = Story(free())
    hear(story, straight(40_000.0), until_s=36_000, speed_mps=1.5, every_s=every_s, at_s=MORNING_S)
    assert len(story.state.off_route.today) == off_route.MOST_TODAY
