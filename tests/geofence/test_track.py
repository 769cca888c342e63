"""Which fixes are believed, and how fast they say somebody moves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from geofence.detection import Place
from geofence.policy import DEFAULT
from geofence.reading import FixSource
from geofence.track import TrackState, follow, least_speed_mps, usable
from tests.geofence.scenes import Story, at, fix, place, reading


def where(seconds: float, east_m: float, accuracy_m: float = 10.0) -> Place:
    latitude, longitude = place(east_m)
    return Place(latitude=latitude, longitude=longitude, accuracy_m=accuracy_m, at=at(seconds))


@pytest.mark.parametrize(
    ("accuracy_m", "source", "expected"),
    [
        (200.0, FixSource.GNSS, True),
        (200.1, FixSource.GNSS, False),
        (12.0, FixSource.WIFI, True),
        (12.0, FixSource.BEACON, True),
        (12.0, FixSource.CELL, False),
    ],
)
def test_a_usable_fix_is_accurate_and_from_no_cell_tower(accuracy_m: float, source: FixSource, expected: bool) -> None:
    assert usable(fix(0, accuracy_m=accuracy_m, source=source), DEFAULT) is expected
    assert usable(fix(0, accuracy_m=90.0), replace(DEFAULT, zone_accuracy_ceiling_m=80.0)) is False


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # Both radii come off the way.
        (where(0, 0), where(10, 120), 10.0),
        (where(0, 0, 50.0), where(10, 120, 70.0), 0.0),
        (where(0, 0, 50.0), where(10, 120, 60.0), 1.0),
        (where(0, 0), where(0, 20), 0.0),
        (where(0, 0), where(0, 21), float("inf")),
        (where(10, 0), where(0, 100), float("inf")),
    ],
)
def test_least_speed(before: Place, after: Place, expected: float) -> None:
    assert least_speed_mps(before, after) == pytest.approx(expected, rel=0.01, abs=0.01)


def follow_all(*seen: tuple[float, float], accuracy_m: float = 10.0) -> tuple[TrackState, list[bool]]:
    state, believed = TrackState(), []
    for seconds, east_m in seen:
        state, movement = follow(state, reading(seconds, fix(east_m, accuracy_m=accuracy_m)), DEFAULT)
        believed.append(movement.believed)
    return state, believed


def test_sixty_metres_a_second_are_believed_and_more_are_not() -> None:
    assert follow_all((0, 0), (10, 617))[1] == [True, True]
    assert follow_all((0, 0), (10, 624))[1] == [True, False]


def test_a_held_fix_that_the_next_agrees_with_was_right() -> None:
    state, believed = follow_all((0, 0), (10, 3_000), (20, 3_010))
    assert believed == [True, False, True]
    assert state == TrackState(place=where(20, 3_010))


def test_a_held_fix_that_the_next_contradicts_was_wrong() -> None:
    state, believed = follow_all((0, 0), (10, 3_000), (20, 5), (30, 3_000))
    assert believed == [True, False, True, False]
    assert state.place == where(20, 5)
    assert state.held == where(30, 3_000)


def test_two_wild_fixes_that_disagree_are_both_held_back() -> None:
    state, believed = follow_all((0, 0), (10, 9_000), (20, -9_000), (30, -9_000))
    assert believed == [True, False, False, True]
    assert state.place == where(30, -9_000)


def test_time_does_not_run_backwards() -> None:
    state, believed = follow_all((60, 0), (30, 100), (60, 5))
    assert believed == [True, False, True]
    assert state.place == where(60, 5)


def test_what_is_not_believed_leaves_the_same_object() -> None:
    state, _ = follow_all((60, 0))
    for bad in (
        reading(90),
        reading(90, fix(0, accuracy_m=201)),
        reading(90, fix(0, source=FixSource.CELL)),
        reading(30, fix(0)),
    ):
        after, movement = follow(state, bad, DEFAULT)
        assert after is state
        assert not movement.believed


def test_an_impossible_jump_raises_nothing_until_a_second_fix_agrees() -> None:
    story = Story()
    story.fix(0, 0)
    story.fix(30, 4_000, speed_mps=1.2)
    assert (story.safety, story.commands) == ("inside", [])
    story.fix(60, 4_010, speed_mps=1.2)
    assert story.told == ["zone_exit"]


def test_the_speed_of_a_believed_fix_is_said() -> None:
    state, _ = follow_all((0, 0))
    assert follow(state, reading(10, fix(120)), DEFAULT)[1].least_speed_mps == pytest.approx(10.0, rel=0.01)
    held, _ = follow_all((0, 0), (10, 9_000))
    assert follow(held, reading(20, fix(9_120)), DEFAULT)[1].least_speed_mps == pytest.approx(10.0, rel=0.01)
    assert follow(TrackState(), reading(0, fix(0)), DEFAULT)[1].least_speed_mps is None


def test_one_fix_told_twice_counts_once() -> None:
    """A location and a call for help with the same fix: it is no second opinion, neither outside nor about a jump."""
    assert follow_all((0, 0), (60, 300), (60, 300))[1] == [True, True, False]
    state, believed = follow_all((0, 0), (1, 5_000), (1, 5_000))
    assert believed == [True, False, False]
    assert (state.place, state.held) == (where(0, 0), where(1, 5_000))
    assert follow_all((0, 0), (60, 300), (61, 300))[1] == [True, True, True]
