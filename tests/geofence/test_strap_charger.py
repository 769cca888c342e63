"""A watch that never says that it is charging: what its battery says instead, and what it is told of then."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from geofence import snapshot
from geofence.detectors import strap
from geofence.detectors.strap import Strap, StrapState
from geofence.quiet import Room
from tests.geofence.impacts import beats, impact, reasons, strap_event
from tests.geofence.scenes import BRACELET, Story, at, reading, sos
from tests.geofence.test_strap import MINUTE, at_home, believed, outside


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
            assert believed(story) == ("resting" if charging else "doubted")

    def test_worn_it_is_not_weighed(self) -> None:
        story = self.lying((0, 40.0), (1, 45.0))
        before = story.state.strap
        for minute in (2, 3, 4):
            story.hear(reading(minute * MINUTE, worn=True, battery_pct=50.0))
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
        story.hear(sos(100, battery_pct=55.0))
        assert believed(story) == "off", "nor does a call for help"

    def test_of_one_that_only_tells_of_its_strap_when_it_opens_every_message_weighs(self) -> None:
        story = at_home()
        story.hear(strap_event(0, "removed"))
        for minute, battery_pct in ((5, 40.0), (10, 45.0)):
            story.hear(reading(minute * MINUTE, battery_pct=battery_pct))
        assert believed(story) == "resting"

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
