"""A bracelet that is not worn: both sides of each threshold, charging, where it is, bed, two bracelets, late news."""

from __future__ import annotations

from datetime import timedelta

import pytest

from geofence.detection import Detection
from geofence.detectors import strap
from geofence.detectors.strap import TRANSITIONS, Strap, StrapState, Word
from geofence.engine import FRESH
from tests.geofence.impacts import beats, bed, reasons, strap_event
from tests.geofence.scenes import BRACELET, Story, at, person, reading

MINUTE = 60.0


def believed(story: Story, device_id: str = BRACELET) -> str | None:
    bracelet = story.state.strap.of(device_id)
    return bracelet.strap if bracelet else None


def strap_told(story: Story) -> list[Detection]:
    return [detection for detection in story.detections if detection.kind == "strap_removed"]


def at_home(**thresholds: object) -> Story:
    story = Story(person(**thresholds))
    story.fix(-300, 0.0, worn=True)
    return story


def outside() -> Story:
    story = at_home()
    story.fix(-200, 500.0, worn=True)
    story.fix(-140, 505.0, worn=True)
    assert story.safety == "outside"
    return story


@pytest.mark.parametrize("before", [None, *Strap])
@pytest.mark.parametrize(("word", "after"), [(Word.WORN, Strap.ON), (Word.CHARGING, Strap.RESTING)])
def test_worn_or_charged_ends_everything(before: Strap | None, word: Word, after: Strap) -> None:
    assert TRANSITIONS[before, word] is after


def test_one_message_is_a_doubt_and_two_are_off() -> None:
    story = at_home()
    beats(story, 0, worn=False)
    assert believed(story) == "doubted"
    beats(story, 30, worn=False)
    assert believed(story) == "off"
    bracelet = story.state.strap.of(BRACELET)
    assert bracelet is not None
    assert (bracelet.since, bracelet.look_at) == (at(0), at(30 * MINUTE)), "since the first of them"


def test_the_first_word_of_a_bracelet_is_a_doubt_too() -> None:
    story = Story()
    beats(story, 0, worn=False)
    assert believed(story) == "doubted"


def test_one_message_and_sixty_seconds_are_off() -> None:
    story = at_home()
    beats(story, 0, worn=False)
    story.wait(59.9)
    assert believed(story) == "doubted"
    story.wait(60)
    assert believed(story) == "off"


def test_a_doubt_that_is_taken_back_is_nothing() -> None:
    story = at_home()
    beats(story, 0, worn=False)
    beats(story, 30, worn=True)
    beats(story, 60, worn=False)
    assert believed(story) == "doubted", "two in a row, not two in all"
    story.wait(24 * 3600)
    assert reasons(story, "strap_removed") == ["not_worn"]


def test_messages_that_do_not_say_neither_confirm_nor_clear() -> None:
    story = at_home()
    beats(story, 0, worn=False)
    beats(story, 20, 40)
    assert believed(story) == "doubted"


def test_as_many_messages_as_the_policy_asks_for() -> None:
    story = at_home(strap_confirming_messages=3)
    beats(story, 0, 10, worn=False)
    assert believed(story) == "doubted"
    beats(story, 20, worn=False)
    assert believed(story) == "off"
    story = at_home(strap_confirming_messages=1)
    beats(story, 0, worn=False)
    assert believed(story) == "off"


def test_the_devices_own_event_is_believed_at_once() -> None:
    story = outside()
    story.hear(strap_event(0, "removed"))
    told = strap_told(story)[-1]
    assert reasons(story, "strap_removed") == ["outside_home"]
    assert (told.kind, told.reason, told.at, told.device_id) == ("strap_removed", "outside_home", at(0), BRACELET)
    assert told.place is not None
    assert told.evidence["place_age_s"] == 140.0
    assert (told.evidence["suspected_since"], told.evidence["off_min"]) == (at(0).isoformat(), 0.0)
    asked = [(c.type, c.reason, c.interval_s) for c in story.commands if c.reason == "strap_removed"]
    assert asked == [("locate", "strap_removed", None), ("report_interval", "strap_removed", 30)]


def test_outside_by_messages_or_by_time_alone() -> None:
    story = outside()
    beats(story, 0, 30, worn=False)
    assert reasons(story, "strap_removed") == ["outside_home"]
    story = outside()
    beats(story, 0, worn=False)
    story.wait(60)
    assert reasons(story, "strap_removed") == ["outside_home"]
    assert strap_told(story)[-1].at == at(60)


def test_suspected_counts_as_outside_and_home_wifi_speaks_against_it() -> None:
    story = at_home()
    story.fix(-60, 300.0)
    assert story.safety == "suspect"
    story.hear(reading(0, worn=False, at_home=True))
    story.hear(reading(10, worn=False, at_home=True))
    assert reasons(story, "strap_removed") == []
    story.hear(reading(20, worn=False))
    assert reasons(story, "strap_removed") == ["outside_home"]


@pytest.mark.parametrize(("heard", "told"), [(False, ["outside_home"]), (None, []), (True, [])])
def test_where_no_zone_tells_the_device_does(heard: bool | None, told: list[str]) -> None:
    story = Story()
    beats(story, 0, 30, worn=False, at_home=heard)
    assert reasons(story, "strap_removed") == told


