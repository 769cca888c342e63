"""From sightings to conclusions: confirming, suspecting, waiting, coming back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from geofence.detection import CommandType
from geofence.policy import DEFAULT
from geofence.reading import FixSource
from tests.geofence.scenes import BRACELET, Story, at, circle, person, sos

#: Home is a circle of 200 m: 260 m east is 60 m beyond the edge.
OUT_M = 260.0


def at_home(**thresholds) -> Story:
    story = Story(person(**thresholds))
    story.fix(0, 0)
    return story


def test_first_seen_outside_is_no_exit() -> None:
    story = Story()
    for minute in range(5):
        story.fix(60 * minute, OUT_M + 20 * minute, speed_mps=1.2)
        assert story.safety == ("outside" if minute else "unknown")
    assert story.told == []
    assert [command for command in story.commands if command.reason == "exit_suspected"] == []
    story.fix(360, 0)
    assert (story.safety, story.told) == ("inside", [])


def test_one_bad_first_fix_shows_nobody_outside() -> None:
    story = Story()
    story.fix(0, OUT_M, speed_mps=1.2)
    assert story.safety == "unknown"
    story.fix(60, 0)
    assert story.safety == "inside"
    story.fix(120, OUT_M)
    assert story.safety == "suspect"


@pytest.mark.parametrize("east_m", [0.0, 190.0])
def test_the_first_fix_inside_is_inside(east_m: float) -> None:
    story = Story()
    story.fix(0, east_m)
    assert story.safety == "inside"


def test_a_first_fix_that_cannot_tell_tells_nothing() -> None:
    story = Story()
    story.fix(0, 205.0)
    assert story.safety == "unknown"


def test_two_outside_fixes_are_an_exit() -> None:
    story = at_home()
    assert story.fix(60, OUT_M).judgement.detections == ()
    assert story.safety == "suspect"
    exit_ = story.fix(100, OUT_M + 18).judgement.detections[0]
    assert story.safety == "outside"
    assert (exit_.kind, exit_.reason, exit_.zone_id, exit_.device_id) == ("zone_exit", "two_fixes", 1, BRACELET)
    assert exit_.at == at(100)
    assert exit_.evidence == {
        "distance_m": pytest.approx(78.0, abs=0.1),
        "accuracy_m": 10.0,
        "fixes": 2,
        "suspected_since": at(60).isoformat(),
        "speed_mps": None,
        "zone_name": "home",
        "doubt": None,
        "bed_left_at": None,
        "local_time": "20:01",
        "night": False,
    }
    assert exit_.place is not None
    assert exit_.place.at == at(100)


@pytest.mark.parametrize(
    ("needed", "reasons"), [(1, ["outside"]), (2, ["suspect", "outside"]), (3, ["suspect", "suspect", "outside"])]
)
def test_as_many_fixes_confirm_as_the_policy_says(needed: int, reasons: list[str]) -> None:
    story = at_home(zone_confirming_fixes=needed)
    seen = []
    for number in range(len(reasons)):
        story.fix(60 + 40 * number, OUT_M)
        seen.append(story.safety)
    assert seen == reasons
    assert story.told == ["zone_exit"]
    assert story.detections[0].evidence["fixes"] == needed


def test_a_fix_inside_begins_the_count_anew() -> None:
    story = at_home(zone_confirming_fixes=3)
    for seconds, east_m in ((60, OUT_M), (100, OUT_M), (140, 190.0), (180, OUT_M), (220, OUT_M)):
        story.fix(seconds, east_m)
    assert (story.safety, story.told) == ("suspect", [])


def test_an_undecided_fix_leaves_the_count() -> None:
    story = at_home()
    for seconds, east_m in ((60, OUT_M), (100, 205.0), (140, OUT_M)):
        story.fix(seconds, east_m)
    assert story.told == ["zone_exit"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"speed_mps": 0.5}, "outside"),
        ({"speed_mps": 0.49}, "suspect"),
        ({"steps": 20}, "outside"),
        ({"steps": 19}, "suspect"),
        ({"speed_mps": 0.0, "steps": 25}, "outside"),
        ({}, "suspect"),
    ],
)
def test_one_strong_fix_that_moves_is_an_exit(said: dict[str, float], expected: str) -> None:
    story = at_home()
    story.fix(240, OUT_M, **said)
    assert story.safety == expected
    assert [d.reason for d in story.detections] == (["one_strong_moving_fix"] if expected == "outside" else [])


def test_a_jump_between_two_fixes_is_no_movement() -> None:
    """A fix 400 m off a minute later needs 4.7 m/s, which says nothing: it may be the error."""
    story = at_home()
    story.fix(60, 600.0)
    assert story.safety == "suspect"


@pytest.mark.parametrize(
    ("after_s", "said", "expected"),
    [
        # From home to 260 m off, 10 m of error at either end taken off: 240 m.
        (150.1, {"speed_mps": 0.9}, "outside"),
        (149.9, {"speed_mps": 0.9}, "suspect"),
        (149.9, {"steps": 90}, "suspect"),
        # ... half as fast again as it says it is now.
        (80.1, {"speed_mps": 2.0}, "outside"),
        (79.9, {"speed_mps": 2.0}, "suspect"),
    ],
)
def test_a_fix_that_jumps_while_somebody_walks_is_not_strong(
    after_s: float, said: dict[str, float], expected: str
) -> None:
    story = at_home()
    story.fix(after_s, OUT_M, **said)
    assert story.safety == expected


def test_a_strong_fix_after_a_suspicion_tells_of_two_fixes() -> None:
    story = at_home(zone_confirming_fixes=5)
    story.fix(60, OUT_M)
    exit_ = story.fix(100, OUT_M, speed_mps=1.1).judgement.detections[0]
    assert (exit_.reason, exit_.evidence["fixes"], exit_.evidence["speed_mps"]) == ("two_fixes", 2, 1.1)
    assert exit_.evidence["suspected_since"] == at(60).isoformat()


def test_one_strong_fix_was_suspected_when_it_came() -> None:
    exit_ = at_home().fix(240, OUT_M, speed_mps=1.1).judgement.detections[0]
    assert exit_.evidence["suspected_since"] == at(240).isoformat()


def test_coming_back_is_told_and_begins_anew() -> None:
    story = at_home()
    story.fix(60, OUT_M)
    story.fix(100, OUT_M)
    story.fix(160, 181.0)
    assert (story.safety, story.told) == ("outside", ["zone_exit"])
    enter = story.fix(220, 179.9).judgement.detections[0]
    assert (enter.kind, enter.reason, enter.zone_id) == ("zone_enter", "back_inside", 1)
    assert enter.evidence["outside_since"] == at(100).isoformat()
    assert enter.evidence["distance_m"] == pytest.approx(-20.1, abs=0.1)
    assert enter.place is not None
    story.fix(280, OUT_M)
    assert story.safety == "suspect"
    story.fix(320, OUT_M)
    assert story.told == ["zone_exit", "zone_enter", "zone_exit"]


def test_the_edge_itself_does_not_end_an_exit() -> None:
    story = at_home()
    story.fix(60, OUT_M)
    story.fix(100, OUT_M)
    for number, east_m in enumerate((199.0, 201.0, 185.0, 230.0, 190.0)):
        story.fix(140 + 40 * number, east_m)
    assert (story.safety, story.told) == ("outside", ["zone_exit"])


class TestSilence:
    @pytest.mark.parametrize(("seconds", "expected"), [(359.999, []), (360, ["zone_exit"]), (500, ["zone_exit"])])
    def test_five_minutes_after_the_suspicion(self, seconds: float, expected: list[str]) -> None:
        story = at_home()
        story.fix(60, OUT_M)
        story.wait(seconds)
        assert story.told == expected
        assert story.safety == ("outside" if expected else "suspect")

    def test_it_is_judged_at_its_deadline_with_the_last_place(self) -> None:
        story = at_home()
        story.fix(60, OUT_M, accuracy_m=22.0)
        told = story.wait(3_600)[0]
        assert (told.at, told.reason, told.device_id) == (at(360), "silent_while_suspected", BRACELET)
        assert (told.evidence["distance_m"], told.evidence["accuracy_m"]) == (pytest.approx(60, abs=0.1), 22.0)
        assert (told.evidence["suspected_since"], told.evidence["fixes"]) == (at(60).isoformat(), 1)
        assert told.zone_id == 1
        assert told.place is not None
        assert told.place.at == at(60)
        assert story.wait(7_200) == []

    @pytest.mark.parametrize("seconds", [359.0, 360.0, 361.0])
    def test_the_next_reading_judges_it_first(self, seconds: float) -> None:
        """A fix back inside at 359 s is in time; at the deadline or after it, the silence was told first."""
        story = at_home()
        story.fix(60, OUT_M)
        story.fix(seconds, 0)
        assert story.told == ([] if seconds < 360 else ["zone_exit", "zone_enter"])
        assert story.safety == "inside"

    def test_an_outside_fix_begins_the_wait_anew(self) -> None:
        story = at_home(zone_confirming_fixes=5)
        story.fix(60, OUT_M)
        story.fix(200, OUT_M)
        assert story.wait(499) == []
        assert story.wait(500)[0].at == at(500)
        assert story.detections[0].evidence["suspected_since"] == at(60).isoformat()

    def test_an_undecided_fix_is_no_silence(self) -> None:
        story = at_home()
        story.fix(60, OUT_M)
        for minute in range(2, 12):
            story.fix(60 * minute, 205.0)
        assert (story.safety, story.told) == ("suspect", [])
        assert story.wait(660 + 300)[0].evidence["distance_m"] == pytest.approx(60, abs=0.1)

    @pytest.mark.parametrize("what", ["heartbeat", "cell", "vague"])
    def test_what_tells_no_place_is_silence(self, what: str) -> None:
        story = at_home()
        story.fix(60, OUT_M)
        if what == "heartbeat":
            story.hear(sos(200, type="strap_fastened"))
        elif what == "cell":
            story.fix(200, 0, source=FixSource.CELL)
        else:
            story.fix(200, 0, accuracy_m=200.1)
        assert story.safety == "suspect"
        # By day the device is at least in contact; at night that makes no difference.
        assert story.wait(499.9) == []
        assert story.wait(500)[0].reason == "silent_while_suspected"

    def test_other_times_for_other_persons(self) -> None:
        story = at_home(suspect_silence=timedelta(minutes=2))
        story.fix(60, OUT_M)
        assert story.wait(179) == []
        assert story.wait(180)[0].at == at(180)

    def test_nobody_else_is_waited_for(self) -> None:
        story = at_home()
        story.wait(1e6)
        assert "zone_exit" not in story.told
        story = Story()
        story.fix(0, OUT_M)
        story.wait(1e6)
        assert "zone_exit" not in story.told

    def test_coming_back_after_it_is_told(self) -> None:
        story = at_home()
        story.fix(60, OUT_M)
        story.wait(400)
        enter = story.fix(460, 0).judgement.detections[0]
        assert enter.evidence["outside_since"] == at(360).isoformat()


class TestCommands:
    def test_a_suspicion_asks_for_a_fix_now_and_for_more(self) -> None:
        story = at_home()
        locate, faster = story.fix(60, OUT_M).judgement.commands
        assert (locate.type, locate.interval_s, locate.until) == (CommandType.LOCATE, None, None)
        assert (faster.type, faster.interval_s) == (CommandType.REPORT_INTERVAL, 30)
        assert faster.until == at(60) + timedelta(minutes=30)
        assert {c.reason for c in (locate, faster)} == {"exit_suspected"}
        assert {c.device_id for c in (locate, faster)} == {BRACELET}
        assert locate.command_id != faster.command_id

    def test_a_strong_exit_asks_for_more(self) -> None:
        commands = at_home().fix(240, OUT_M, speed_mps=1.2).judgement.commands
        assert [c.type for c in commands] == ["report_interval"]

    def test_asked_again_before_the_request_runs_out(self) -> None:
        """Once in 25 minutes: a sixth of the time before it ends."""
        story = at_home()
        for seconds in range(60, 60 + 3_700, 100):
            story.fix(seconds, OUT_M)
        asked = [c.at for c in story.commands if c.type == "report_interval"]
        assert asked == [at(60), at(60 + 1_600), at(60 + 3_200)]

    def test_the_five_minutes_before_the_end(self) -> None:
        story = at_home()
        story.fix(60, OUT_M)
        assert story.fix(60 + 1_500, OUT_M).judgement.commands == ()
        assert [c.type for c in story.fix(60 + 1_501, OUT_M).judgement.commands] == ["report_interval"]

    @pytest.mark.parametrize(("seconds", "told"), [(60 + 1_799, ["report_interval"]), (60 + 1_800, [])])
    def test_coming_back_ends_it_if_it_still_runs(self, seconds: float, told: list[str]) -> None:
        story = at_home(suspect_silence=timedelta(hours=2))
        story.fix(60, OUT_M)
        relaxed = story.fix(seconds, 0).judgement.commands
        assert [c.type for c in relaxed] == told
        assert all(c.until == c.at == at(seconds) and c.reason == "back_inside" for c in relaxed)

    def test_other_rates_for_other_persons(self) -> None:
        story = at_home(tracking_interval_s=15, tracking_for=timedelta(minutes=6))
        faster = story.fix(60, OUT_M).judgement.commands[1]
        assert (faster.interval_s, faster.until) == (15, at(60 + 360))

    def test_nobody_is_tracked_who_was_first_seen_outside(self) -> None:
        story = Story()
        story.fix(0, OUT_M)
        story.fix(60, OUT_M)
        assert story.commands == []


class TestZonesThatChange:
    def test_a_zone_made_larger_around_somebody_outside_is_a_return(self) -> None:
        story = at_home()
        story.fix(60, OUT_M)
        story.fix(100, OUT_M)
        story.person = person(circle(400.0))
        story.fix(160, OUT_M)
        assert story.told == ["zone_exit", "zone_enter"]

    def test_a_zone_made_smaller_is_left_with_two_fixes(self) -> None:
        story = at_home()
        story.fix(60, 180.0)
        story.person = person(circle(100.0))
        story.fix(120, 180.0)
        assert story.safety == "suspect"
        story.fix(160, 180.0)
        assert story.told == ["zone_exit"]

    def test_without_a_zone_nobody_is_outside(self) -> None:
        story = at_home()
        story.person = replace(story.person, zones=())
        for minute in range(1, 4):
            story.fix(60 * minute, 900.0 * minute, speed_mps=2.0)
        assert (story.safety, "zone_exit" in story.told) == ("inside", False)

    def test_the_nearest_zone_is_named(self) -> None:
        far = circle(100.0, east_m=-1_000.0, zone_id=7, name="square")
        story = Story(person(circle(), far))
        story.fix(0, 0)
        story.fix(60, -400.0)
        story.fix(200, -700.0)
        assert story.detections[0].zone_id == 7
        assert story.detections[0].evidence["zone_name"] == "square"
        assert story.detections[0].evidence["distance_m"] == pytest.approx(200.0, abs=0.2)


def test_defaults_are_what_the_examples_assume() -> None:
    assert (DEFAULT.suspect_silence, DEFAULT.tracking_for) == (timedelta(minutes=5), timedelta(minutes=30))


@pytest.mark.parametrize("every_s", [1, 5, 11])
def test_a_device_that_speaks_often_confirms_an_exit_all_the_same(every_s: int) -> None:
    """Fixes right after each other count once, and once again when the pause since the counted one is long enough."""
    story = Story()
    story.fix(-60, 0)
    story.fix(-30, 0)
    for number in range(30):
        story.fix(every_s * number, 400.0)
    assert story.told == ["zone_exit"]
