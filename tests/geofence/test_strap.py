"""A bracelet that is not worn: both sides of each threshold, charging, where it is, bed, two bracelets, late news."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from geofence import snapshot
from geofence.detection import Detection
from geofence.detectors import strap
from geofence.detectors.strap import TRANSITIONS, Strap, StrapState, Word
from geofence.engine import FRESH
from geofence.quiet import Room
from tests.geofence.impacts import beats, bed, impact, reasons, strap_event
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


class TestCharger:
    """A watch that never says that it is charging: its battery does."""

    def lying(self, *said: tuple[float, float | None], **thresholds: object) -> Story:
        """Not worn, at home, in messages (minute, battery) that do not say whether it is charging."""
        story = at_home(**thresholds)
        for minute, battery_pct in said:
            story.hear(reading(minute * MINUTE, worn=False, battery_pct=battery_pct))
        return story

    @pytest.mark.parametrize(
        ("charges", "after"),
        [
            ((40.0, 41.0), "resting"),
            ((40.0, 40.9), "off"),
            ((40.0, 40.5, 41.0), "resting"),
            ((40.0, 39.0, 40.0), "resting"),
            ((40.0, 40.0, 40.0), "off"),
            ((40.0, 39.0), "off"),
            ((99.0, 99.0), "off"),
            ((99.9, 100.0), "off"),
            ((100.0, 100.0), "resting"),
            ((100.0, 99.0), "off"),
            ((100.0, 99.0, 99.0), "off"),
            ((100.0, None, 100.0), "resting"),
            ((None, 40.0, 41.0), "resting"),
            ((None, 40.0), "off"),
        ],
    )
    def test_a_charge_that_rises_or_stays_full(self, charges: tuple[float | None, ...], after: str) -> None:
        assert believed(self.lying(*enumerate(charges))) == after

    def test_how_far_it_has_to_rise_is_policy(self) -> None:
        assert believed(self.lying((0, 40.0), (1, 42.0), strap_charger_rise_pct=3.0)) == "off"
        assert believed(self.lying((0, 40.0), (1, 43.0), strap_charger_rise_pct=3.0)) == "resting"

    def test_a_night_on_the_charger_is_nobodys_concern(self) -> None:
        story = at_home()
        story.hear(strap_event(0, "removed", battery_pct=40.0))
        for minute in range(5, 600, 5):
            said = {} if minute % 10 else {"worn": False}
            story.hear(reading(minute * MINUTE, battery_pct=min(100.0, 40.0 + minute), **said))
        assert (believed(story), reasons(story, "strap_removed")) == ("resting", [])
        assert strap.due(story.state.strap, story.person) is None

    def test_off_the_charger_the_grace_runs_from_the_first_message_that_shows_it(self) -> None:
        story = self.lying((0, 60.0), (5, 66.0), (10, 72.0), (20, 72.0), (30, 72.0))
        assert believed(story) == "off"
        story.wait(50 * MINUTE - 1)
        assert reasons(story, "strap_removed") == []
        story.wait(50 * MINUTE)
        assert reasons(story, "strap_removed") == ["not_worn"]

    def test_charged_again_it_may_be_told_again(self) -> None:
        story = self.lying(*((minute, 50.0) for minute in range(0, 40, 10)))
        assert reasons(story, "strap_removed") == ["not_worn"]
        for minute, battery_pct in ((60, 52.0), (70, 52.0), (80, 52.0), (100, 51.0)):
            story.hear(reading(minute * MINUTE, worn=False, battery_pct=battery_pct))
        assert reasons(story, "strap_removed") == ["not_worn", "not_worn"]

    def test_outside_there_is_no_charger(self) -> None:
        story = outside()
        story.hear(reading(0, worn=False, battery_pct=100.0))
        story.hear(reading(30, worn=False, battery_pct=100.0))
        assert reasons(story, "strap_removed") == ["outside_home"]
        story.hear(reading(60, worn=False, battery_pct=99.0))
        story.hear(reading(90, worn=False, battery_pct=100.0))
        assert believed(story) == "told", "a gauge that wavers does not make it news again"

    def test_home_in_the_same_message_allows_for_a_charger(self) -> None:
        story = outside()
        story.hear(reading(0, worn=False, battery_pct=50.0, at_home=True))
        story.hear(reading(30, worn=False, battery_pct=51.0, at_home=True))
        assert believed(story) == "resting"

    def test_one_that_says_whether_it_is_charging_is_believed(self) -> None:
        story = at_home()
        for minute, battery_pct in enumerate((40.0, 45.0, 50.0)):
            story.hear(reading(minute * MINUTE, worn=False, charging=False, battery_pct=battery_pct))
        assert believed(story) == "off"
        story.hear(reading(4 * MINUTE, worn=False, battery_pct=60.0))
        assert believed(story) == "off", "nothing was remembered to compare with"

    def test_what_it_says_of_charging_ends_what_was_weighed(self) -> None:
        for charging in (True, False):
            story = self.lying((0, 40.0), (1, 45.0))
            story.hear(reading(2 * MINUTE, worn=False, charging=charging, battery_pct=50.0))
            bracelet = story.state.strap.of(BRACELET)
            assert bracelet is not None
            assert bracelet.battery_pct is None

    def test_worn_it_is_not_weighed(self) -> None:
        story = self.lying((0, 40.0), (1, 45.0))
        before = story.state.strap
        for minute in (2, 3, 4):
            story.hear(reading(minute * MINUTE, worn=True, battery_pct=45.0))
        assert story.state.strap == StrapState(
            bracelets=(strap.Bracelet(device_id=BRACELET, strap=Strap.ON, since=at(2 * MINUTE)),)
        )
        assert before != story.state.strap
        story.hear(reading(10 * MINUTE, worn=False, battery_pct=90.0))
        assert believed(story) == "doubted", "compared with what was heard while it lies, not before"

    def test_an_event_does_not_weigh(self) -> None:
        """Its charge may be that of the moment it tells of, and a removal is a removal."""
        story = self.lying((0, 40.0))
        story.hear(strap_event(60, "removed", battery_pct=45.0))
        assert believed(story) == "off"
        story.hear(strap_event(90, "removed", battery_pct=50.0, event_id="s2"))
        assert believed(story) == "off"

    def test_a_charge_of_before_the_last_message_is_left_away(self) -> None:
        story = self.lying((0, 41.0))
        story.hear(reading(5 * MINUTE, battery_pct=40.0))
        story.fix(4 * MINUTE, 0.0, worn=False, battery_pct=41.0)
        assert believed(story) == "off"

    def test_two_bracelets_are_weighed_each_for_itself(self) -> None:
        story = self.lying((0, 40.0))
        beats(story, 30, worn=False, battery_pct=90.0, device_id="zb-b")
        beats(story, 60, worn=False, battery_pct=40.0)
        beats(story, 90, worn=False, battery_pct=91.0, device_id="zb-b")
        assert (believed(story), believed(story, "zb-b")) == ("off", "resting")

    def test_a_slow_rise_is_seen_over_the_message_that_makes_it_sure(self) -> None:
        assert believed(self.lying((0, 40.0), (0.5, 40.5), (1, 41.0))) == "resting"

    def test_while_it_is_weighed_every_message_is_judged(self) -> None:
        """What it then says of charging itself ends the weighing, so it must not pass for what is known."""
        for charging, judged in ((None, True), (True, False)):
            story = at_home()
            for minute, battery_pct in ((0, 40.0), (1, 45.0)):
                story.hear(reading(minute * MINUTE, worn=False, charging=charging, battery_pct=battery_pct))
            assert believed(story) == "resting"
            room = Room(said=reading(60), since=at(60), live_max_age=timedelta(minutes=10))
            strap.quiet(story.state.strap, story.person, story.state, room)
            assert (room.worn == ()) is judged

    def test_what_an_earlier_version_remembered_goes_on(self) -> None:
        story = self.lying((0, 40.0))
        version, parts = msgspec.msgpack.decode(snapshot.freeze(story.state))
        for bracelet in parts["strap"]["bracelets"]:
            del bracelet["battery_pct"]
        story.state = snapshot.thaw(msgspec.msgpack.encode((version, parts)))
        for minute, battery_pct in ((1, 45.0), (2, 50.0)):
            story.hear(reading(minute * MINUTE, worn=False, battery_pct=battery_pct))
        assert believed(story) == "resting"


def test_a_watch_that_was_charged_is_heard_again_when_it_is_worn() -> None:
    """What it feels counts from the moment it is worn."""
    story = at_home()
    story.hear(strap_event(0, "removed"))
    story.wait(60 * MINUTE)
    assert story.state.strap.is_off(BRACELET)
    story.hear(reading(61 * MINUTE, worn=True))
    assert not story.state.strap.is_off(BRACELET)
    story.hear(impact(62 * MINUTE))
    assert story.state.fall.phase == "suspected"
