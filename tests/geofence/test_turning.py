"""A reminder to turn somebody who cannot turn alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.geofence.bed_nights import Night
from tests.geofence.scenes import person


def night_of(hours: float = 2.0) -> Night:
    night = Night(person(turn_every=timedelta(hours=hours)))
    night.asleep("22:00")
    return night


def reminders(night: Night) -> list[str]:
    return [night.person.local(d.at).strftime("%H:%M") for d in night.story.detections if d.kind == "turn_reminder"]


def test_off_until_it_is_set() -> None:
    night = Night()
    night.asleep("22:00")
    night.bed_every("22:02", "10:00", "occupied", movement_pct=0.5)
    assert reminders(night) == []
    assert night.story.state.turning.turned_at is None


def test_every_two_hours_without_a_turn() -> None:
    night = night_of()
    night.bed_every("22:02", "23:58", "occupied", movement_pct=2.0)
    assert reminders(night) == []
    night.bed_every("00:00", "04:10", "occupied", movement_pct=2.0)
    assert reminders(night) == ["00:00", "02:00", "04:00"]


@pytest.mark.parametrize(("movement_pct", "told"), [(29.9, ["00:00"]), (30.0, ["01:10"])])
def test_a_burst_of_movement_begins_anew(movement_pct: float, told: list[str]) -> None:
    night = night_of()
    night.bed_every("22:02", "23:08", "occupied", movement_pct=2.0)
    night.bed("23:10", "occupied", movement_pct=movement_pct)
    night.bed_every("23:12", "01:12", "occupied", movement_pct=2.0)
    assert reminders(night) == told


def test_the_evidence_says_since_when() -> None:
    night = night_of()
    night.bed_every("22:02", "00:02", "occupied", movement_pct=2.0)
    (told,) = (each for each in night.story.detections if each.kind == "turn_reminder")
    assert (told.reason, told.device_id) == ("not_turned", "zb-bed-1")
    assert told.evidence == {
        "turned_at": "2026-11-20T14:00:00+00:00", "still_min": 120.0, "turn_every_min": 120.0, "local_time": "00:00",
        "night": True,
    }  # fmt: skip


def test_leaving_the_bed_begins_anew() -> None:
    night = night_of()
    night.bed_every("22:02", "23:30", "occupied", movement_pct=2.0)
    night.bed_every("23:32", "23:40", "empty")
    assert night.story.state.turning.turned_at is None
    night.bed_every("23:42", "01:40", "occupied", movement_pct=2.0)
    assert reminders(night) == []
    night.bed_every("01:42", "01:44", "occupied", movement_pct=2.0)
    assert reminders(night) == ["01:42"]


def test_a_silent_bed_is_asked_again_and_nothing_is_told_meanwhile() -> None:
    night = night_of()
    night.bed_every("22:02", "23:49", "occupied", movement_pct=2.0)
    night.wait("01:30")
    assert reminders(night) == []
    night.bed_every("01:32", "01:44", "occupied", movement_pct=2.0)
    assert reminders(night) == ["01:40"]


@pytest.mark.parametrize(("last", "told"), [("23:49", []), ("23:50", ["00:00"])])
def test_heard_within_ten_minutes_is_not_silent(last: str, told: list[str]) -> None:
    night = night_of()
    night.bed_every("22:02", "23:48", "occupied", movement_pct=2.0)
    night.bed(last, "occupied", movement_pct=2.0)
    night.wait("00:05")
    assert reminders(night) == told


def test_another_in_the_bed_is_not_turned() -> None:
    night = night_of()
    night.bracelet("22:10", steps=0)
    night.bracelet("22:20", steps=60)
    night.bed_every("22:22", "01:00", "occupied", movement_pct=2.0)
    assert reminders(night) == []


def test_a_bed_that_cannot_tell_does_not_say_that_nobody_was_turned() -> None:
    night = night_of()
    night.bed_every("22:02", "23:00", "occupied", movement_pct=2.0)
    night.bed_every("23:02", "00:30", "fault")
    assert reminders(night) == []


def test_switched_off_while_somebody_lies_there() -> None:
    night = night_of()
    night.bed_every("22:02", "23:00", "occupied", movement_pct=2.0)
    night.person = person()
    night.story.person = night.person
    night.bed_every("23:02", "00:30", "occupied", movement_pct=2.0)
    assert reminders(night) == []
    assert night.story.state.turning.turned_at is None


def test_an_ordinary_report_changes_nothing() -> None:
    night = night_of()
    night.bed_every("22:02", "22:20", "occupied", movement_pct=2.0)
    before = night.story.state.turning
    night.bed("22:22", "occupied", movement_pct=3.0)
    assert night.story.state.turning is before
