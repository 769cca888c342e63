"""Falls: scores on both sides of each threshold, what follows them, steps, places, straps, beds, calls and late news."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence.detection import Detection
from geofence.detectors import fall
from geofence.detectors.fall import EVIDENCE_OF, TRANSITIONS, FallState, Phase, Sign
from geofence.engine import FRESH
from geofence.motion import NAMES, MotionSummary
from geofence.reading import FixSource
from tests.geofence.impacts import FALL, SAT_DOWN, SLID_DOWN, SURE_FALL, beats, bed, impact, reasons, strap_event
from tests.geofence.scenes import BRACELET, Story, at, fix, person, sos


def falls(story: Story) -> list[Detection]:
    return [detection for detection in story.detections if detection.kind == "fall"]


def hit(motion: MotionSummary | None = FALL, fix_: Any = None, **thresholds: Any) -> Story:
    """At home since a minute, then an impact at 0."""
    story = Story(person(**thresholds))
    story.fix(-60, 0.0)
    story.hear(impact(0, motion, fix_))
    return story


@pytest.mark.parametrize(
    ("motion", "phase", "told"),
    [
        (SAT_DOWN, "quiet", []),
        (SLID_DOWN, "quiet", []),
        (None, "suspected", []),
        (FALL, "suspected", []),
        (SURE_FALL, "down", ["sure_pattern"]),
    ],
)
def test_what_an_impact_alone_says(motion: MotionSummary | None, phase: str, told: list[str]) -> None:
    story = hit(motion)
    assert story.state.fall.phase == phase
    assert reasons(story, "fall") == told


@pytest.mark.parametrize(
    ("name", "value", "phase"),
    [
        ("fall_score", 0.45, "suspected"),
        ("fall_score", 0.46, "quiet"),
        ("fall_sure_score", 0.9, "quiet"),
    ],
)
def test_thresholds_are_the_policys(name: str, value: float, phase: str) -> None:
    assert hit(SLID_DOWN, **{name: value}).state.fall.phase == phase


def test_a_sure_one_is_sure_by_the_policy() -> None:
    assert hit(SURE_FALL, fall_sure_score=0.99).state.fall.phase == "suspected"
    assert hit(SURE_FALL, fall_sure_score=0.98).state.fall.phase == "down"


def test_a_suspicion_asks_for_a_fix_and_a_faster_rate() -> None:
    story = hit()
    asked = [(c.type, c.reason, c.interval_s, c.until) for c in story.commands]
    assert asked == [
        ("locate", "fall_suspected", None, None),
        ("report_interval", "fall_suspected", 30, at(360)),
    ]


def test_told_with_its_reasons_in_numbers() -> None:
    story = hit(SURE_FALL, fix(20.0, accuracy_m=9.0))
    (told,) = falls(story)
    assert (told.kind, told.at, told.device_id, told.person_id) == ("fall", at(0), BRACELET, 1)
    assert told.place is not None
    assert told.place.accuracy_m == 9.0
    causes = [told.evidence[f"cause_{number}"] for number in (1, 2, 3)]
    assert causes == ["posture_change_deg", "jolt_g", "peak_g"]
    assert [told.evidence[str(cause)] for cause in causes] == [90.0, 4.4, 4.0]
    points = [told.evidence[f"cause_{number}_points"] for number in (1, 2, 3)]
    assert points == sorted(points, key=float, reverse=True)  # type: ignore[arg-type]
    rest = {k: v for k, v in told.evidence.items() if k not in causes and not k.startswith("cause")}
    assert rest == {
        "event_id": "i1", "suspected_since": at(0).isoformat(), "waited_s": 0.0, "impact_g": 3.4, "score_pct": 98.8,
        "still_messages": 0, "steps_count": 0, "late_s": 0.0, "place": "own_fix", "place_age_s": 0.0,
        "local_time": "20:00", "night": False,
    }  # fmt: skip


def test_every_number_has_a_name_and_a_unit_as_evidence() -> None:
    assert tuple(EVIDENCE_OF) == NAMES
    assert {key.rpartition("_")[2] for key, _ in EVIDENCE_OF.values()} == {"g", "pct", "deg", "s"}


class TestWhatFollows:
    def test_silence_tells_a_pattern_after_sixty_seconds(self) -> None:
        story = hit()
        story.wait(59.9)
        assert falls(story) == []
        story.wait(60)
        assert [(told.reason, told.at) for told in falls(story)] == [("pattern_unanswered", at(60))]

    def test_silence_tells_a_bare_impact_after_three_minutes(self) -> None:
        story = hit(None)
        story.wait(179.9)
        assert falls(story) == []
        story.wait(180)
        assert [(told.reason, told.at) for told in falls(story)] == [("impact_unanswered", at(180))]
        assert falls(story)[0].evidence["score_pct"] is None
        assert "cause_1" not in falls(story)[0].evidence

    @pytest.mark.parametrize(("motion", "reason"), [(FALL, "pattern_then_still"), (None, "impact_then_still")])
    def test_stillness_tells_both_at_forty_five_seconds(self, motion: MotionSummary | None, reason: str) -> None:
        story = hit(motion)
        beats(story, 15, 30, 44.9, steps=0)
        assert falls(story) == []
        beats(story, 45, steps=0)
        assert [(told.reason, told.at) for told in falls(story)] == [(reason, at(45))]
        assert falls(story)[0].evidence["still_messages"] == 4

    def test_stillness_seen_once_brings_a_bare_impact_forward(self) -> None:
        story = hit(None)
        beats(story, 30, steps=0)
        story.wait(60)
        assert [(told.reason, told.at) for told in falls(story)] == [("impact_then_still", at(60))]

    def test_steps_cancel(self) -> None:
        story = hit()
        beats(story, 15, steps=0)
        beats(story, 30, steps=7)
        assert story.state.fall.phase == "suspected"
        beats(story, 40, steps=1)
        assert story.state.fall == FallState()
        story.wait(600)
        assert falls(story) == []

    def test_steps_of_the_first_message_may_be_from_before(self) -> None:
        story = hit()
        beats(story, 20, steps=60)
        assert (story.state.fall.phase, story.state.fall.steps) == ("suspected", 0)
        beats(story, 40, steps=0)
        beats(story, 50, steps=0)
        assert reasons(story, "fall") == ["pattern_then_still"]

    def test_a_few_steps_are_neither_walking_nor_stillness(self) -> None:
        story = hit()
        beats(story, 10, steps=0)
        beats(story, 50, steps=3)
        assert falls(story) == []
        story.wait(60)
        assert reasons(story, "fall") == ["pattern_unanswered"]
        assert falls(story)[0].evidence["steps_count"] == 3

    def test_messages_that_do_not_count_steps_say_nothing(self) -> None:
        story = hit(None)
        beats(story, 10, 50, 100, 150)
        assert falls(story) == []
        story.wait(180)
        assert reasons(story, "fall") == ["impact_unanswered"]

    def test_another_bracelets_steps_do_not_cancel(self) -> None:
        story = hit()
        beats(story, 10, 20, 30, steps=50, device_id="zb-b")
        assert not story.state.fall.counting
        beats(story, 20, 50, steps=0)
        assert reasons(story, "fall") == ["pattern_then_still"]

    def test_fixes_in_one_place_are_stillness(self) -> None:
        story = hit(None)
        story.fix(20, 400.0, 0.0, accuracy_m=10.0)
        story.fix(50, 440.0, 0.0, accuracy_m=10.0)
        assert reasons(story, "fall") == ["impact_then_still"], "40 m less both radii is no way"

    def test_fixes_far_apart_are_moving(self) -> None:
        story = hit()
        story.fix(20, 0.0, accuracy_m=10.0)
        story.fix(40, 50.0, accuracy_m=10.0)
        assert story.state.fall.phase == "suspected", "30 m, both radii off"
        story.fix(50, 50.5, accuracy_m=10.0)
        assert story.state.fall.phase == "quiet"

    def test_the_last_place_before_is_no_measure_of_moving(self) -> None:
        story = hit()
        story.fix(20, 600.0)
        story.fix(40, 602.0)
        assert story.state.fall.phase == "suspected"

    def test_the_events_own_fix_is_where_it_begins(self) -> None:
        story = hit(FALL, fix(0.0, accuracy_m=10.0))
        story.fix(30, 80.0, accuracy_m=10.0)
        assert story.state.fall.phase == "quiet"

    def test_a_cell_fix_far_away_is_no_way(self) -> None:
        story = hit(FALL, fix(0.0, accuracy_m=10.0))
        story.fix(30, 3_000.0, accuracy_m=50.0, source=FixSource.CELL)
        assert story.state.fall.phase == "suspected"


class TestStrap:
    def test_one_message_of_not_worn_may_be_the_blow(self) -> None:
        story = hit()
        beats(story, 10, worn=False)
        assert story.state.fall.phase == "suspected"
        beats(story, 20, worn=False)
        assert story.state.fall.phase == "quiet"

    def test_opened_or_charging_it_was_not_the_person(self) -> None:
        story = hit()
        story.hear(strap_event(10, "removed"))
        assert story.state.fall.phase == "quiet"
        story = hit()
        beats(story, 10, charging=True)
        assert story.state.fall.phase == "quiet"

    def test_closed_is_no_sign(self) -> None:
        story = hit()
        story.hear(strap_event(10, "fastened"))
        assert story.state.fall.phase == "suspected"

    @pytest.mark.parametrize("said", [{"worn": False}, {"charging": True}])
    def test_knocked_while_it_lies_on_the_table(self, said: dict[str, bool]) -> None:
        story = Story()
        beats(story, -120, -60, **said)
        story.hear(impact(0, SURE_FALL))
        story.wait(3_600)
        assert falls(story) == []


class TestBed:
    def test_a_bare_impact_that_ends_in_bed(self) -> None:
        story = hit(None)
        story.hear(bed(20, "empty"))
        assert story.state.fall.phase == "suspected"
        story.hear(bed(30, "occupied"))
        assert story.state.fall.phase == "quiet"

    def test_another_may_lie_in_the_bed_while_it_looks_like_a_fall(self) -> None:
        story = hit()
        story.hear(bed(30, "occupied"))
        story.wait(60)
        assert reasons(story, "fall") == ["pattern_unanswered"]


class TestCallsForHelp:
    @pytest.mark.parametrize(("after_s", "told"), [(30, ["impact_and_sos"]), (120, ["impact_and_sos"])])
    def test_after_a_bare_impact(self, after_s: float, told: list[str]) -> None:
        story = hit(None)
        story.hear(sos(after_s))
        assert reasons(story, "fall") == told

    def test_too_long_after_it_is_for_something_else(self) -> None:
        story = hit(None)
        story.hear(sos(120.1))
        assert falls(story) == []

    @pytest.mark.parametrize(("before_s", "told"), [(120, ["impact_and_sos"]), (120.1, [])])
    def test_before_it(self, before_s: float, told: list[str]) -> None:
        story = Story()
        story.hear(sos(-before_s))
        story.hear(impact(0))
        assert reasons(story, "fall") == told

    def test_a_knock_that_looks_like_nothing_stays_nothing(self) -> None:
        story = Story()
        story.hear(sos(-10))
        story.hear(impact(0, SAT_DOWN))
        assert falls(story) == []


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_can_be_left(phase: Phase) -> None:
    assert any(before is phase for before, _ in TRANSITIONS)


@pytest.mark.parametrize("sign", [Sign.WALKED, Sign.MOVED, Sign.TAKEN_OFF])
@pytest.mark.parametrize("phase", [Phase.SUSPECTED, Phase.DOWN, Phase.LYING])
def test_whatever_shows_that_all_is_well_ends_it(phase: Phase, sign: Sign) -> None:
    assert TRANSITIONS[phase, sign] is Phase.QUIET


def test_what_is_ordinary_leaves_the_same_state() -> None:
    story = Story()
    story.fix(0, 0.0, steps=10, worn=True)
    beats(story, 60, steps=0)
    assert story.state.fall is FRESH.fall
    assert fall.due(story.state.fall, story.person) is None


steps = st.lists(st.tuples(st.integers(1, 240), st.one_of(st.none(), st.integers(0, 20))), max_size=8)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([None, FALL, SURE_FALL]), steps)
def test_whatever_follows_an_impact_is_told_once_or_not_at_all(
    motion: MotionSummary | None, told: list[tuple[int, int | None]]
) -> None:
    story, now, walked = hit(motion), 0, 0
    for position, (wait, counted) in enumerate(told):
        now += wait
        beats(story, now, steps=counted)
        walked += counted or 0 if position else 0
    story.wait(now + 800)
    found = [reason for reason in reasons(story, "fall") if reason != "long_lie"]
    assert len(found) <= 1
    if walked < 8:
        assert len(found) == 1, "nobody who lies is forgotten"
    if found and motion is not None:
        first = falls(story)[0]
        assert first.at - at(0) <= timedelta(seconds=60) or first.evidence["still_messages"]
