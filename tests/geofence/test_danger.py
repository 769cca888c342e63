"""Dangers: the map, and both sides of each threshold of coming nearer, being in one and going through one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence.danger_ahead import Ahead, approached, evidence_at
from geofence.danger_map import (
    Danger,
    DangerError,
    DangerMap,
    danger_from_geojson,
    nearest_by_kind,
)
from geofence.detection import Place
from geofence.policy import DEFAULT
from tests.geofence.scenes import Story, at, circle, line, person, place, pond, square

#: Home is a circle of 200 m; a canal 12 m wide runs north to south, its middle 500 m east.
CANAL = line((500.0, -2_000.0), (500.0, 2_000.0), half_width_m=6.0)
NIGHT_S = 3 * 3_600.0


def story(*dangers: Danger, **thresholds: Any) -> Story:
    return Story(person(circle(200.0), dangers=DangerMap(dangers or (CANAL,)), **thresholds))


def walk(told: Story, *fixes: tuple[float, float], north_m: float = 0.0, **said: Any) -> Story:
    """Home first, then (seconds, metres east)."""
    told.fix(fixes[0][0] - 600, 0)
    for seconds, east_m in fixes:
        told.fix(seconds, east_m, north_m, **said)
    return told


def dangers_of(told: Story) -> list[tuple[str, str]]:
    return [(str(each.kind), each.reason) for each in told.detections if each.kind.startswith("danger_")]


APPROACH, ENTER, THROUGH = (
    ("danger_approach", "approaching"),
    ("danger_enter", "entered"),
    ("danger_enter", "passed_through"),
)


class TestMap:
    def test_distance_to_a_line_with_a_width(self) -> None:
        assert CANAL.distance_m(*place(400.0)) == pytest.approx(94.0, abs=0.2)
        assert CANAL.distance_m(*place(505.0)) == 0.0
        assert CANAL.distance_m(*place(506.5)) == pytest.approx(0.5, abs=0.2)

    def test_distance_to_an_area(self) -> None:
        lake = pond(square(50.0, 300.0))
        assert lake.distance_m(*place(300.0)) == 0.0
        assert lake.distance_m(*place(400.0)) == pytest.approx(50.0, abs=0.1)

    @given(st.integers(0, 2**32), st.floats(0, 3_000))
    def test_the_tree_finds_what_looking_at_each_finds(self, seed: int, reach_m: float) -> None:
        random = np.random.default_rng(seed)
        corners = random.uniform(-4_000, 4_000, (30, 4))
        dangers = [line((a, b), (c, d), danger_id=i) for i, (a, b, c, d) in enumerate(corners)]
        here = place(*random.uniform(-4_000, 4_000, 2))
        found = DangerMap(tuple(dangers)).near(*here, reach_m)
        expected = sorted((each.distance_m(*here), each.danger_id) for each in dangers)
        assert [(near.distance_m, near.danger.danger_id) for near in found] == [
            row for row in expected if row[0] <= reach_m
        ]

    @given(st.integers(0, 2**32))
    def test_what_is_crossed_is_what_lies_on_two_sides(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        (a, b), (c, d) = random.uniform(-900, 900, (2, 2))
        crossed = DangerMap((CANAL,)).crossed(place(a, b), place(c, d))
        on_two_sides = (a < 493.9) != (c < 493.9) or 494.1 < a < 505.9 or 494.1 < c < 505.9
        clearly = all(abs(abs(x - 500) - 6) > 0.5 for x in (a, c))
        if clearly:
            assert bool(crossed) == (on_two_sides or (a < 494) != (c < 494))

    def test_thousands_are_one_tree_and_one_object(self) -> None:
        many = DangerMap(tuple(line((x, 0.0), (x, 50.0), danger_id=x) for x in range(-3_000, 3_000)))
        assert [near.danger.danger_id for near in many.near(*place(10.2, 25.0), 0.0)] == list(range(6, 16))
        assert person(dangers=many).dangers is many
        assert not DangerMap()
        assert DangerMap().near(*place(0.0), 1e5) == []
        assert DangerMap().crossed(place(0.0), place(1.0)) == []

    def test_the_nearest_of_each_kind(self) -> None:
        near, far = line((10.0, 0.0), (10.0, 9.0), danger_id=1), line((90.0, 0.0), (90.0, 9.0), danger_id=2)
        road = line((50.0, 0.0), (50.0, 9.0), danger_id=3, kind="highway")
        found = nearest_by_kind(DangerMap((far, road, near)).near(*place(0.0), 500.0))
        assert [each.danger.danger_id for each in found.values()] == [1, 3]

    @pytest.mark.parametrize(
        ("geometry", "kind", "says"),
        [
            ({"type": "Point", "coordinates": [118, 36]}, "water", "refused"),
            ({"type": "LineString", "coordinates": [[118, 36], [118, 37]]}, "lava", "no kind"),
            ({"type": "LineString", "coordinates": [[118, float("nan")], [118, 37]]}, "water", "read|not a number"),
            ({"type": "LineString", "coordinates": [[118, 36]]}, "water", "cannot be read"),
            ({"type": "LineString", "coordinates": [[36, 118], [36, 119]]}, "water", "beyond"),
            ({"type": "LineString", "coordinates": [[118, 36], [118, 38.5]]}, "water", "split"),
        ],
    )
    def test_what_cannot_be_used_is_said(self, geometry: Any, kind: str, says: str) -> None:
        with pytest.raises(DangerError, match=says):
            danger_from_geojson(geometry, danger_id=1, kind=kind)


class TestApproach:
    def test_two_fixes_that_come_nearer_say_when(self) -> None:
        told = walk(story(), (0, 230.0), (40, 270.0))
        assert dangers_of(told) == [APPROACH]
        evidence = next(each for each in told.detections if each.kind == "danger_approach").evidence
        assert evidence["danger_kind"] == "water"
        assert evidence["danger_m"] == pytest.approx(224, abs=1)
        assert evidence["danger_min"] == 4
        assert evidence["closing_mps"] == pytest.approx(1.0, abs=0.01)
        assert (evidence["danger_name"], evidence["danger_id"], evidence["accuracy_m"]) == ("canal", 1, 10.0)
        assert evidence["distance_m"] == pytest.approx(70, abs=0.2)

    def test_the_exit_says_what_lies_ahead(self) -> None:
        told = walk(story(), (0, 230.0), (40, 270.0))
        exit_ = next(each for each in told.detections if each.kind == "zone_exit")
        assert (exit_.evidence["danger_kind"], exit_.evidence["danger_min"]) == ("water", 4)
        assert exit_.evidence["danger_m"] == pytest.approx(224, abs=1)

    @pytest.mark.parametrize(
        ("fixes", "said", "expected"),
        [
            # Nearer by more than either radius.
            (((0, 230.0), (40, 240.0)), {}, []),
            (((0, 230.0), (40, 240.5)), {"accuracy_m": 10.0}, []),
            (((0, 230.0), (25, 242.5)), {"accuracy_m": 12.0}, [APPROACH]),
            (((0, 230.0), (25, 241.5)), {"accuracy_m": 12.0}, []),
            # At a pace that a walk can have: 0.3 m/s and more, 3.5 m/s and less.
            (((0, 230.0), (70, 250.5)), {}, []),
            (((0, 400.0), (75, 420.5)), {}, []),
            (((0, 400.0), (65, 420.5)), {}, [APPROACH]),
            (((0, 230.0), (30, 330.0)), {}, [APPROACH]),
            (((0, 230.0), (28, 330.0)), {}, []),
            # Reached within ten minutes: 0.4 m/s from 244 m off is 10.2 minutes, from 236 m 9.8.
            (((0, 230.0), (50, 250.0)), {}, []),
            (((0, 238.0), (50, 258.0)), {}, [APPROACH]),
            # Away from it, or along it.
            (((0, 270.0), (40, 230.0)), {}, []),
            # Riding, by its own word.
            (((0, 230.0), (40, 270.0)), {"speed_mps": 3.6}, []),
            (((0, 230.0), (40, 270.0)), {"speed_mps": 3.5}, [APPROACH]),
            # Too vague.
            (((0, 320.0), (60, 400.0)), {"accuracy_m": 50.0}, [APPROACH]),
            (((0, 320.0), (60, 400.0)), {"accuracy_m": 50.1}, []),
            # The fix before is too long ago: five minutes.
            (((0, 230.0), (300, 350.0)), {}, [APPROACH]),
            (((0, 230.0), (301, 350.0)), {}, []),
        ],
    )
    def test_both_sides_of_each_threshold(
        self, fixes: tuple[tuple[float, float], ...], said: dict[str, Any], expected: list[Any]
    ) -> None:
        assert dangers_of(walk(story(), *fixes, **said)) == expected

    def test_turning_away_in_between(self) -> None:
        told = walk(story(), (0, 240.0), (100, 300.0), (140, 280.0))
        assert dangers_of(told) == [APPROACH]
        # Too fast for a walk at first; nearer than at the oldest fix, and further off than at the last.
        assert dangers_of(walk(story(), (0, 240.0), (20, 330.0), (60, 315.0))) == []
        assert dangers_of(walk(story(), (0, 240.0), (20, 330.0), (60, 325.0))) == [APPROACH]

    @pytest.mark.parametrize(
        ("kind", "away_m", "expected"),
        [("water", 506.0, []), ("water", 480.0, [APPROACH]), ("rail", 306.0, []), ("highway", 290.0, [APPROACH])],
    )
    def test_each_kind_has_its_reach(self, kind: str, away_m: float, expected: list[Any]) -> None:
        there = 270.0 + away_m + 6.0
        far = line((there, -2_000.0), (there, 2_000.0), kind=kind, half_width_m=6.0)
        assert dangers_of(walk(story(far), (0, 200.0 + 32), (38, 270.0))) == expected

    def test_once_until_it_was_far_away(self) -> None:
        told = walk(story(), (0, 230.0), (40, 270.0), (80, 300.0), (120, 270.0), (160, 300.0))
        assert dangers_of(told) == [APPROACH]
        # 750 m and more from the canal, by another way, without coming home.
        for seconds, east_m in ((700, -300.0), (740, -260.0), (1_400, 230.0), (1_440, 270.0)):
            told.fix(seconds, east_m, 300.0)
        assert dangers_of(told) == [APPROACH, APPROACH]

    def test_coming_home_arms_it_again(self) -> None:
        told = walk(story(), (0, 230.0), (40, 270.0), (600, 0.0), (700, 230.0), (740, 270.0))
        assert dangers_of(told) == [APPROACH, APPROACH]

    def test_a_river_of_many_pieces_is_one_danger(self) -> None:
        pieces = [line((500.0, y), (500.0, y + 50.0), danger_id=2_000 + y) for y in range(-500, 500, 50)]
        told = story(*pieces)
        told.fix(-600, 0)
        for step in range(8):
            told.fix(30 * step, 230.0 + 25 * step, 40.0 * step)
        assert dangers_of(told).count(APPROACH) == 1

    @pytest.mark.parametrize("how", ["inside", "no_zone"])
    def test_silent_where_the_family_knows(self, how: str) -> None:
        told = story()
        if how == "inside":
            told.person = replace(told.person, zones=(circle(450.0),))
        else:
            told.person = replace(told.person, zones=())
        assert dangers_of(walk(told, (0, 330.0), (40, 370.0), (80, 410.0))) == []

    def test_no_map_no_danger(self) -> None:
        told = Story(person(circle(200.0)))
        walk(told, (0, 230.0), (40, 270.0))
        assert dangers_of(told) == []
        exit_ = next(each for each in told.detections if each.kind == "zone_exit")
        assert "danger_kind" not in exit_.evidence


class TestInsideAtNight:
    POND = pond(square(10.0, 100.0))

    def walks(self, *fixes: tuple[float, float], at_s: float = NIGHT_S, speed_mps: float | None = 0.8, **more: Any):
        told = story(self.POND, **more)
        return walk(told, *((at_s + seconds, east_m) for seconds, east_m in fixes), speed_mps=speed_mps)

    def test_on_foot_and_coming_nearer(self) -> None:
        told = self.walks((0, 5.0), (30, 35.0))
        assert dangers_of(told) == [("danger_approach", "approaching_inside")]
        assert [command.type for command in told.commands if command.reason == "danger_near"] == [
            "locate",
            "report_interval",
        ]

    @pytest.mark.parametrize(
        ("fixes", "more"),
        [
            (((0, 5.0), (30, 29.0)), {}),
            (((0, 5.0), (30, 35.0)), {"at_s": NIGHT_S - 3_700}),
            (((0, 5.0), (30, 35.0)), {"speed_mps": 0.4}),
            (((0, 5.0), (30, 35.0)), {"speed_mps": None}),
            (((0, 60.0), (30, 35.0)), {}),
            (((0, 5.0), (30, 35.0)), {"danger_inside_m": 0.0}),
        ],
    )
    def test_otherwise_silent(self, fixes: Any, more: dict[str, Any]) -> None:
        assert dangers_of(self.walks(*fixes, **more)) == []

    def test_only_water(self) -> None:
        told = story(pond(square(10.0, 100.0), kind="highway"))
        walk(told, (NIGHT_S, 5.0), (NIGHT_S + 30, 35.0), speed_mps=0.8)
        assert dangers_of(told) == []


class TestEnter:
    @pytest.mark.parametrize(
        ("east_m", "accuracy_m", "expected"),
        [(495.0, 20.0, [ENTER]), (495.0, 20.1, []), (493.0, 8.0, []), (505.9, 8.0, [ENTER])],
    )
    def test_within_it_by_a_good_fix(self, east_m: float, accuracy_m: float, expected: list[Any]) -> None:
        told = walk(story(), (0, east_m), accuracy_m=accuracy_m, speed_mps=0.8)
        assert dangers_of(told) == expected

    @pytest.mark.parametrize(("east_m", "expected"), [(209.9, []), (210.1, [ENTER])])
    def test_a_fix_that_may_be_inside_the_safe_area_tells_of_nothing(self, east_m: float, expected: list[Any]) -> None:
        beside = line((210.0, -500.0), (210.0, 500.0), half_width_m=6.0)
        assert dangers_of(walk(story(beside), (0, east_m))) == expected

    def test_once_and_again_after_coming_home(self) -> None:
        told = walk(story(), (0, 498.0), (60, 500.0), (120, 502.0), (900, 0.0), (1_500, 500.0))
        assert dangers_of(told) == [ENTER, ENTER]

    @pytest.mark.parametrize(
        ("fixes", "said", "expected"),
        [
            (((0, 470.0), (60, 530.0)), {}, [THROUGH]),
            # Each further off than its radius.
            (((0, 470.0), (60, 530.0)), {"accuracy_m": 23.9}, [THROUGH]),
            (((0, 470.0), (60, 530.0)), {"accuracy_m": 24.5}, []),
            (((0, 480.0), (60, 512.0)), {}, []),
            # The same bank.
            (((0, 440.0), (60, 470.0)), {}, [APPROACH]),
            # Faster than on foot, longer ago than five minutes.
            (((0, 440.0), (30, 560.0)), {}, []),
            (((0, 440.0), (36, 560.0)), {}, [THROUGH]),
            (((0, 470.0), (301, 530.0)), {}, []),
        ],
    )
    def test_on_either_side_of_it(self, fixes: Any, said: dict[str, Any], expected: list[Any]) -> None:
        assert dangers_of(walk(story(), *fixes, **said)) == expected

    def test_what_was_passed_is_not_ahead(self) -> None:
        told = walk(story(), (0, 470.0), (60, 530.0))
        found = next(each for each in told.detections if each.kind == "danger_enter")
        assert found.evidence["danger_m"] == pytest.approx(24, abs=1)
        assert found.evidence["danger_min"] is None
        assert found.place is not None
        assert found.place.at == at(60)


def here(seconds: float, east_m: float, accuracy_m: float = 10.0) -> Place:
    latitude, longitude = place(east_m)
    return Place(latitude=latitude, longitude=longitude, accuracy_m=accuracy_m, at=at(seconds))


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (None, {"danger_min": None}),
        (here(0, 350.0), {"danger_min": 3}),
        # Left behind: not ahead. Too long ago: as if nothing were known.
        (here(0, 450.0), {}),
        (here(-400, 450.0), {"danger_min": None}),
        # Hardly moved.
        (here(0, 395.0), {"danger_min": None}),
    ],
)
def test_what_an_exit_says_of_the_way_it_came(before: Place | None, expected: dict[str, Any]) -> None:
    found = evidence_at(story().person, here(100, 400.0), before)
    assert {key: found[key] for key in expected} == expected
    assert bool(found) == bool(expected)


@pytest.mark.parametrize(("elapsed_s", "minutes"), [(100.0, 50 / 30), (0.0, None)])
def test_minutes_need_time_between_the_fixes(elapsed_s: float, minutes: float | None) -> None:
    ahead = Ahead(danger=CANAL, distance_m=50.0)
    found = approached(ahead, here(100, 444.0), here(100 - elapsed_s, 394.0), DEFAULT)
    assert found is not None
    assert found.minutes == pytest.approx(minutes, rel=0.01) if minutes else found.minutes is None
