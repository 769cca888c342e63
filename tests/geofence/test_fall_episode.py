"""One fall is one alert, lying long is told again, and whatever its fix or its delay a fall is judged."""

from __future__ import annotations

from geofence.detectors.fall import FallState
from geofence.reading import FixSource
from tests.geofence.impacts import FALL, SLID_DOWN, SOFTER_FALL, SURE_FALL, beats, impact, reasons
from tests.geofence.scenes import Story, at, fix, reading
from tests.geofence.test_fall import falls, hit


class TestEpisode:
    def test_one_fall_is_told_once(self) -> None:
        story = hit(SURE_FALL)
        story.hear(impact(20, SURE_FALL, event_id="i2"))
        beats(story, 60, 120, steps=0)
        assert reasons(story, "fall") == ["sure_pattern"]

    def test_a_second_impact_adds_its_movement_if_that_looks_worse(self) -> None:
        story = hit(None)
        story.hear(impact(10, FALL, event_id="i2"))
        assert (story.state.fall.event_id, story.state.fall.since) == ("i2", at(10))
        story.hear(impact(20, None, event_id="i3"))
        story.hear(impact(25, SLID_DOWN, event_id="i4"))
        assert story.state.fall.event_id == "i2"
        story.hear(impact(28, SOFTER_FALL, event_id="i6"))
        assert story.state.fall.event_id == "i2", "the worse one stays"
        story.hear(impact(30, SURE_FALL, event_id="i5"))
        assert reasons(story, "fall") == ["sure_pattern"]

    def test_up_and_walking_and_fallen_again_is_another(self) -> None:
        story = hit(SURE_FALL)
        beats(story, 30, steps=0)
        beats(story, 60, steps=12)
        assert story.state.fall.phase == "quiet"
        story.hear(impact(600, SURE_FALL, event_id="i2"))
        assert reasons(story, "fall") == ["sure_pattern"] * 2
        assert len({told.detection_id for told in falls(story)}) == 2

    def test_lying_long_is_told_once_more(self) -> None:
        story = hit(SURE_FALL)
        beats(story, *range(60, 900, 60), steps=0)
        story.wait(899.9)
        assert reasons(story, "fall") == ["sure_pattern"]
        story.wait(900)
        assert reasons(story, "fall") == ["sure_pattern", "long_lie"]
        assert falls(story)[1].evidence["waited_s"] == 900.0
        assert len({told.detection_id for told in falls(story)}) == 2
        story.wait(7_000)
        assert reasons(story, "fall") == ["sure_pattern", "long_lie"]

    def test_a_movement_starts_the_long_lie_anew(self) -> None:
        story = hit(SURE_FALL)
        beats(story, 60, steps=0)
        beats(story, 600, steps=4)
        story.wait(1_499.9)
        assert reasons(story, "fall") == ["sure_pattern"]
        story.wait(1_500)
        assert reasons(story, "fall")[1:] == ["long_lie"]

    def test_helped_up_there_is_no_long_lie(self) -> None:
        story = hit(SURE_FALL)
        beats(story, 60, steps=0)
        beats(story, 300, steps=20)
        story.wait(20_000)
        assert reasons(story, "fall") == ["sure_pattern"]

    def test_a_fall_nothing_speaks_against_is_forgotten(self) -> None:
        story = hit(SURE_FALL)
        story.wait(7_199)
        assert story.state.fall.phase == "lying"
        story.wait(7_200)
        assert story.state.fall == FallState()
        story.hear(impact(9_000, SURE_FALL, event_id="i2"))
        assert reasons(story, "fall") == ["sure_pattern", "long_lie", "sure_pattern"]


class TestBadInput:
    def test_judged_with_the_last_good_place_when_its_fix_is_rubbish(self) -> None:
        story = hit(SURE_FALL, fix(9_000.0, accuracy_m=2_000.0, source=FixSource.CELL))
        (told,) = falls(story)
        assert told.place is not None
        assert (told.evidence["place"], told.evidence["place_age_s"], told.place.at) == ("last_good", 60.0, at(-60))

    def test_without_any_place_it_says_so(self) -> None:
        story = Story()
        story.hear(impact(0, SURE_FALL))
        (told,) = falls(story)
        assert (told.place, told.evidence["place"], told.evidence["place_age_s"]) == (None, "unknown", None)

    def test_a_repeat_is_no_second_fall(self) -> None:
        story = hit()
        for seconds in (5, 10, 15):
            assert story.hear(impact(seconds, SURE_FALL)).admission == "duplicate"
        assert falls(story) == []

    def test_a_late_fall_is_told_at_once_with_its_time(self) -> None:
        story = Story()
        story.fix(0, 0.0)
        story.hear(impact(-7_200, FALL, late_s=7_200))
        (told,) = falls(story)
        assert (told.reason, told.at, told.evidence["late_s"]) == ("late_pattern", at(-7_200), 7_200.0)

    def test_a_late_bare_impact_waits_from_its_arrival(self) -> None:
        story = Story()
        story.fix(0, 0.0)
        story.hear(impact(-7_200, late_s=7_230))
        assert (story.state.fall.since, falls(story)) == (at(30), [])
        beats(story, 60, steps=0)
        beats(story, 80, steps=0)
        assert [(told.reason, told.evidence["late_s"]) for told in falls(story)] == [("impact_then_still", 7_230.0)]

    def test_a_late_bare_impact_of_someone_walking_is_nothing(self) -> None:
        story = Story()
        story.hear(impact(-7_200, late_s=7_200))
        beats(story, 30, steps=40)
        beats(story, 60, steps=40)
        assert (story.state.fall.phase, falls(story)) == ("quiet", [])

    def test_a_message_from_before_the_impact_says_nothing_of_it(self) -> None:
        story = hit()
        story.hear(reading(-1, steps=0))
        assert not story.state.fall.counting

    def test_a_clock_that_starts_anew_leaves_the_deadline(self) -> None:
        story = hit()
        story.hear(reading(-400, steps=0))
        story.wait(60)
        assert reasons(story, "fall") == ["pattern_unanswered"]
