"""Riding: both sides of every threshold, what ends it, when it is told, and what must not look like it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence.policy import DEFAULT
from tests.geofence.scenes import Story, at, circle, fix, person, reading

#: Nobody has drawn a safe area: every ride is told.
FREE = replace(person(), zones=())


def moved(story: Story, *fixes: tuple[float, float], accuracy_m: float = 10.0) -> Story:
    """(seconds, metres east) of each fix."""
    for seconds, east_m in fixes:
        story.fix(seconds, east_m, accuracy_m=accuracy_m)
    return story


def rides(story: Story) -> list[str]:
    return [detection.reason for detection in story.detections if detection.kind == "in_vehicle"]


def motion(story: Story) -> str:
    return str(story.state.vehicle.motion)


@pytest.mark.parametrize(("east_m", "found"), [(419.0, "foot"), (421.0, "suspect")])
def test_one_fix_at_the_speed_of_a_vehicle_is_a_suspicion(east_m: float, found: str) -> None:
    """Both radii are taken off: 400 m in 100 s are 4 m/s."""
    assert motion(moved(Story(FREE), (0, 0), (100, east_m))) == found


@pytest.mark.parametrize(
    ("fixes", "found"),
    [
        # 500 m with both radii off, at once the second fix.
        ([(0, 0), (60, 400), (120, 521)], "riding"),
        ([(0, 0), (60, 400), (120, 519)], "suspect"),
        # 90 s from where it began.
        ([(0, 0), (45, 400), (90, 800)], "riding"),
        ([(0, 0), (45, 400), (89, 800)], "suspect"),
        # One fix alone never is.
        ([(0, 0), (120, 2_000)], "suspect"),
        # 2 m/s on the whole.
        ([(0, 0), (100, 500), (300, 621)], "riding"),
        ([(0, 0), (100, 500), (300, 600)], "suspect"),
        # There and back: an error.
        ([(0, 0), (60, 900), (120, 119)], "foot"),
        ([(0, 0), (60, 900), (120, 121)], "suspect"),
    ],
)
def test_a_ride_needs_way_and_time_and_a_second_fix(fixes: list[tuple[float, float]], found: str) -> None:
    assert motion(moved(Story(FREE), *fixes)) == found


BUS = [(0.0, 0.0), (60.0, 600.0), (120.0, 1_200.0)]


@pytest.mark.parametrize(("stands_s", "found"), [(239, "riding"), (240, "foot")])
def test_a_stop_of_four_minutes_ends_it(stands_s: float, found: str) -> None:
    assert motion(moved(Story(FREE), *BUS, (180, 1_200), (120 + stands_s, 1_200))) == found


def test_a_stop_where_it_began_ends_it_too() -> None:
    """To the market and home again by bus."""
    there, home = [(180.0, 1_800.0)], [(240.0, 1_200.0), (300.0, 600.0), (360.0, 0.0)]
    story = moved(Story(FREE), *BUS, *there, *home)
    assert motion(story) == "riding"
    assert motion(moved(story, (420, 0), (480, 0), (540, 0), (600, 0))) == "foot"


def test_a_red_light_does_not_end_it() -> None:
    story = moved(Story(FREE), *BUS, (180, 1_200), (300, 1_200), (330, 1_500), (400, 1_500), (560, 1_500))
    assert motion(story) == "riding"
    assert rides(story) == ["riding"]


def test_half_the_speed_of_a_vehicle_is_where_slow_begins() -> None:
    crawl = [(120.0 + 60 * i, 1_200.0 + 141.0 * i) for i in range(1, 6)]
    walk = [(120.0 + 60 * i, 1_200.0 + 139.0 * i) for i in range(1, 6)]
    assert motion(moved(Story(FREE), *BUS, *crawl)) == "riding"
    assert motion(moved(Story(FREE), *BUS, *walk)) == "foot"


def test_a_suspicion_ends_with_four_minutes_of_walking() -> None:
    story = moved(Story(FREE), (0, 0), (60, 400), (120, 400), (299, 400))
    assert motion(story) == "suspect"
    assert motion(moved(story, (301, 400))) == "foot"


def test_each_ride_is_told_once() -> None:
    story = moved(Story(FREE), *BUS, (180, 1_800), (240, 2_400))
    moved(story, (300, 2_400), (600, 2_400), (660, 3_000), (720, 3_600), (780, 4_200))
    assert rides(story) == ["riding", "riding"]


def test_a_ride_within_the_safe_area_is_nobodys_business() -> None:
    story = moved(Story(person(circle(5_000.0))), *BUS, (180, 1_800))
    assert motion(story) == "riding"
    assert rides(story) == []


@pytest.mark.parametrize(("east_m", "found"), [(2_009.0, []), (2_011.0, ["left_by_vehicle"])])
def test_a_ride_out_of_the_safe_area_is_told_at_the_edge(east_m: float, found: list[str]) -> None:
    """Beyond it by more than the fix's radius of 10 m."""
    assert rides(moved(Story(person(circle(2_000.0))), *BUS, (180, east_m))) == found


