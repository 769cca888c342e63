"""A pressed button: always told, always with the best place there is."""

from __future__ import annotations

import pytest

from geofence.reading import FixSource, SafetyEventType
from tests.geofence.scenes import BRACELET, Story, at, fix, sos


def test_pressed_with_a_good_fix() -> None:
    told = Story().hear(sos(0, "k7", fix(300.0, accuracy_m=14.0))).judgement.detections[0]
    assert (told.kind, told.reason, told.device_id, told.person_id) == ("sos", "pressed", BRACELET, 1)
    assert told.at == at(0)
    assert told.place is not None
    assert (told.place.accuracy_m, told.place.at) == (14.0, at(0))
    assert told.evidence == {
        "event_id": "k7", "late_s": 0.0, "place": "own_fix", "place_age_s": 0.0, "local_time": "20:00", "night": False,
    }  # fmt: skip


@pytest.mark.parametrize("bad", [fix(9_000.0, source=FixSource.CELL), fix(9_000.0, accuracy_m=200.1), None])
def test_pressed_with_a_bad_fix_or_none_the_last_good_place_serves(bad) -> None:
    story = Story()
    story.fix(-90, 50.0, accuracy_m=12.0)
    told = story.hear(sos(0, fix_=bad)).judgement.detections[0]
    assert told.evidence["place"] == "last_good"
    assert told.evidence["place_age_s"] == 90.0
    assert told.place is not None
    assert (told.place.at, told.place.accuracy_m) == (at(-90), 12.0)


def test_a_bad_fix_is_better_than_none() -> None:
    told = Story().hear(sos(0, fix_=fix(0, accuracy_m=1_000.0, source=FixSource.CELL))).judgement.detections[0]
    assert told.place is not None
    assert (told.place.accuracy_m, told.evidence["place"]) == (1_000.0, "own_fix")


def test_without_any_place_it_says_so() -> None:
    told = Story().hear(sos(0)).judgement.detections[0]
    assert (told.place, told.evidence["place"], told.evidence["place_age_s"]) == (None, "unknown", None)


def test_a_late_one_says_how_late_and_when_it_was() -> None:
    told = Story().hear(sos(-3_600, late_s=3_600)).judgement.detections[0]
    assert (told.at, told.evidence["late_s"], told.evidence["local_time"]) == (at(-3_600), 3_600.0, "19:00")


def test_a_place_known_since_is_not_older_than_the_event() -> None:
    story = Story()
    story.fix(0, 0)
    assert story.hear(sos(-3_600, late_s=3_600)).judgement.detections[0].evidence["place_age_s"] == 0.0


def test_a_clock_that_runs_ahead_is_not_early() -> None:
    assert Story().hear(sos(0, late_s=-20)).judgement.detections[0].evidence["late_s"] == 0.0


@pytest.mark.parametrize("type_", [t for t in SafetyEventType if t is not SafetyEventType.SOS])
def test_other_events_are_no_sos(type_: SafetyEventType) -> None:
    assert Story().hear(sos(0, type=type_)).judgement.detections == ()


def test_its_own_fix_moves_the_zone_state_like_any_other() -> None:
    story = Story()
    story.fix(-60, 0)
    story.hear(sos(0, fix_=fix(300.0)))
    assert (story.safety, story.told) == ("suspect", ["sos"])


def test_identifiers_differ_by_event_device_person_and_nothing_else() -> None:
    def told(*args, **further):
        return Story().hear(sos(*args, **further)).judgement.detections[0].detection_id

    base = told(0, "a")
    assert told(0, "a", late_s=30) == base
    assert told(0, "a", fix(0)) == base
    assert len({base, told(0, "b"), told(1, "a"), told(0, "a", device_id="zb-b"), told(0, "a", person_id=2)}) == 5
