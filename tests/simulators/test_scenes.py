"""The scenes, judged by the real engine: each ends in its alert, and ordinary life in none."""

from __future__ import annotations

import math
import random

import pytest

from geofence.detection import DetectionKind
from simulators import city, courses
from simulators.errors import SimulatorError
from simulators.fleet import Fleet
from simulators.life import BedStatus
from simulators.scene import Scene, parse
from tests.simulators.alarms import alarms
from tests.simulators.engine_room import MORNING_S, live

CITY = city.build(1, bracelets=50, beds=20)


def test_ordinary_life_alerts_nobody_for_a_day():
    detections, counts = live(CITY, hours=24)
    # At most one in twenty days of a person: here, somebody who walks up and down the yard before six.
    assert len(alarms(detections)) <= 0.05 * len(CITY.persons)
    assert {one.kind for one in detections} <= {"bed_exit", "no_return", "zone_enter", "wandering"}
    # Suspicion is allowed; it costs one more fix.
    assert 0 < counts["commands"] < 200


@pytest.mark.parametrize(
    ("scene", "kinds"),
    [
        (Scene.NIGHT_EXIT, {DetectionKind.ZONE_EXIT}),
        (Scene.SOS_MARKET, {DetectionKind.SOS}),
        (Scene.BATTERY_FLAT, {DetectionKind.LOW_BATTERY}),
    ],
)
def test_each_scene_ends_in_its_alert_within_eight_minutes(scene, kinds):
    detections, _ = live(CITY, hours=0.25, scenes=(scene,))
    called = alarms(detections)
    assert {detection.kind for detection in called} == kinds
    assert all(detection.at.timestamp() - MORNING_S < 100 + 480 for detection in called)


def test_the_battery_scene_passes_both_thresholds():
    detections, _ = live(CITY, hours=0.25, scenes=(Scene.BATTERY_FLAT,))
    said = [detection.reason for detection in detections if detection.kind is DetectionKind.LOW_BATTERY]
    assert said == ["below_low", "below_critical"]


def test_he_comes_home_in_the_end():
    detections, _ = live(CITY, hours=1.5, scenes=(Scene.NIGHT_EXIT,))
    zones = [one.kind for one in detections if one.kind.startswith("zone") and one.reason != "back_in_bed"]
    assert zones == [DetectionKind.ZONE_EXIT, DetectionKind.ZONE_ENTER]


@pytest.mark.parametrize("seed", range(20))
def test_he_walks_away_steadily_at_a_metre_a_second(seed):
    course = courses.night_exit(random.Random(seed), 0.0)
    places = [course.whereabouts(courses.LEAVES_S + passed) for passed in range(0, 1_200, 10)]
    away_m = [math.hypot(place.east_m, place.north_m) for place in places]
    assert away_m == sorted(away_m)
    assert away_m[-1] > 1_100
    assert all(place.speed_mps == 1.0 for place in places)
    assert course.bed_status(0.0) is BedStatus.EDGE
    assert course.bed_status(courses.STANDS_UP_S) is BedStatus.EMPTY


def test_the_market_is_inside_the_zone():
    for index in CITY.cast[Scene.SOS_MARKET]:
        reach_m = CITY.persons[index].grounds[0].reach_m
        course = courses.at_market(random.Random(index), 0.0, reach_m=reach_m)
        assert math.hypot(course.east_m, course.north_m) <= reach_m + 1e-6


def test_the_next_day_and_the_next_time_somebody_else_plays():
    first, tomorrow = Fleet(CITY, at_s=MORNING_S), Fleet(CITY, at_s=MORNING_S + 86_400)
    players = [first.play(Scene.NIGHT_EXIT, MORNING_S + 1)[0] for _ in range(city.CAST_SIZE)]
    assert len(set(players)) == city.CAST_SIZE
    assert tomorrow.play(Scene.NIGHT_EXIT, MORNING_S + 86_401)[0] == players[1]
    assert Fleet(CITY, at_s=MORNING_S).play(Scene.NIGHT_EXIT, MORNING_S + 1)[0] == players[0]


def test_without_bracelets_no_scene_can_be_played():
    fleet = Fleet(city.build(1, bracelets=0, beds=2), at_s=MORNING_S)
    with pytest.raises(SimulatorError, match="--bracelets"):
        fleet.play(Scene.SOS_MARKET, MORNING_S)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("night_exit", (Scene.NIGHT_EXIT, 0.0)),
        ("sos_market@8", (Scene.SOS_MARKET, 8.0)),
        ("battery_flat@1.5s", (Scene.BATTERY_FLAT, 1.5)),
    ],
)
def test_scenes_are_read(text, expected):
    assert parse(text) == expected


@pytest.mark.parametrize("text", ["", "fire", "sos_market@soon", "night_exit@-1", "night_exit@nan"])
def test_a_scene_that_is_not_understood_is_explained(text):
    with pytest.raises(SimulatorError, match="night_exit, sos_market, battery_flat"):
        parse(text)
