"""A bracelet that falls silent: how long is too long, which silence it is, once an outage, each device for itself."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import msgspec
import pytest

from geofence import contact
from geofence.contact import Contact
from geofence.detection import Detection
from geofence.detectors.zone import Safety, ZoneState
from geofence.reading import BedReport, BedStatus, FixSource, ReadingKind, SafetyEventType
from tests.geofence.scenes import Story, at, fix, person, reading, sos

MIN, HOUR = 60.0, 3_600.0


def silences(story: Story) -> list[Detection]:
    return [each for each in story.detections if each.kind == "silence"]


def reasons(story: Story) -> list[str]:
    return [each.reason for each in silences(story)]


def known(story: Story | None = None, usual_s: int = 300, **said: Any) -> Story:
    """Somebody at home whose bracelet speaks every five minutes, which is known."""
    story = story or Story()
    story.fix(0, 5.0, **said)
    devices = tuple(
        Contact(device_id=each.device_id, usual_s=(usual_s,), learns_at=at(90 * HOUR), charging=each.charging, deadline=at(15 * MIN))
        for each in story.state.silence.devices
    )  # fmt: skip
    silence = type(story.state.silence)(devices=devices, fix_deadline=story.state.silence.fix_deadline)
    story.state = msgspec.structs.replace(story.state, silence=silence)
    return story


def test_a_quarter_of_an_hour_of_silence() -> None:
    story = known()
    assert story.wait(15 * MIN - 0.001) == []
    assert [each.reason for each in story.wait(15 * MIN)] == ["no_contact"]


def test_one_alert_an_outage() -> None:
    story = known()
    story.wait(20 * HOUR)
    assert reasons(story) == ["no_contact"]
    story.hear(reading(20 * HOUR, battery_pct=50.0))
    story.wait(20 * HOUR + 14 * MIN)
    assert len(silences(story)) == 1
    story.wait(21 * HOUR)
    assert reasons(story) == ["no_contact", "no_contact"]


def test_a_deadline_is_lazy() -> None:
    """Messages on time change nothing; the deadline that comes moves itself."""
    story = known()
    before = story.state.silence
    for minute in (5, 10, 14):
        story.hear(reading(minute * MIN))
        story.fix(minute * MIN - 1, 5.0)
        assert story.state.silence is before
    assert story.wait(28 * MIN) == []
    assert [each.at for each in story.wait(29 * MIN)] == [at(29 * MIN)]


@pytest.mark.parametrize("kind", ["event", "heartbeat"])
def test_any_word_is_contact(kind: str) -> None:
    story = known()
    story.hear(sos(10 * MIN) if kind == "event" else reading(10 * MIN))
    assert story.wait(25 * MIN - 1) == []
    assert len(story.wait(25 * MIN)) == 1


def test_history_is_no_contact() -> None:
    story = known()
    story.hear(reading(10 * MIN, late_s=HOUR))
    assert [each.at for each in story.wait(HOUR)] == [at(15 * MIN)]


def test_a_clock_that_falls_back_is_silence_until_it_has_caught_up() -> None:
    story = known()
    story.fix(10 * MIN, 5.0)
    for minute in range(11, 40):
        # Its clock is 30 minutes behind: what it says is older than what is known.
        story.hear(reading(minute * MIN - 30 * MIN, fix(5.0)))
    story.wait(40 * MIN)
    assert reasons(story) == ["no_contact"]


def test_outside_five_minutes() -> None:
    story = known()
    story.fix(10 * MIN, 260.0)
    story.fix(11 * MIN, 300.0)
    story.fix(12 * MIN, 340.0)
    assert story.safety == "outside"
    assert [each for each in story.wait(17 * MIN - 1) if each.kind == "silence"] == []
    assert [each.reason for each in story.wait(17 * MIN) if each.kind == "silence"] == ["no_contact_outside"]


def test_the_very_fix_that_is_outside_shortens_it() -> None:
    story = known(usual_s=1_200)
    story.fix(MIN, 600.0, speed_mps=7.0)
    assert story.safety == "outside"
    assert [each.at for each in story.wait(HOUR) if each.kind == "silence"] == [at(6 * MIN)]


def test_a_suspicion_met_with_silence_is_told_as_an_exit_and_not_again() -> None:
    story = known()
    story.fix(MIN, 260.0)
    assert story.safety == "suspect"
    story.wait(HOUR)
    assert story.told == ["zone_exit"]


def test_emergency_and_not() -> None:
    """Silent 90 s after leaving with 6 % is not what silent at home on the charger is."""
    story = known(Story(), battery_pct=9.0)
    story.fix(10 * MIN, 600.0, speed_mps=1.2, battery_pct=6.0)
    story.fix(11.5 * MIN, 700.0)
    story.wait(HOUR)
    (lost,) = silences(story)
    assert lost.reason == "no_contact_outside"
    said = {
        "outside": True, "after_leaving_s": 90, "battery_pct": 6.0, "charging": False, "silent_s": 300, "allowed_s": 300
    }  # fmt: skip
    assert said.items() <= dict(lost.evidence).items()
    home = known(battery_pct=80.0, charging=True)
    home.wait(3 * HOUR)
    (harmless,) = silences(home)
    assert harmless.reason == "no_contact"
    assert {"outside": False, "charging": True, "battery_pct": 80.0, "left_zone_at": None}.items() <= dict(
        harmless.evidence
    ).items()


def test_evidence() -> None:
    story = known()
    (told,) = story.wait(HOUR)
    assert (told.device_id, told.at) == ("zb-000001", at(15 * MIN))
    assert told.evidence == {
        "since": at(0).isoformat(), "silent_since": at(0).isoformat(), "silent_s": 900, "allowed_s": 900,
        "interval_s": 300, "safety": "inside", "outside": False, "left_zone_at": None, "after_leaving_s": None,
        "distance_m": None, "zone_name": None, "battery_pct": None, "charging": False, "other_device_heard": False,
        "local_time": "20:15", "night": False,
    }  # fmt: skip
    assert told.place is not None


def on_the_charger(since_h: float, **thresholds: Any) -> Story:
    """On the charger at home since so many hours after 20:00."""
    story = known(Story(person(**thresholds)))
    for minute in range(10, int(since_h * 60), 10):
        story.hear(reading(minute * MIN))
    story.hear(reading(since_h * HOUR, charging=True))
    return story


def test_on_the_charger_at_night_until_the_morning() -> None:
    """22:30 to six and a quarter of an hour."""
    story = on_the_charger(2.5)
    assert [each.at for each in story.wait(24 * HOUR)] == [at(10.25 * HOUR)]


def test_on_the_charger_and_never_longer_than_the_limit() -> None:
    story = on_the_charger(2.5, silence_charging=timedelta(hours=4))
    assert [each.at for each in story.wait(24 * HOUR)] == [at(6.5 * HOUR)]


def test_at_night_without_a_charger() -> None:
    story = on_the_charger(2.5)
    story.hear(reading(2.6 * HOUR, charging=False))
    story.hear(reading(2.7 * HOUR))
    assert [each.at for each in story.wait(24 * HOUR)] == [at(2.7 * HOUR + 15 * MIN)]


def test_on_the_charger_in_the_evening() -> None:
    """It was no night yet when it was last heard."""
    assert [each.at for each in on_the_charger(1.9).wait(24 * HOUR)] == [at(1.9 * HOUR + 15 * MIN)]


def test_taken_off_the_charger() -> None:
    story = on_the_charger(2.5)
    story.hear(reading(2.6 * HOUR, charging=False))
    assert story.wait(2.6 * HOUR + 15 * MIN - 1) == []
    assert len(story.wait(24 * HOUR)) == 1


def test_the_charger_excuses_nobody_outside() -> None:
    story = on_the_charger(2.5)
    story.state = msgspec.structs.replace(story.state, zone=ZoneState(safety=Safety.OUTSIDE, since=at(2.5 * HOUR)))
    story.hear(reading(2.6 * HOUR, charging=True))
    assert [each.at for each in story.wait(24 * HOUR)] == [at(2.6 * HOUR + 5 * MIN)]


@pytest.mark.parametrize(
    ("start", "end", "told_h"),
    [(time(20, 0), time(23, 0), 3.25), (time(21, 0), time(23, 0), 0.25), (time(20, 0), time(2, 0), 6.25)],
)
def test_hours_in_which_it_sleeps(start: time, end: time, told_h: float) -> None:
    story = known(Story(person(power_saving_from=start, power_saving_until=end)))
    assert [each.at for each in story.wait(24 * HOUR)] == [at(told_h * HOUR)]


def test_hours_in_which_it_sleeps_go_on_past_midnight() -> None:
    story = known(Story(person(power_saving_from=time(20, 0), power_saving_until=time(2, 0))))
    for minute in range(10, 236, 10):
        story.hear(reading(minute * MIN))
    story.hear(reading(235 * MIN, fix(5.0)))
    device = Contact(device_id="A", usual_s=(300,))
    assert contact.silent_at(device, at(235 * MIN), story.person, outside=False) == at(6.25 * HOUR)
    assert [each.at for each in story.wait(24 * HOUR)] == [at(6.25 * HOUR)]


def test_each_device_for_itself() -> None:
    story = Story()
    story.fix(0, 5.0, device_id="old")
    story.fix(1, 5.0, device_id="new")
    for minute in range(5, 90, 5):
        story.hear(reading(minute * MIN, fix(5.0), device_id="new"))
    (told,) = silences(story)
    assert (told.device_id, told.evidence["other_device_heard"]) == ("old", True)
    story.wait(3 * HOUR)
    assert (silences(story)[1].device_id, silences(story)[1].evidence["other_device_heard"]) == ("new", False)


def test_a_bed_is_not_missed_here() -> None:
    story = Story()
    bed = BedReport(status=BedStatus.OCCUPIED)
    story.hear(reading(0, kind=ReadingKind.BED, device_id="bed", bed=bed, battery_pct=50.0))
    story.wait(48 * HOUR)
    assert reasons(story) == []
    assert story.state.silence.devices == ()


def test_a_bed_that_bears_the_same_number_does_not_speak_for_the_bracelet() -> None:
    story = known()
    bed = BedReport(status=BedStatus.OCCUPIED, heart_rate_bpm=60.0)
    for minute in range(1, 20):
        story.hear(reading(minute * MIN, kind=ReadingKind.BED, bed=bed))
    assert reasons(story) == ["no_contact"]


def test_eight_devices_are_remembered() -> None:
    story = Story()
    for number in range(12):
        story.hear(reading(number, device_id=f"zb-{number}"))
    assert [each.device_id for each in story.state.silence.devices] == [f"zb-{n}" for n in range(4, 12)]


def speak(story: Story, since_min: float, until_min: float, **said: Any) -> None:
    minute = since_min
    while minute < until_min:
        story.hear(reading(minute * MIN, **said))
        minute += 4


@pytest.mark.parametrize(("minutes", "told"), [(119.9, []), (124.0, ["contact_but_no_fix"])])
def test_contact_but_no_fix(minutes: float, told: list[str]) -> None:
    story = known()
    speak(story, 4, minutes)
    story.wait(minutes * MIN)
    assert reasons(story) == told


def test_no_fix_outside_a_quarter_of_an_hour() -> None:
    story = known()
    story.fix(MIN, 600.0, speed_mps=7.0)
    speak(story, 2, 30)
    (told,) = silences(story)
    assert (told.reason, told.at) == ("contact_but_no_fix", at(16 * MIN))


@pytest.mark.parametrize(("beyond_m", "told"), [(-195.0, []), (1_490.0, []), (1_510.0, ["contact_but_no_fix"])])
def test_a_cell_fix_is_no_fix_but_may_be_home(beyond_m: float, told: list[str]) -> None:
    """A watch in the house hears towers alone; one whose circle does not reach home is another matter."""
    story = known()
    for minute in range(4, 130, 4):
        story.fix(minute * MIN, 200.0 + beyond_m, source=FixSource.CELL, accuracy_m=1_500.0)
    assert reasons(story) == told


def test_a_cell_fix_that_may_be_home_counts_so_long() -> None:
    story = known()
    speak(story, 4, 60)
    story.fix(60 * MIN, 5.0, source=FixSource.CELL, accuracy_m=1_500.0)
    speak(story, 64, 190)
    assert [(each.reason, each.at) for each in silences(story)] == [("contact_but_no_fix", at(180 * MIN))]


def test_of_somebody_outside_it_says_nothing() -> None:
    story = known()
    story.fix(MIN, 600.0, speed_mps=7.0)
    for minute in range(2, 30, 2):
        story.fix(minute * MIN, 600.0, source=FixSource.CELL, accuracy_m=1_500.0)
    assert reasons(story) == ["contact_but_no_fix"]


def test_missing_fixes_of_who_may_have_left_are_the_zones_to_tell() -> None:
    story = known(Story(person(no_fix_after=timedelta(minutes=30), suspect_no_fix=timedelta(hours=2))))
    story.fix(MIN, 260.0)
    speak(story, 4, 120)
    assert (story.safety, story.told) == ("suspect", [])
    speak(story, 120, 200)
    assert [str(each.reason) for each in story.detections] == ["no_fix_while_suspected"]


@pytest.mark.parametrize("evidence", ["home", "charging", "bed"])
def test_no_fix_and_a_sign_of_home(evidence: str) -> None:
    story = known()
    for minute in range(4, 200, 4):
        said = {"home": {"at_home": True}, "charging": {"charging": True}, "bed": {}}[evidence]
        story.hear(reading(minute * MIN, **said))
        if evidence == "bed":
            bed = BedReport(status=BedStatus.OCCUPIED, heart_rate_bpm=60.0, quality_pct=90.0)
            story.hear(reading(minute * MIN + 1, kind=ReadingKind.BED, device_id="bed", bed=bed))
    assert reasons(story) == []


def test_a_power_bank_outside_is_no_sign_of_home() -> None:
    story = known()
    story.fix(MIN, 600.0, speed_mps=7.0)
    speak(story, 2, 30, charging=True)
    assert reasons(story) == ["contact_but_no_fix"]


def test_no_fix_is_told_once_and_again_after_a_fix() -> None:
    story = known()
    speak(story, 4, 300)
    assert reasons(story) == ["contact_but_no_fix"]
    story.fix(300 * MIN, 5.0)
    speak(story, 304, 440)
    assert reasons(story) == ["contact_but_no_fix", "contact_but_no_fix"]


@pytest.mark.parametrize(("usual_s", "back", "told"), [(300, 360, ["no_contact"]), (3_600, 150, [])])
def test_back_after_a_silence_it_has_two_hours_to_find_a_fix(usual_s: int, back: float, told: list[str]) -> None:
    """Whether that was told, or is nothing new of a device that seldom speaks."""
    story = known(usual_s=usual_s)
    speak(story, back, back + 110)
    assert reasons(story) == told
    speak(story, back + 112, back + 130)
    assert reasons(story) == [*told, "contact_but_no_fix"]
    assert silences(story)[-1].at == at((back + 120) * MIN)


def test_who_asks_to_hear_of_missing_fixes_sooner_does_from_the_next_fix_on() -> None:
    story = known()
    story.person = person(no_fix_after=timedelta(hours=1))
    story.fix(4 * MIN, 6.0)
    speak(story, 8, 70)
    assert [(each.reason, each.at) for each in silences(story)] == [("contact_but_no_fix", at(64 * MIN))]


def frozen(story: Story, *steps: int, source: FixSource = FixSource.GNSS, **said: Any) -> list[str]:
    for number, each in enumerate(steps, 1):
        story.hear(reading(number * MIN, fix(5.0, source=source), steps=each, **said))
    return reasons(story)


def test_the_same_fix_while_walking() -> None:
    assert frozen(known(), 60, 60, 60, 60, 59) == []
    assert frozen(known(), 60, 60, 60, 60, 60) == ["fix_frozen"]
    assert frozen(known(), 100, 100, 100, 100) == []
    assert frozen(known(), 100, 100, 100, 100, 100, 100, 100) == ["fix_frozen"]


def test_standing_still_is_no_frozen_fix() -> None:
    assert frozen(known(), *[19] * 100) == []


def test_another_place_thaws_it() -> None:
    story = known()
    frozen(story, 100, 100, 100, 100)
    story.fix(5 * MIN, 6.0)
    assert story.state.silence.frozen.fixes == 0


def test_wifi_and_home_repeat_themselves() -> None:
    assert frozen(known(), *[100] * 9, source=FixSource.WIFI) == []
    assert frozen(known(), *[100] * 9, at_home=True) == []


def test_steps_are_evidence() -> None:
    story = known()
    frozen(story, 60, 60, 60, 60, 70)
    (told,) = silences(story)
    assert (told.evidence["steps_count"], told.evidence["fixes"], told.evidence["silent_s"]) == (310, 5, 300)


def test_an_sos_is_contact_of_its_device_alone() -> None:
    story = known()
    story.hear(sos(10 * MIN, type=SafetyEventType.SOS, device_id="other"))
    assert [each.at for each in story.wait(20 * MIN)] == [at(15 * MIN)]
