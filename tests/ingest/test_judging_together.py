"""Several messages in one batch: repeats, and persons beside each other."""

from __future__ import annotations

from geofence.geometry import Frame
from tests.geofence.scenes import HOME, circle, person
from tests.ingest.envelopes import OTHER, Desk, all_rows, location, message


def test_nothing_gives_nothing() -> None:
    judged = Desk().judge()
    assert list(all_rows(judged)) == []
    assert (judged.commit.detections, judged.commit.engine_states, judged.states) == ([], [], {})


def test_answers_are_given_for_every_repeat() -> None:
    desk = Desk()
    sos = message("event", id=5, type="strap_removed")
    assert desk.judge(sos, sos).answers == [("zb-1", "5"), ("zb-1", "5")]
    assert desk.judge(sos).answers == [("zb-1", "5")]


def test_two_persons_in_one_batch_do_not_mix() -> None:
    desk = Desk(person(circle()), person(circle(50.0, east_m=1_000.0), person_id=2))
    other = message("location", device=OTHER, latitude=HOME.latitude, longitude=HOME.longitude)
    judged = desk.judge(location(0), other)
    assert {key: state.zone.safety for key, state in judged.states.items()} == {1: "inside", 2: "unknown"}
    assert isinstance(desk.persons[2].zones[0].shape.frame, Frame)