def test_at_home_washing_is_no_alarm() -> None:
    story = at_home()
    story.hear(strap_event(0, "removed"))
    story.wait(30 * MINUTE - 1)
    story.hear(strap_event(30 * MINUTE - 0.5, "fastened", event_id="s2"))
    story.wait(24 * 3600)
    assert reasons(story, "strap_removed") == []


def test_at_home_it_is_told_after_the_grace_once() -> None:
    story = at_home()
    story.hear(strap_event(0, "removed"))
    story.wait(30 * MINUTE - 0.1)
    assert strap_told(story) == []
    story.wait(30 * MINUTE)
    (told,) = strap_told(story)
    assert (told.kind, told.reason, told.at) == ("strap_removed", "not_worn", at(30 * MINUTE))
    assert told.evidence["off_min"] == 30.0
    beats(story, *[40 * MINUTE + n * 300 for n in range(40)], worn=False)
    story.hear(strap_event(20_000, "removed", event_id="s9"))
    story.fix(21_000, 500.0, worn=False)
    story.fix(21_060, 505.0, worn=False)
    assert reasons(story, "strap_removed") == ["not_worn"], "one alert an episode"
    beats(story, 22_000, worn=True)
    story.hear(strap_event(23_000, "removed", event_id="s10"))
    assert reasons(story, "strap_removed") == ["not_worn", "outside_home"], "worn again and off again is another"


def test_charging_overnight_is_no_alarm() -> None:
    story = at_home()
    beats(story, 0, worn=False)
    beats(story, 60, *[n * 600 for n in range(1, 50)], worn=False, charging=True)
    assert believed(story) == "resting"
    assert reasons(story, "strap_removed") == []


def test_forgotten_on_the_charger_it_counts_from_when_it_is_unplugged() -> None:
    story = at_home()
    beats(story, 0, 600, worn=False, charging=True)
    beats(story, 1_200, 1_260, worn=False, charging=False)
    assert believed(story) == "off"
    story.wait(1_200 + 30 * MINUTE - 1)
    assert reasons(story, "strap_removed") == []
    story.wait(1_200 + 30 * MINUTE)
    assert reasons(story, "strap_removed") == ["not_worn"]


def test_off_at_home_and_then_found_outside() -> None:
    story = at_home()
    beats(story, 0, 30, worn=False)
    story.fix(600, 500.0, worn=False)
    story.fix(660, 505.0, worn=False)
    story.hear(reading(700, worn=False))
    assert reasons(story, "strap_removed") == ["outside_home"]


def in_bed_with_the_bracelet_off() -> Story:
    story = at_home()
    for seconds in range(0, 7_200, 110):
        story.hear(bed(seconds, "occupied"))
        if seconds in {1_100, 1_210}:
            story.hear(reading(seconds + 1, worn=False))
    return story


def test_asleep_in_the_bed_that_watches_nobody_is_woken_for_the_night_table() -> None:
    story = in_bed_with_the_bracelet_off()
    assert believed(story) == "off"
    assert reasons(story, "strap_removed") == []


def test_up_again_without_it_the_grace_begins_anew() -> None:
    story = in_bed_with_the_bracelet_off()
    for seconds in range(7_200, 7_200 + 1_800, 20):
        story.hear(bed(seconds, "empty"))
    assert reasons(story, "strap_removed") == []
    story.hear(bed(10_000, "empty"))
    assert [(told.reason, told.at) for told in strap_told(story)] == [("not_worn", at(7_200 + 1_800))]


def test_two_bracelets_count_each_for_itself() -> None:
    story = at_home()
    beats(story, 0, worn=True, device_id="zb-b")
    beats(story, 10, 40, worn=False, device_id="zb-b")
    assert (believed(story), believed(story, "zb-b")) == ("on", "off")
    story.wait(10 + 30 * MINUTE)
    (told,) = strap_told(story)
    assert told.device_id == "zb-b"


def test_a_late_event_is_news_unless_the_bracelet_has_spoken_since() -> None:
    story = outside()
    story.hear(strap_event(-100, "removed", late_s=3_600))
    assert reasons(story, "strap_removed") == ["outside_home"]
    assert strap_told(story)[-1].evidence["late_s"] == 3_600.0
    story = outside()
    story.hear(strap_event(-141, "removed", late_s=3_600))
    assert reasons(story, "strap_removed") == []


def test_one_that_is_a_little_late_is_not_overtaken() -> None:
    story = outside()
    story.hear(strap_event(-141, "removed", late_s=5))
    assert reasons(story, "strap_removed") == ["outside_home"]


def test_identifiers_are_of_the_bracelet_and_the_beginning() -> None:
    def told(seconds: float, device_id: str = BRACELET) -> object:
        story = outside()
        story.hear(strap_event(seconds, "removed", device_id=device_id))
        return strap_told(story)[-1].detection_id

    assert told(0) == told(0)
    assert len({told(0), told(1), told(0, "zb-b")}) == 3


def test_what_is_ordinary_leaves_the_same_state() -> None:
    story = at_home()
    before = story.state.strap
    beats(story, 0, 60, 120, worn=True)
    beats(story, 180)
    assert story.state.strap is before
    assert strap.due(before, story.person) is None
    assert FRESH.strap == StrapState()


def test_bounds_of_due() -> None:
    story = at_home(strap_open_for=timedelta(seconds=10), strap_home_grace=timedelta(minutes=5))
    beats(story, 0, worn=False)
    assert strap.due(story.state.strap, story.person) == at(10)
    story.wait(10)
    assert strap.due(story.state.strap, story.person) == at(300)
