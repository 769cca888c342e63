"""Which readings move live state, and that a safety event is judged once, however late."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence import engine
from geofence.engine import FRESH
from geofence.ordering import REMEMBERED_EVENTS, Admission, OrderState, admit
from geofence.policy import DEFAULT
from geofence.reading import Reading, ReadingKind
from tests.geofence.random_traces import PERSONS, traces
from tests.geofence.scenes import Story, fix, person, reading, sos


def admissions(*readings: Reading) -> list[str]:
    state, found = OrderState(), []
    for each in readings:
        state, admission = admit(state, each, DEFAULT)
        found.append(str(admission))
    return found


def test_newer_is_live_equal_a_duplicate_older_late() -> None:
    assert admissions(reading(60), reading(61), reading(61), reading(60)) == ["live", "live", "duplicate", "late"]


def test_each_device_and_kind_has_an_order_of_its_own() -> None:
    heard = (
        reading(60),
        reading(30, device_id="zb-b"),
        reading(30, fix(0)),
        reading(30),
        reading(30, kind=ReadingKind.BED),
        reading(30, device_id="zb-b"),
        reading(30, fix(0)),
    )
    assert admissions(*heard) == ["live", "live", "live", "late", "live", "duplicate", "duplicate"]


@pytest.mark.parametrize(("late_s", "expected"), [(600.0, "live"), (600.001, "stale"), (0.0, "live"), (-200.0, "live")])
def test_what_is_older_than_ten_minutes_on_arrival_is_history(late_s: float, expected: str) -> None:
    assert admissions(reading(0, late_s=late_s)) == [expected]
    policy = replace(DEFAULT, live_max_age=timedelta(seconds=max(late_s, 0) - 1))
    assert admit(OrderState(), reading(0, late_s=late_s), policy)[1] is (
        Admission.STALE if late_s >= 0 else Admission.LIVE
    )


def test_stale_says_more_than_late() -> None:
    assert admissions(reading(9_000), reading(0, late_s=9_000)) == ["live", "stale"]


def test_what_is_not_live_leaves_the_same_object() -> None:
    state, _ = admit(OrderState(), reading(60), DEFAULT)
    for again in (reading(60), reading(59), reading(70, late_s=601)):
        assert admit(state, again, DEFAULT)[0] is state
    state, _ = admit(state, sos(60), DEFAULT)
    assert admit(state, sos(90), DEFAULT)[0] is state


def test_an_event_is_judged_once_by_its_id() -> None:
    assert admissions(sos(60, "a"), sos(60, "a"), sos(65, "a"), sos(60, "b")) == [
        "live", "duplicate", "duplicate", "live",
    ]  # fmt: skip
    assert admissions(sos(60, "a"), sos(60, "a", device_id="zb-b")) == ["live", "live"]


def test_an_old_event_is_news() -> None:
    assert admissions(sos(0, "a", late_s=600.0), sos(0, "b", late_s=600.1), sos(0, "b")) == [
        "live", "news", "duplicate",
    ]  # fmt: skip


def test_events_and_telemetry_do_not_stand_in_each_others_way() -> None:
    assert admissions(reading(60, fix(0)), sos(30), reading(61, fix(0)), sos(61, "b")) == ["live"] * 4


def test_memory_of_events_is_bounded() -> None:
    state = OrderState()
    for number in range(REMEMBERED_EVENTS + 1):
        state, _ = admit(state, sos(number, str(number)), DEFAULT)
    assert len(state.events) == REMEMBERED_EVENTS
    assert admit(state, sos(999, "1"), DEFAULT)[1] is Admission.DUPLICATE
    assert admit(state, sos(999, "0"), DEFAULT)[1] is Admission.LIVE


def test_memory_of_streams_is_one_row_each() -> None:
    state = OrderState()
    for second in range(10):
        state, _ = admit(state, reading(second), DEFAULT)
        state, _ = admit(state, reading(second, fix(0)), DEFAULT)
    assert len(state.newest) == 2


@settings(max_examples=60, deadline=None)
@given(traces(person_ids=(2,)), st.data())
def test_a_safety_event_is_judged_exactly_once_however_late(readings: list[Reading], data: st.DataObject) -> None:
    """Repeated and delayed at will: each id of a device gives one detection if it is an SOS, none otherwise."""
    events = [each for each in readings if each.event]
    for each in events:
        late = msgspec.structs.replace(
            each, received_at=each.received_at + timedelta(days=data.draw(st.integers(0, 3)))
        )
        readings.insert(data.draw(st.integers(readings.index(each) + 1, len(readings))), late)
    state, told = FRESH, []
    for each in readings:
        state, outcome = engine.step(state, each, PERSONS[2])
        told += [d.evidence["event_id"] for d in outcome.judgement.detections if d.kind == "sos"]
    first_types = {}
    for each in (each for each in readings if each.event):
        first_types.setdefault((each.device_id, each.event.event_id), each.event.type)
    assert sorted(told) == sorted(event_id for (_, event_id), type_ in first_types.items() if type_ == "sos")


class TestOldNews:
    """A safety event from a backlog is told; the position and battery that it brings are history."""

    def test_it_does_not_move_the_zone_state(self) -> None:
        story = Story()
        story.hear(sos(-7_200, fix_=fix(0), late_s=7_200))
        assert (story.safety, story.told) == ("unknown", ["sos"])
        story.fix(0, 900.0)
        story.fix(60, 900.0, accuracy_m=12.0)
        assert (story.safety, story.told) == ("outside", ["sos"])

    def test_it_does_not_suspect_anybody(self) -> None:
        story = Story()
        story.fix(-7_300, 0)
        story.hear(sos(-7_200, fix_=fix(900.0), late_s=7_200))
        told = [each for each in story.wait(0) if each.kind.startswith("zone")]
        assert (story.safety, told) == ("inside", [])

    def test_it_does_not_say_that_a_full_battery_is_empty(self) -> None:
        story = Story()
        story.hear(sos(-7_200, late_s=7_200, battery_pct=5.0))
        assert story.told == ["sos"]

    def test_it_does_not_let_a_deadline_pass(self) -> None:
        story = Story(person(suspect_silence=timedelta(minutes=1)))
        story.fix(0, 0)
        story.fix(60, 900.0)
        story.hear(sos(130, late_s=9_000))
        assert story.told == ["sos"]
        assert [d.kind for d in story.wait(130)] == ["zone_exit"]

    def test_it_is_remembered(self) -> None:
        story = Story()
        for _ in range(3):
            story.hear(sos(-7_200, late_s=7_200))
        assert story.told == ["sos"]
