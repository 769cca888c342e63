"""Bed and bracelet together: an impact at the bed, and out of bed at night with hardly a step."""

from __future__ import annotations

from typing import Any

import pytest

from geofence.detection import Detection
from geofence.detectors import bedside_fall
from geofence.detectors.bedside_fall import BedsideState
from geofence.engine import FRESH
from geofence.motion import MotionSummary
from tests.geofence.impacts import FALL, SAT_DOWN, SLID_DOWN, beats, bed, impact, reasons
from tests.geofence.scenes import BRACELET, Story, at, fix, person, reading, sos

#: 02:40 in Zibo; the story begins at 20:00.
UP = 6 * 3600 + 40 * 60


def falls(story: Story) -> list[Detection]:
    return [detection for detection in story.detections if detection.kind == "bedside_fall"]


def asleep(*, until: float = UP, worn: bool | None = True, **thresholds: Any) -> Story:
    """In bed for an hour until then, the bracelet on the wrist."""
    story = Story(person(**thresholds))
    story.fix(until - 3_700, 0.0, worn=worn, steps=0)
    for seconds in range(3_600, 0, -100):
        story.hear(bed(until - seconds, "occupied"))
    return story


def leave(story: Story, *, since: float = UP, reports: int = 3) -> None:
    for number in range(reports):
        story.hear(bed(since + 5 * number, "empty"))


class TestImpact:
    @pytest.mark.parametrize("after_s", [-50, 20, 60])
    def test_close_to_leaving_the_bed(self, after_s: float) -> None:
        story = asleep()
        if after_s < 0:
            story.hear(impact(UP + after_s))
        leave(story)
        if after_s > 0:
            story.hear(impact(UP + after_s, fix_=fix(2.0, accuracy_m=8.0)))
        beats(story, UP + 90)
        (told,) = falls(story)
        assert (told.reason, told.device_id) == ("impact_at_bed", BRACELET)
        assert told.evidence["impact_after_exit_s"] == after_s
        assert (told.evidence["left_at"], told.evidence["impact_g"]) == (at(UP).isoformat(), 3.4)
        assert (told.evidence["local_time"][:2], told.evidence["night"]) == ("02", True)  # type: ignore[index]
        assert told.place is not None

    @pytest.mark.parametrize("after_s", [-61, 61])
    def test_too_far_from_leaving_it(self, after_s: float) -> None:
        story = asleep()
        if after_s < 0:
            story.hear(impact(UP + after_s))
        leave(story, reports=10)
        if after_s > 0:
            story.hear(impact(UP + after_s))
        story.wait(UP + 250)
        assert falls(story) == []

    def test_by_day_too(self) -> None:
        morning = 13 * 3600
        story = asleep(until=morning)
        leave(story, since=morning)
        story.hear(impact(morning + 30))
        assert reasons(story, "bedside_fall") == ["impact_at_bed"]

    def test_the_bed_may_be_sure_only_after_the_impact(self) -> None:
        story = asleep()
        story.hear(bed(UP, "empty"))
        story.hear(impact(UP + 3))
        assert falls(story) == []
        story.hear(bed(UP + 10, "empty"))
        story.hear(reading(UP + 12))
        assert reasons(story, "bedside_fall") == ["impact_at_bed"]

    def test_or_by_time_alone(self) -> None:
        story = asleep()
        story.hear(bed(UP, "empty"))
        story.hear(impact(UP + 3))
        story.wait(UP + 182)
        assert falls(story) == []
        story.wait(UP + 183)
        assert reasons(story, "bedside_fall") == ["impact_at_bed"]
        assert story.state.bedside.impact is None

    def test_a_blow_against_the_frame_in_ones_sleep(self) -> None:
        story = asleep()
        story.hear(impact(UP))
        story.hear(bed(UP + 60, "occupied"))
        story.hear(bed(UP + 120, "occupied"))
        story.wait(UP + 400)
        assert falls(story) == []
        assert story.state.bedside.impact is None

    def test_a_bed_empty_for_a_moment(self) -> None:
        story = asleep()
        story.hear(bed(UP, "empty"))
        story.hear(impact(UP + 3))
        story.hear(bed(UP + 6, "occupied"))
        story.hear(bed(UP + 60, "occupied"))
        story.wait(UP + 400)
        assert falls(story) == []

    @pytest.mark.parametrize(
        ("motion", "told"),
        [(None, ["impact_at_bed"]), (FALL, ["impact_at_bed"]), (SLID_DOWN, ["impact_at_bed"]), (SAT_DOWN, [])],
    )
    def test_softer_than_from_standing(self, motion: MotionSummary | None, told: list[str]) -> None:
        story = asleep()
        leave(story)
        story.hear(impact(UP + 20, motion))
        assert reasons(story, "bedside_fall") == told

    def test_the_score_it_needs_is_the_policys(self) -> None:
        story = asleep(bedside_score=0.1)
        leave(story)
        story.hear(impact(UP + 20, SAT_DOWN))
        assert reasons(story, "bedside_fall") == ["impact_at_bed"]
        assert falls(story)[0].evidence["score_pct"] == 16.1

    def test_knocked_from_the_night_table(self) -> None:
        story = asleep(worn=False)
        beats(story, UP - 3_000, UP - 2_000, worn=False)
        leave(story)
        story.hear(impact(UP + 20))
        assert falls(story) == []

    def test_told_once_for_each_time_out_of_bed(self) -> None:
        story = asleep()
        leave(story)
        for number in range(4):
            story.hear(impact(UP + 20 + number, event_id=f"i{number}"))
        beats(story, UP + 310, UP + 400, steps=0)
        assert reasons(story, "bedside_fall") == ["impact_at_bed"]

    def test_a_late_one_is_news(self) -> None:
        story = asleep()
        leave(story)
        story.hear(impact(UP + 20, late_s=1_000))
        (told,) = falls(story)
        assert told.evidence["late_s"] == 1_000.0


