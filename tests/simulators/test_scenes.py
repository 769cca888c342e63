"""The scenes, judged by the real engine: each ends in its alert, and ordinary life in none."""

from __future__ import annotations

import math

import pytest

from geofence.detection import DetectionKind
from simulators import city
from simulators.errors import SimulatorError
from simulators.fleet import Fleet
from simulators.people.whereabouts import BedStatus
from simulators.scene import Scene, parse
from tests.simulators.alarms import alarms
from tests.simulators.engine_room import MORNING_S, live

CITY = city.build(1, bracelets=50, beds=20)


@pytest.mark.slow
def test_ordinary_life_alerts_nobody_for_a_day():
    detections, counts = live(CITY, hours=24)
    # At most one in twenty days of a person: here, somebody who walks up and down the yard before six.
    assert len(alarms(detections)) <= 0.05 * len(CITY.persons)
    assert {one.kind for one in detections} <= {
        "bed_exit",
        "no_return",
        "zone_exit",
        "zone_enter",
        "wandering",
        "restless",
    }
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


@pytest.mark.parametrize("number", range(city.CAST_SIZE))
def test_he_walks_away_along_the_streets_at_a_metre_a_second(number):
    fleet = Fleet(CITY, at_s=MORNING_S)
    for _ in range(number):
        fleet.play(Scene.NIGHT_EXIT, MORNING_S + 1)
    device_id, _ = fleet.play(Scene.NIGHT_EXIT, MORNING_S + 1)
    life = fleet._units[device_id].life
    (out, sits, back), zone = life.courses[-1].legs, life.person.zones[0]
    assert out.speed_mps == 1.0
    assert 1_000 < out.reached_m[-1] <= 1_200.1
    assert zone.beyond_m((life.person.latitude, life.person.longitude), out.points[-1]) > 100
    assert back.points[-1] == (0.0, 0.0)
    assert sits.until_s - sits.since_s == 600.0
    assert life.bed_status(MORNING_S + 2) is BedStatus.EDGE
    assert life.bed_status(MORNING_S + 60) is BedStatus.EMPTY


def test_the_market_is_inside_the_zone():
    fleet = Fleet(CITY, at_s=MORNING_S)
    device_id, _ = fleet.play(Scene.SOS_MARKET, MORNING_S + 1)
    life = fleet._units[device_id].life
    place = life.courses[-1].legs[0].points[0]
    assert 0 < math.hypot(*place) <= life.person.grounds[0].reach_m + 1e-6


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
