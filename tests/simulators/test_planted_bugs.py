"""A bug planted in a detector lowers the score. The engine is the real one; telling is cut short: who is called is told."""

from __future__ import annotations

import pytest

from geofence.detectors import zone
from geofence.detectors.zone import Safety
from geofence.sighting import Sighting
from simulators import city, staging, truth
from simulators.scenes import reading
from simulators.scoring.run_log import Alert, Detected, Paced, Person, RunLog
from simulators.scoring.score import judged_part, score
from tests.simulators.alarms import alarms
from tests.simulators.engine_room import Room

SCENE = reading.load("tiny")


def rehearsed():
    """The tiny scene, judged without servers; every detection that would ring a telephone is an alert of its own."""
    built = city.build(SCENE.seed, bracelets=SCENE.bracelets, beds=SCENE.beds)
    room = Room(city=built, start_s=SCENE.start.timestamp(), made_of=staging.made_of(SCENE))
    staging.lay_out(SCENE, room.fleet, SCENE.start)
    room.live(SCENE.length_s / 3_600)
    names = {person.index: person.external_id for person in built.persons}
    called = {one.detection_id: number for number, one in enumerate(alarms(room.detections), start=1)}
    return RunLog(
        scene=SCENE.name,
        seed=SCENE.seed,
        start=SCENE.start,
        until=SCENE.until,
        counts_from=SCENE.start,
        persons=[Person(external_id=one.external_id) for one in built.persons],
        episodes=[truth.as_row(one) for one in room.fleet.truth.episodes],
        detections=[
            Detected(
                detection_id=str(one.detection_id),
                person=names[one.person_id],
                kind=one.kind,
                reason=one.reason,
                at=one.at,
                incident_id=called.get(one.detection_id),
            )
            for one in room.detections
        ],
        alerts=[
            Alert(
                incident_id=called[one.detection_id],
                round=1,
                detection_id=str(one.detection_id),
                person=names[one.person_id],
                kind=one.kind,
                reason=one.reason,
                at=one.at,
                told_at=one.at,
            )
            for one in alarms(room.detections)
        ],
        paced=Paced(asked=1, reached=1),
    )


@pytest.fixture(scope="module")
def sound():
    return score(rehearsed())


def test_without_a_bug_everything_is_found_and_nobody_else_is_called(sound):
    assert sound["recall"] == {"sos": 1.0, "zone_exit": 1.0}
    assert sound["false_alerts"] == []


def test_two_runs_of_a_seed_have_the_same_score(sound):
    assert judged_part(score(rehearsed())) == judged_part(sound)


def test_exits_that_are_never_confirmed_are_missed(monkeypatch, sound):
    for before in (Safety.INSIDE, Safety.SUSPECT):
        for sighting in (Sighting.CONFIRMED, Sighting.STRONG):
            monkeypatch.setitem(zone.TRANSITIONS, (before, sighting), before)
    broken = score(rehearsed())
    assert broken["recall"]["zone_exit"] < sound["recall"]["zone_exit"]
    assert broken["recall"]["sos"] == 1.0
    [missed] = broken["missed"]
    assert missed["episode"] == "night_exit"
