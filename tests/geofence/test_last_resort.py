"""A call for help that the engine failed on: told from the message alone, and as the same call."""

from __future__ import annotations

import pytest

from geofence.detection import Place
from geofence.last_resort import call
from geofence.reading import Reading, SafetyEventType
from tests.geofence.impacts import SURE_FALL, impact
from tests.geofence.scenes import Story, at, fix, place, reading, sos

LAST = Place(latitude=place(50.0)[0], longitude=place(50.0)[1], accuracy_m=20.0, at=at(-60))


@pytest.mark.parametrize(
    ("said", "kind", "reason"),
    [(sos(0), "sos", "pressed_judged_alone"), (impact(0, motion=SURE_FALL), "fall", "impact_judged_alone")],
)
def test_it_is_the_call_that_the_engine_would_have_told(said: Reading, kind: str, reason: str) -> None:
    story = Story()
    story.hear(said)
    (full,) = story.detections
    alone = call(said, None)
    assert alone is not None
    assert (alone.kind, alone.reason) == (kind, reason)
    assert (alone.detection_id, alone.kind, alone.device_id, alone.person_id, alone.at) == (
        full.detection_id, full.kind, full.device_id, full.person_id, full.at
    )  # fmt: skip


@pytest.mark.parametrize(
    "said", [reading(0, fix(5.0)), sos(0, type=SafetyEventType.STRAP_REMOVED), sos(0, type=SafetyEventType.STRAP_FASTENED)]
)  # fmt: skip
def test_nothing_else_is_a_call(said: Reading) -> None:
    assert call(said, LAST) is None


def test_where_to_go() -> None:
    """The message's own fix, else where the person was seen last."""
    own, last, unknown = call(sos(30, fix_=fix(5.0), late_s=60.0), LAST), call(sos(30), LAST), call(sos(30), None)
    assert own is not None
    assert last is not None
    assert unknown is not None
    assert (own.place, own.evidence["place"], own.evidence["place_age_s"]) == (
        Place(latitude=place(5.0)[0], longitude=place(5.0)[1], accuracy_m=10.0, at=at(30)), "own_fix", 0.0
    )  # fmt: skip
    assert (last.place, last.evidence["place"], last.evidence["place_age_s"]) == (LAST, "last_good", 90.0)
    assert (unknown.place, unknown.evidence["place"], unknown.evidence["place_age_s"]) == (None, "unknown", None)


@pytest.mark.parametrize(("late_s", "told_s"), [(90.04, 90.0), (-5.0, 0.0)])
def test_how_late_it_came(late_s: float, told_s: float) -> None:
    found = call(sos(0, late_s=late_s), LAST)
    assert found is not None
    assert found.evidence["late_s"] == told_s


def test_a_place_from_a_clock_that_runs_ahead_is_not_younger_than_now() -> None:
    found = call(sos(-120), LAST)
    assert found is not None
    assert found.evidence["place_age_s"] == 0.0
