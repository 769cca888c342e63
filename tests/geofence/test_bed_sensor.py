"""A bed that cannot be believed, told apart from an empty one, on both sides of every threshold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from geofence.detectors.bed_sensor import Reason, suspected
from geofence.policy import DEFAULT
from geofence.reading import BedReport, BedStatus
from tests.geofence.bed_nights import Night, bed_reading
from tests.geofence.scenes import person

ALIVE = {"heart_rate_bpm": 62.0, "breathing_rate_bpm": 14.0, "movement_pct": 2.0, "quality_pct": 90.0}


def faults(night: Night) -> list[str]:
    return [each.reason for each in night.story.detections if each.kind == "bed_sensor_fault"]


def asleep(**thresholds: Any) -> Night:
    night = Night(person(**thresholds))
    night.bed_every("22:30", "01:00", "occupied", **ALIVE)
    return night


@pytest.mark.parametrize(
    ("report", "known", "suspicion"),
    [
        (BedReport(status=BedStatus.FAULT), "shown", "says_fault"),
        (BedReport(status=BedStatus.EMPTY), "shown", None),
        (BedReport(status=BedStatus.EMPTY, heart_rate_bpm=0.0, quality_pct=90.0), "shown", None),
        (BedReport(status=BedStatus.EMPTY, heart_rate_bpm=60.0, quality_pct=20.0), "shown", "contradicts_itself"),
        (BedReport(status=BedStatus.EMPTY, breathing_rate_bpm=14.0), "shown", "contradicts_itself"),
        (BedReport(status=BedStatus.EMPTY, heart_rate_bpm=60.0, quality_pct=19.0), "shown", None),
        (BedReport(status=BedStatus.OCCUPIED), "able", "displaced"),
        (BedReport(status=BedStatus.OCCUPIED), "shown", "vital_signs_lost"),
        (BedReport(status=BedStatus.EDGE, quality_pct=3.0), "shown", "vital_signs_lost"),
        (BedReport(status=BedStatus.OCCUPIED, heart_rate_bpm=0.0, movement_pct=0.0), "able", "displaced"),
        (BedReport(status=BedStatus.OCCUPIED, movement_pct=0.5), "shown", None),
        (BedReport(status=BedStatus.OCCUPIED, breathing_rate_bpm=12.0), "shown", None),
        (BedReport(status=BedStatus.OCCUPIED), "", None),
    ],
)
def test_what_one_report_gives_reason_to_suspect(report: BedReport, known: str, suspicion: str | None) -> None:
    assert suspected(report, DEFAULT, able=bool(known), shown=known == "shown") == suspicion


@pytest.mark.parametrize(
    ("status", "measured", "enough", "reason"),
    [
        ("fault", {}, 300, Reason.SAYS_FAULT),
        ("empty", ALIVE, 300, Reason.CONTRADICTS_ITSELF),
        ("occupied", {"movement_pct": 0.0}, 1800, Reason.VITAL_SIGNS_LOST),
    ],
)
def test_told_when_it_lasts(status: str, measured: dict[str, float], enough: int, reason: Reason) -> None:
    night = asleep()
    start = night.at("01:02")
    for seconds in [*range(0, enough, 60), enough - 1]:
        night.hear(bed_reading(start + timedelta(seconds=seconds), status, **measured))
    assert faults(night) == []
    night.hear(bed_reading(start + timedelta(seconds=enough), status, **measured))
    assert faults(night) == [reason]
    told = next(each for each in night.story.detections if each.kind == "bed_sensor_fault")
    assert told.at == start + timedelta(seconds=enough)
    assert (told.evidence["fault_since"], told.evidence["fault_min"]) == (start.isoformat(), enough / 60)
    assert told.device_id == "zb-bed-1"


@pytest.mark.parametrize("status", ["fault", "occupied"])
def test_a_good_report_in_between_begins_anew(status: str) -> None:
    night = asleep()
    night.bed_every("01:02", "01:06", status, 60)
    night.bed("01:06:30", "occupied", **ALIVE)
    night.bed_every("01:07", "01:11", status, 60)
    night.bed("01:11:30", "occupied", **ALIVE)
    assert faults(night) == []


def test_an_empty_bed_is_no_fault_however_long() -> None:
    night = asleep()
    zeros = {"heart_rate_bpm": 0.0, "breathing_rate_bpm": 0.0, "movement_pct": 0.0, "quality_pct": 0.0}
    night.bed_every("01:02", "23:58", "empty", 600, **zeros)
    assert faults(night) == []
    # Nor is an empty bed that falls silent: nobody lies in it.
    night.wait("18:00")
    assert faults(night) == []


@pytest.mark.parametrize(("minutes", "told"), [(118, []), (120, ["displaced"])])
def test_what_never_shows_a_pulse_is_linen_or_a_sensor_that_slipped(minutes: int, told: list[str]) -> None:
    night = asleep()
    night.bed_every("01:02", "10:00", "empty")
    start = night.at("10:02")
    for minute in range(0, minutes + 1, 2):
        night.hear(bed_reading(start + timedelta(minutes=minute), "occupied", movement_pct=0.0))
    assert faults(night) == told


def test_somebody_who_walks_has_not_lost_their_pulse_in_bed() -> None:
    night = asleep()
    night.bracelet("01:01", steps=0)
    night.bracelet("01:05", steps=80)
    night.bed_every("01:06", "01:40", "occupied", movement_pct=0.0)
    assert faults(night) == ["displaced"]


def test_a_mat_that_never_shows_a_pulse_is_not_displaced() -> None:
    night = Night()
    night.bed_every("22:30", "06:00", "occupied")
    assert faults(night) == []


@pytest.mark.parametrize(("silent_min", "told"), [(29, []), (30, ["unplugged"])])
def test_unplugged_while_somebody_lies_in_it(silent_min: int, told: list[str]) -> None:
    night = asleep()
    night.wait(f"01:{silent_min}:59" if silent_min < 30 else "01:30")
    assert faults(night) == told
    assert night.told == []


def test_unplugged_says_since_when() -> None:
    night = asleep()
    (told,) = (each for each in night.wait("02:00") if each.kind == "bed_sensor_fault")
    assert told.evidence == {
        "fault_since": "2026-11-20T17:00:00+00:00", "fault_min": 30.0, "bed": "occupied", "local_time": "01:30",
        "night": True,
    }  # fmt: skip


def test_what_falls_silent_is_suspected_of_nothing_else() -> None:
    night = asleep(bed_flat_for=timedelta(minutes=20))
    night.bed("01:01", "occupied")
    night.wait("04:00")
    assert faults(night) == ["unplugged"]


def test_the_half_hour_of_silence_begins_with_the_last_report() -> None:
    night = Night()
    for clock in ("22:30", "22:50", "22:55"):
        night.bed(clock, "occupied", **ALIVE)
    (told,) = (each for each in night.wait("23:50") if each.kind == "bed_sensor_fault")
    assert told.at == night.then("23:25")


def test_a_fault_that_goes_on_is_told_once() -> None:
    night = asleep()
    night.bed_every("01:02", "12:58", "fault")
    assert faults(night) == ["says_fault"]


def test_a_fault_is_told_again_after_half_a_day() -> None:
    night = asleep()
    night.bed_every("01:02", "01:10", "fault")
    night.bed_every("01:12", "13:00", "occupied", 600, **ALIVE)
    night.bed_every("13:02", "13:10", "fault")
    assert faults(night) == ["says_fault"] * 2


def test_a_loose_plug_is_told_once_a_night() -> None:
    night = asleep()
    for clock in ("02:00", "03:00", "04:00"):
        night.bed(clock, "occupied", **ALIVE)
    assert faults(night) == ["unplugged"]


def test_another_bed_says_nothing_about_this_one() -> None:
    night = asleep()
    for minute in range(2, 30):
        night.bed(f"01:{minute:02}", "occupied", **ALIVE)
        night.hear(bed_reading(night.at(f"01:{minute:02}:30"), "fault", device_id="zb-bed-2"))
    assert faults(night) == []
    assert night.story.state.bed_sensor.device_id == "zb-bed-1"


def test_an_ordinary_report_changes_nothing() -> None:
    night = asleep()
    before = night.story.state.bed_sensor
    night.bed("01:02", "occupied", **ALIVE)
    assert night.story.state.bed_sensor is before
