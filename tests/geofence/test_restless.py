"""A restless night, told once, against a fixed share and against the person's own nights."""

from __future__ import annotations

from datetime import timedelta

import pytest

from geofence.detectors.restless import RestlessState, limit
from geofence.policy import DEFAULT
from tests.geofence.bed_nights import Night, bed_reading
from tests.geofence.scenes import person


def restless(night: Night) -> list[str]:
    return [each.reason for each in night.story.detections if each.kind == "restless"]


def toss(night: Night, clock: str, minutes: int, movement_pct: float = 40.0) -> None:
    """So many minutes of movement, a report every minute."""
    start = night.at(clock)
    for minute in range(minutes):
        night.hear(bed_reading(start + timedelta(minutes=minute), "occupied", movement_pct=movement_pct))


def asleep(night: Night) -> None:
    night.bed("22:30", "occupied", movement_pct=1.0)
    night.bed_every("22:32", "00:59", "occupied", 60, movement_pct=3.0)


@pytest.mark.parametrize(("minutes", "told"), [(29, []), (30, ["much_movement"]), (80, ["much_movement"])])
def test_a_quarter_of_two_hours(minutes: int, told: list[str]) -> None:
    night = Night()
    asleep(night)
    toss(night, "01:00", minutes)
    assert restless(night) == told


def test_the_evidence_is_in_minutes() -> None:
    night = Night()
    asleep(night)
    toss(night, "01:00", 30)
    (told,) = (each for each in night.story.detections if each.kind == "restless")
    assert told.at == night.then("01:29")
    assert told.evidence == {
        "moved_min": 30.0, "window_min": 120.0, "usual_min": None, "limit_min": 30.0, "nights_known": 0,
        "local_time": "01:29", "night": True,
    }  # fmt: skip


@pytest.mark.parametrize(("movement_pct", "told"), [(19.9, []), (20.0, ["much_movement"])])
def test_a_report_is_restless_from_a_fifth_of_movement(movement_pct: float, told: list[str]) -> None:
    night = Night()
    asleep(night)
    toss(night, "01:00", 60, movement_pct)
    assert restless(night) == told


def test_movement_of_more_than_two_hours_ago_is_forgotten() -> None:
    night = Night()
    asleep(night)
    toss(night, "01:00", 20)
    night.bed_every("01:20", "03:04", "occupied", 60, movement_pct=2.0)
    toss(night, "03:05", 20)
    assert restless(night) == []
    assert len(night.story.state.restless.portions) == 4


def test_a_rare_report_stands_for_two_minutes_at_most() -> None:
    night = Night()
    asleep(night)
    for minute in range(0, 60, 5):
        night.bed(f"01:{minute:02}", "occupied", movement_pct=60.0)
    # Twelve reports, of which the first stands for the minute since the one before.
    assert sum(seconds for _, seconds in night.story.state.restless.portions) == 11 * 120 + 60
    assert restless(night) == []


def test_not_by_day_not_out_of_bed_and_not_of_another() -> None:
    night = Night()
    night.bed_every("13:00", "15:00", "occupied", 60, movement_pct=60.0)
    assert restless(night) == []
    night.bed_every("23:00", "23:59", "empty", 60, movement_pct=60.0)
    assert restless(night) == []
    night = Night()
    night.bracelet("22:00", steps=0)
    asleep(night)
    night.bracelet("00:59:10", steps=100)
    night.bracelet("00:59:20", steps=100)
    toss(night, "01:00", 60)
    assert restless(night) == []


def test_once_a_night_and_again_the_next() -> None:
    night = Night()
    for _ in range(2):
        asleep(night)
        toss(night, "01:00", 90)
        toss(night, "04:00", 90)
    assert restless(night) == ["much_movement"] * 2


def test_midnight_is_in_the_middle_of_a_night() -> None:
    night = Night()
    night.bed("22:30", "occupied")
    night.bed_every("22:31", "23:30", "occupied", 60, movement_pct=1.0)
    toss(night, "23:31", 60)
    assert restless(night) == ["much_movement"]
    assert night.story.state.restless.night == "2026-11-20"


@pytest.mark.parametrize(
    ("usual", "share"),
    [
        ((), 0.25),
        ((0.3,) * 6, 0.25),
        ((0.3,) * 7, 0.6),
        ((0.1,) * 14, 0.25),
        ((0.1, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9), 0.25),
    ],
)
def test_the_limit_is_twice_the_usual_worst(usual: tuple[float, ...], share: float) -> None:
    assert limit(RestlessState(usual=usual), DEFAULT) == share


def test_a_person_who_always_tosses_is_told_of_when_it_is_more() -> None:
    night = Night()
    for _ in range(8):
        asleep(night)
        toss(night, "01:00", 24)
        night.bed("05:00", "empty")
        night.bed("05:01", "empty")
    assert len(night.story.state.restless.usual) == 7
    assert restless(night) == []
    toss(night, "05:10", 0)
    asleep(night)
    toss(night, "01:00", 40)
    assert restless(night) == []
    toss(night, "01:40", 10)
    assert restless(night) == ["more_than_usual"]
    (told,) = (each for each in night.story.detections if each.kind == "restless")
    assert (told.evidence["usual_min"], told.evidence["limit_min"], told.evidence["nights_known"]) == (24.0, 48.0, 8)


def test_no_more_nights_than_bounded_are_remembered() -> None:
    night = Night(person(restless_share=0.9))
    for _ in range(16):
        night.bed_every("22:30", "22:32", "occupied", 60)
        toss(night, "23:00", 5)
    assert len(night.story.state.restless.usual) == 14


def test_a_quiet_report_changes_nothing() -> None:
    night = Night()
    asleep(night)
    toss(night, "01:00", 5)
    before = night.story.state.restless
    night.bed("01:06", "occupied", movement_pct=19.0)
    assert night.story.state.restless is before