def test_a_ride_that_begins_outside_is_told_even_if_it_leads_home() -> None:
    story = moved(Story(person(circle(200.0))), (-120, 0), (-60, 260), (-30, 300))
    moved(story, (0, 1_300), (60, 1_300), (120, 700), (180, 0))
    ride = next(d for d in story.detections if d.kind == "in_vehicle")
    assert ride.reason == "left_by_vehicle"
    assert ride.evidence["began_outside"] is True


def test_a_ride_that_is_noticed_inside_is_told_when_it_began_outside() -> None:
    story = moved(Story(person(circle(2_000.0))), (-120, 2_200), (-60, 2_200), (0, 2_200), (60, 1_600), (120, 1_000))
    assert rides(story) == ["left_by_vehicle"]


def test_evidence() -> None:
    story = moved(Story(person(circle(200.0))), (0, 0), (60, 620), (120, 1_220))
    ride = next(d for d in story.detections if d.kind == "in_vehicle")
    assert (ride.at, ride.zone_id, ride.device_id) == (at(120), 1, "zb-000001")
    assert ride.evidence["way_m"] == pytest.approx(1_200, abs=5)
    assert ride.evidence["beyond_m"] == pytest.approx(1_020, abs=5)
    assert {key: value for key, value in ride.evidence.items() if key not in {"way_m", "beyond_m"}} == {
        "mean_speed_kmh": 36, "suspected_since": at(0).isoformat(), "accuracy_m": 10.0, "began_outside": False,
        "zone_name": "home", "local_time": "20:02", "night": False,
    }  # fmt: skip


def test_fixes_that_admit_their_errors_make_nobody_ride() -> None:
    story = Story(FREE)
    for i in range(40):
        story.fix(30 * i, 150.0 * (i % 2), accuracy_m=80.0)
    assert motion(story) == "foot"


def test_a_fix_that_is_too_sure_makes_nobody_ride() -> None:
    """Claims 2 m and is 700 m off, for one fix, now and then."""
    story = Story(FREE)
    for i in range(30):
        story.fix(30 * i, 700.0 if i % 7 == 3 else 0.0, accuracy_m=2.0)
    assert rides(story) == []


def test_a_jump_nobody_can_make_is_no_ride() -> None:
    assert motion(moved(Story(FREE), (0, 0), (30, 9_000), (60, 0))) == "foot"


def test_with_a_fix_every_ten_minutes_the_second_one_tells() -> None:
    assert rides(moved(Story(FREE), (0, 0), (600, 5_000), (1_200, 9_000))) == ["riding"]


def test_cells_and_heartbeats_change_nothing() -> None:
    story = moved(Story(FREE), (0, 0), (60, 600))
    before = story.state.vehicle
    story.hear(reading(90))
    story.hear(reading(100, fix(5_000, source="cell")))  # type: ignore[arg-type]
    assert story.state.vehicle is before


def test_thresholds_are_a_persons_own() -> None:
    calm = replace(FREE, policy=replace(DEFAULT, vehicle_speed_mps=12.0))
    assert motion(moved(Story(calm), *BUS)) == "foot"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(10, 600), st.floats(-1.9, 1.9)), max_size=40))
def test_whoever_walks_never_rides(ways: list[tuple[int, float]]) -> None:
    story, seconds, east_m = Story(FREE), 0.0, 0.0
    for takes_s, speed_mps in ways:
        seconds, east_m = seconds + takes_s, east_m + takes_s * speed_mps
        story.fix(seconds, east_m)
        assert motion(story) == "foot"