class TestStillness:
    def test_out_of_bed_with_hardly_a_step(self) -> None:
        story = asleep()
        leave(story)
        beats(story, UP + 60, UP + 299, steps=3)
        assert falls(story) == []
        beats(story, UP + 300, steps=1)
        (told,) = falls(story)
        assert (told.reason, told.at, told.device_id) == ("exit_then_still", at(UP + 300), BRACELET)
        assert (told.evidence["absent_min"], told.evidence["steps_count"], told.evidence["messages"]) == (5.0, 7, 3)
        assert [c.type for c in story.commands if c.reason == "bedside_fall"] == ["locate", "report_interval"]

    def test_on_the_way_to_the_toilet(self) -> None:
        story = asleep()
        leave(story)
        beats(story, UP + 60, steps=4)
        beats(story, UP + 120, steps=4)
        beats(story, UP + 310, UP + 400, UP + 800, steps=0)
        assert falls(story) == []

    def test_back_in_bed(self) -> None:
        story = asleep()
        leave(story)
        beats(story, UP + 60, steps=0)
        for seconds in range(100, 400, 20):
            story.hear(bed(UP + seconds, "occupied"))
        beats(story, UP + 420, steps=0)
        assert falls(story) == []

    def test_each_absence_counts_for_itself(self) -> None:
        story = asleep()
        leave(story)
        beats(story, UP + 60, steps=50)
        for seconds in range(100, 400, 20):
            story.hear(bed(UP + seconds, "occupied"))
        leave(story, since=UP + 1_000)
        beats(story, UP + 1_100, UP + 1_301, steps=0)
        assert reasons(story, "bedside_fall") == ["exit_then_still"]
        assert falls(story)[0].evidence["left_at"] == at(UP + 1_000).isoformat()

    @pytest.mark.parametrize(("called_s", "told"), [(-61, 1), (-60, 0), (0, 0), (200, 0)])
    def test_who_called_for_help_waits_for_it(self, called_s: float, told: int) -> None:
        story = asleep()
        if called_s < 0:
            story.hear(sos(UP + called_s))
        leave(story)
        for seconds in (0, 60, 200, 299, 400, 500):
            if seconds == called_s:
                story.hear(sos(UP + seconds))
            beats(story, UP + seconds + 1, steps=0)
        assert len(falls(story)) == told
        assert reasons(story, "sos") == ["pressed"]

    def test_by_day_sitting_is_allowed(self) -> None:
        noon = 16 * 3600
        story = asleep(until=noon)
        leave(story, since=noon)
        beats(story, noon + 60, noon + 400, steps=0)
        assert falls(story) == []

    def test_outside_it_is_another_story(self) -> None:
        story = asleep()
        leave(story)
        beats(story, UP + 400, steps=0, at_home=False)
        assert falls(story) == []

    @pytest.mark.parametrize("said", [{"worn": False}, {"charging": True}])
    def test_on_the_night_table(self, said: dict[str, bool]) -> None:
        story = asleep(worn=None)
        beats(story, UP - 3_000, UP - 2_000, **said)
        leave(story)
        beats(story, UP + 60, UP + 400, steps=0)
        beats(story, UP + 500, steps=0, **said)
        assert falls(story) == []

    @pytest.mark.parametrize("said", [{"worn": False}, {"charging": True}])
    def test_taken_off_on_getting_up(self, said: dict[str, bool]) -> None:
        story = asleep()
        leave(story)
        beats(story, UP + 310, steps=0, **said)
        assert falls(story) == []

    def test_a_bracelet_that_never_says_must_have_moved(self) -> None:
        story = asleep(worn=None)
        leave(story)
        beats(story, UP + 60, UP + 400, steps=0)
        assert falls(story) == []
        beats(story, UP + 420, steps=2)
        assert reasons(story, "bedside_fall") == ["exit_then_still"]

    def test_silence_is_no_stillness(self) -> None:
        story = asleep()
        leave(story)
        beats(story, UP + 400)
        story.wait(UP + 600)
        assert falls(story) == []

    def test_thresholds_are_the_policys(self) -> None:
        story = asleep(bedside_steps=4)
        leave(story)
        beats(story, UP + 310, steps=4)
        assert falls(story) == []


def test_what_is_ordinary_leaves_the_same_state() -> None:
    story = asleep()
    beats(story, UP, steps=0)
    assert story.state.bedside is FRESH.bedside
    assert bedside_fall.due(story.state.bedside, story.person) is None
    assert BedsideState() == FRESH.bedside
