"""We were away ourselves: what passed meanwhile is no alert, and who is silent when we are back is found all the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from geofence.absence import Absence, between
from geofence.memory import Memory
from geofence.reading import BedReport, BedStatus, Reading
from tests.geofence.impacts import bed as bed_saying
from tests.geofence.impacts import impact
from tests.geofence.scenes import Story, at, fix, person, reading

MIN, HOUR, DAY = 60.0, 3_600.0, 86_400.0
#: 02:40 in Zibo; the story begins at 20:00.
UP = 6 * HOUR + 40 * MIN


def bed(seconds: float, status: str, *, flat: bool = False) -> Reading:
    """A report of a bed that shows a pulse of whoever lies in it."""
    bpm = 60.0 if status == "occupied" and not flat else None
    return msgspec.structs.replace(
        bed_saying(seconds, status), bed=BedReport(status=BedStatus(status), heart_rate_bpm=bpm)
    )


def told(story: Story, *kinds: str) -> list[tuple[str, str]]:
    return [(str(each.kind), str(each.reason)) for each in story.detections if each.kind in kinds]


def at_home(**further: Any) -> Story:
    """A bracelet that was heard at home, and not since."""
    story = Story(person(**further))
    story.fix(0, 5.0)
    story.fix(MIN, 5.0)
    return story


def outside(**further: Any) -> Story:
    """Somebody whose exit was told, and who spoke every minute until a minute after."""
    story = at_home(**further)
    for minute in range(2, 6):
        story.fix(minute * MIN, 300.0 + 60 * minute)
    assert told(story, "zone_exit")
    return story


class TestSpans:
    def test_a_gap_is_an_absence(self) -> None:
        spans = [(at(0), at(100)), (at(400), at(500)), (at(510), at(600))]
        assert between(spans, timedelta(seconds=120)) == (Absence(since=at(100), until=at(400)),)

    def test_the_least_gap(self) -> None:
        spans = [(at(0), at(100)), (at(220), at(300))]
        assert between(spans, timedelta(seconds=120)) == ()
        assert between(spans, timedelta(seconds=119)) == (Absence(since=at(100), until=at(220)),)

    def test_a_clock_set_back_is_no_absence(self) -> None:
        spans = [(at(0), at(1_000)), (at(200), at(300)), (at(900), at(1_100))]
        assert between(spans, timedelta(seconds=120)) == ()

    @pytest.mark.parametrize(
        ("deadline", "put_off"),
        [(99, 99), (100, 100), (101, 700), (400, 700), (401, 700), (699, 700), (700, 700), (701, 701)],
    )
    def test_put_off_by_as_much_as_we_were_away(self, deadline: int, put_off: int) -> None:
        absence = Absence(since=at(100), until=at(400))
        assert absence.put_off(at(deadline), timedelta(hours=1)) == at(put_off)

    def test_put_off_by_the_patience_at_most(self) -> None:
        absence = Absence(since=at(100), until=at(400))
        assert absence.put_off(at(200), timedelta(seconds=60)) == at(460)
        assert absence.put_off(None, timedelta(seconds=60)) is None


class TestSilence:
    def test_without_an_absence_a_day_is_a_silence(self) -> None:
        story = at_home()
        story.fix(DAY, 5.0)
        assert told(story, "silence") == [("silence", "no_contact")]

    def test_heard_again_in_time(self) -> None:
        story = at_home()
        story.away(2 * MIN, DAY)
        story.wait(DAY + 59 * MIN)
        story.fix(DAY + 59 * MIN, 5.0)
        story.wait(DAY + 61 * MIN)
        assert told(story, "silence") == []

    def test_who_stays_silent_is_found(self) -> None:
        """The patience with a device whose habits are not known is an hour."""
        story = at_home()
        story.away(2 * MIN, DAY)
        assert story.wait(DAY + HOUR - 0.001) == []
        (found,) = story.wait(DAY + HOUR)
        assert (found.kind, found.reason, found.at) == ("silence", "no_contact", at(DAY + HOUR))

    def test_outside_it_is_five_minutes(self) -> None:
        story = outside()
        story.away(6 * MIN, DAY)
        assert story.wait(DAY + 5 * MIN - 0.001) == []
        story.wait(DAY + 5 * MIN)
        assert told(story, "silence") == [("silence", "no_contact_outside")]

    def test_a_short_absence_costs_no_more_than_itself(self) -> None:
        story = outside()
        story.away(8 * MIN, 11 * MIN)
        assert story.wait(14 * MIN - 0.001) == []
        assert [each.at for each in story.wait(14 * MIN)] == [at(14 * MIN)]

    def test_due_right_after_our_return_is_too_soon_as_well(self) -> None:
        """Most of the hour in which it did not speak was ours."""
        story = at_home()
        story.away(2 * MIN, 59 * MIN)
        assert story.wait(116 * MIN - 0.001) == []
        assert [each.at for each in story.wait(116 * MIN)] == [at(116 * MIN)]

    def test_what_was_due_before_we_left_is_told_in_time(self) -> None:
        story = outside()
        story.away(11 * MIN, DAY)
        story.wait(DAY)
        (found,) = [each for each in story.detections if each.kind == "silence"]
        assert found.at == at(10 * MIN)

    def test_fixes_have_time_to_come(self) -> None:
        story = at_home()
        story.away(2 * MIN, DAY)
        for minute in range(0, 2 * 60, 10):
            story.hear(reading(DAY + minute * MIN, battery_pct=60.0))
        assert told(story, "silence") == []
        story.hear(reading(DAY + 2 * HOUR, battery_pct=60.0))
        assert told(story, "silence") == [("silence", "contact_but_no_fix")]

    def test_it_spoke_without_a_place_until_we_left(self) -> None:
        story = at_home()
        for minute in range(5, 115, 5):
            story.hear(reading(minute * MIN, battery_pct=60.0))
        story.away(115 * MIN, DAY)
        story.hear(reading(DAY + MIN, battery_pct=60.0))
        story.fix(DAY + 2 * MIN, 5.0)
        assert told(story, "silence") == []

    def test_two_absences(self) -> None:
        story = at_home()
        story.away(2 * MIN, DAY)
        story.away(DAY + 30 * MIN, DAY + 3 * HOUR)
        assert story.wait(DAY + 4 * HOUR - 0.001) == []
        assert [each.at for each in story.wait(DAY + 4 * HOUR)] == [at(DAY + 4 * HOUR)]


class TestZone:
    def test_a_suspicion_has_time_to_be_taken_back(self) -> None:
        story = at_home()
        story.fix(2 * MIN, 260.0)
        assert story.safety == "suspect"
        story.away(3 * MIN, DAY)
        story.fix(DAY + 2 * MIN, 5.0)
        story.wait(DAY + HOUR)
        assert told(story, "zone_exit") == []

    def test_who_says_nothing_may_have_left(self) -> None:
        story = at_home()
        story.fix(2 * MIN, 260.0)
        story.away(3 * MIN, DAY)
        assert story.wait(DAY + 5 * MIN - 0.001) == []
        assert [each.reason for each in story.wait(DAY + 5 * MIN)] == ["silent_while_suspected"]

    def test_still_outside_is_not_said_of_who_is_back(self) -> None:
        story = outside()
        story.away(6 * MIN, DAY)
        story.fix(DAY + MIN, 5.0)
        story.wait(DAY + HOUR)
        assert [reason for _, reason in told(story, "zone_exit")].count("still_outside") == 0

    def test_still_outside_is_said_of_who_is(self) -> None:
        story = outside()
        story.away(6 * MIN, DAY)
        for minute in range(1, 7):
            story.fix(DAY + minute * MIN, 600.0)
        assert [reason for _, reason in told(story, "zone_exit")].count("still_outside") == 1


def slept(**further: Any) -> Story:
    """In bed from 01:40 to 02:40, and out of it then."""
    story = Story(person(**further))
    story.fix(UP - HOUR - 100, 0.0, steps=0)
    for seconds in range(3_600, 0, -100):
        story.hear(bed(UP - seconds, "occupied"))
    return story


def left(**further: Any) -> Story:
    story = slept(**further)
    for number in range(3):
        story.hear(bed(UP + 10 * number, "empty"))
    assert told(story, "bed_exit")
    return story


class TestBed:
    def test_back_in_it_when_we_are_back(self) -> None:
        story = left()
        story.away(UP + MIN, UP + HOUR)
        for number in range(10):
            story.hear(bed(UP + HOUR + 20 * number, "occupied"))
        story.wait(UP + 3 * HOUR)
        assert told(story, "no_return") == []

    def test_not_back_when_we_are_is_asked_after(self) -> None:
        story = left()
        story.away(UP + MIN, UP + HOUR)
        for minute in range(1, 21, 2):
            story.hear(bed(UP + HOUR + minute * MIN, "empty"))
        assert told(story, "no_return") == [("no_return", "reminder")]
        (asked,) = [each for each in story.detections if each.kind == "no_return"]
        assert asked.at == at(UP + HOUR + 10 * MIN)

    def test_a_day_between_ends_it(self) -> None:
        """Back in the next night: whoever left the bed in the last one has risen since."""
        story = left()
        story.away(UP + MIN, UP + DAY)
        for minute in range(1, 60, 2):
            story.hear(bed(UP + DAY + minute * MIN, "empty"))
        assert told(story, "no_return") == []

    def test_nobody_lay_in_it_all_the_time_we_were_away(self) -> None:
        """In bed at 02:40 and in bed a day later: they have been up."""
        story = slept()
        story.away(UP, UP + DAY)
        for minute in range(1, 120, 2):
            story.hear(bed(UP + DAY + minute * MIN, "occupied"))
        assert told(story, "still_in_bed") == []
        # In bed from our return at 02:40 until 11:00: told as ever.
        for minute in range(120, 9 * 60, 2):
            story.hear(bed(UP + DAY + minute * MIN, "occupied"))
        assert told(story, "still_in_bed") == [("still_in_bed", "later_than_fixed")]

    def test_in_it_since_the_night_when_we_were_away_for_a_moment(self) -> None:
        story = slept()
        rises = 15 * HOUR
        for seconds in range(int(UP), int(rises - MIN), 120):
            story.hear(bed(seconds, "occupied"))
        story.away(rises - 5 * MIN, rises + 5 * MIN)
        for minute in range(5, 30, 2):
            story.hear(bed(rises + minute * MIN, "occupied"))
        (found,) = [each for each in story.detections if each.kind == "still_in_bed"]
        assert found.at == at(rises + 15 * MIN)

    def test_a_bed_has_time_to_report(self) -> None:
        story = slept()
        story.away(UP, UP + DAY)
        story.hear(bed(UP + DAY + 2 * MIN, "occupied"))
        story.wait(UP + DAY + 20 * MIN)
        assert told(story, "bed_sensor_fault") == []

    def test_a_bed_that_stays_silent_is_told(self) -> None:
        story = slept()
        story.away(UP, UP + DAY)
        assert told(story, "bed_sensor_fault") == []
        story.wait(UP + DAY + 10 * MIN - 0.001)
        assert told(story, "bed_sensor_fault") == []
        story.wait(UP + DAY + 10 * MIN)
        assert told(story, "bed_sensor_fault") == [("bed_sensor_fault", "unplugged")]

    def test_a_lost_pulse_is_not_lost_for_the_time_we_were_away(self) -> None:
        story = slept()
        for minute in range(1, 30, 2):
            story.hear(bed(UP + minute * MIN, "occupied", flat=True))
        story.away(UP + 30 * MIN, UP + HOUR)
        story.hear(bed(UP + HOUR + MIN, "occupied"))
        story.wait(UP + HOUR + 5 * MIN)
        assert told(story, "bed_sensor_fault") == []

    def test_who_may_have_been_turned_is_not_reminded_of(self) -> None:
        story = slept(turn_every=timedelta(hours=2))
        story.away(UP, UP + DAY)
        for minute in range(1, 119, 2):
            story.hear(bed(UP + DAY + minute * MIN, "occupied"))
        assert told(story, "turn_reminder") == []
        for minute in range(119, 130, 2):
            story.hear(bed(UP + DAY + minute * MIN, "occupied"))
        assert told(story, "turn_reminder") == [("turn_reminder", "not_turned")]


class TestBracelet:
    def test_off_and_on_again_while_we_were_away(self) -> None:
        story = at_home()
        for second in (0, 30):
            story.hear(reading(2 * MIN + second, worn=False))
        story.away(10 * MIN, DAY)
        story.hear(reading(DAY + 5 * MIN, worn=True))
        story.wait(DAY + HOUR)
        assert told(story, "strap_removed") == []

    def test_off_and_still_off(self) -> None:
        story = at_home()
        for second in (0, 30):
            story.hear(reading(2 * MIN + second, worn=False))
        story.away(10 * MIN, DAY)
        story.hear(reading(DAY + 5 * MIN, worn=False))
        assert told(story, "strap_removed") == []
        story.wait(DAY + 15 * MIN)
        assert told(story, "strap_removed") == [("strap_removed", "not_worn")]

    def test_hours_without_a_message_are_no_hours_without_a_step(self) -> None:
        story = left()
        story.hear(reading(UP + MIN, steps=0, worn=True))
        story.away(UP + 2 * MIN, UP + DAY)
        for minute in range(1, 20, 2):
            story.hear(reading(UP + DAY + minute * MIN, steps=0, worn=True))
        assert told(story, "bedside_fall") == []

    @pytest.mark.parametrize(("gap_min", "falls"), [(15, 1), (15.1, 0)])
    def test_nor_is_a_quarter_of_an_hour_without_us_being_away(self, gap_min: float, falls: int) -> None:
        story = left()
        story.hear(reading(UP + MIN, steps=0, worn=True))
        for minute in (0, 1, 6, 8):
            story.hear(reading(UP + (1 + gap_min + minute) * MIN, steps=0, worn=True))
        assert len(told(story, "bedside_fall")) == falls

    def test_a_bracelet_first_heard_long_after_the_exit_shows_nothing(self) -> None:
        story = left()
        for minute in (20, 22, 24, 30):
            story.hear(reading(UP + minute * MIN, steps=0, worn=True))
        assert told(story, "bedside_fall") == []

    def test_an_impact_is_told_however_late(self) -> None:
        story = at_home()
        story.hear(impact(2 * MIN))
        story.away(2 * MIN + 1, DAY)
        story.fix(DAY + MIN, 5.0)
        assert told(story, "fall")


def test_it_makes_no_difference_when_a_deadline_is_looked_at() -> None:
    """By a timer, by the next reading, or in a batch with everything else."""
    readings = [
        reading(0, fix(5.0)),
        reading(MIN, fix(5.0)),
        reading(DAY + 59 * MIN, fix(5.0)),
        reading(2 * DAY, fix(5.0)),
    ]
    by_readings = Story()
    by_readings.away(2 * MIN, DAY)
    for each in readings:
        by_readings.hear(each)
    by_timers = Story()
    by_timers.away(2 * MIN, DAY)
    for each in readings:
        for minute in range(0, 2 * 24 * 60, 7):
            if at(minute * MIN) < each.at:
                by_timers.wait(minute * MIN)
        by_timers.hear(each)
    memory = Memory()
    memory.absences = by_readings.absences
    outcomes = memory.judge_all(readings[:2], {1: by_readings.person})
    assert memory.run_down(by_readings.person, at(DAY + 30 * MIN)).detections == ()
    outcomes += memory.judge_all(readings[2:], {1: by_readings.person})
    together = [each for outcome in outcomes for each in outcome.judgement.detections]
    assert by_readings.detections == by_timers.detections == together
    assert len(together) == 1
    assert memory.state(1) == by_readings.state
