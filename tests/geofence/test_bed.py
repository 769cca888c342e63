"""Leaving the bed at night: both sides of every threshold, and what beds and people do to them."""

from __future__ import annotations

import itertools
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence import engine, snapshot
from geofence.detectors.bed import in_bed
from geofence.occupancy import TRANSITIONS, Occupancy, Word, said
from geofence.policy import DEFAULT
from geofence.reading import BedReport, BedStatus, Reading, ReadingKind
from tests.geofence.bed_nights import (
    BED,
    EXIT,
    REMINDER,
    Night,
    asleep,
    bed_reading,
    words,
)
from tests.geofence.scenes import BRACELET, person


@pytest.mark.parametrize(
    ("report", "word"),
    [
        (BedReport(status=BedStatus.OCCUPIED), "occupied"),
        (BedReport(status=BedStatus.EDGE), "occupied"),
        (BedReport(status=BedStatus.EMPTY), "empty"),
        (BedReport(status=BedStatus.FAULT, heart_rate_bpm=60.0), None),
        # The quality is that of the vital signs: an empty bed has none.
        (BedReport(status=BedStatus.EMPTY, quality_pct=0.0), "empty"),
        (BedReport(status=BedStatus.EMPTY, heart_rate_bpm=0.0, breathing_rate_bpm=0.0, quality_pct=90.0), "empty"),
        (BedReport(status=BedStatus.EMPTY, heart_rate_bpm=61.0), None),
        (BedReport(status=BedStatus.EMPTY, breathing_rate_bpm=14.0, quality_pct=20.0), None),
        (BedReport(status=BedStatus.EMPTY, heart_rate_bpm=61.0, quality_pct=19.9), "empty"),
        (BedReport(status=BedStatus.OCCUPIED, quality_pct=19.9), None),
        (BedReport(status=BedStatus.OCCUPIED, quality_pct=0.0, movement_pct=0.0, heart_rate_bpm=0.0), None),
        (BedReport(status=BedStatus.OCCUPIED, quality_pct=20.0), "occupied"),
        (BedReport(status=BedStatus.OCCUPIED, quality_pct=5.0, movement_pct=3.0), "occupied"),
        (BedReport(status=BedStatus.OCCUPIED, quality_pct=5.0, heart_rate_bpm=58.0), "occupied"),
    ],
)
def test_what_a_report_says(report: BedReport, word: str | None) -> None:
    assert said(report, DEFAULT) == word


def test_an_exit_is_told_with_the_moment_of_leaving() -> None:
    night = asleep()
    assert night.bed("02:40", "empty") == []
    (told,) = night.bed("02:40:10", "empty")
    assert words([told]) == [EXIT]
    assert (told.at, told.device_id) == (night.then("02:40"), BED)
    assert told.evidence == {
        "left_at": "2026-11-20T18:40:00+00:00", "in_bed_since": "2026-11-20T14:30:00+00:00", "certain_after_s": 10.0,
        "edge_s": None, "unseen_s": None, "back_within_min": 15.0, "usual_rising": False,
        "local_time": "02:40", "night": True,
    }  # fmt: skip


@pytest.mark.parametrize(("seconds", "exits"), [(1, 0), (9, 0), (10, 1), (14, 1)])
def test_empty_for_ten_seconds_by_two_reports(seconds: int, exits: int) -> None:
    night = asleep()
    night.bed("02:40:00", "empty")
    assert len(night.bed(f"02:40:{seconds:02}", "empty")) == exits
    state = night.story.state.bed
    assert (state.occupancy, state.left_at is not None) == (("out", True) if exits else ("leaving", False))


@pytest.mark.parametrize(("seconds", "exits"), [(9, 0), (14, 0), (15, 1)])
def test_one_report_alone_counts_when_nothing_takes_it_back(seconds: int, exits: int) -> None:
    night = asleep()
    night.bed("02:40:00", "empty")
    assert len(night.bed(f"02:40:{seconds:02}", "occupied")) == exits
    assert len(night.wait("02:50")) == 0


@pytest.mark.parametrize(("lain_s", "exits"), [(0, 0), (29, 0), (30, 1), (600, 1)])
def test_only_who_was_in_bed_leaves_it(lain_s: int, exits: int) -> None:
    night = Night()
    start = night.at("23:00")
    night.hear(bed_reading(start, "empty"))
    night.hear(bed_reading(start + timedelta(minutes=5), "occupied"))
    left = start + timedelta(minutes=5, seconds=lain_s or 1)
    night.hear(bed_reading(left, "empty"))
    night.wait("23:30")
    assert night.told.count(EXIT) == exits


def test_nobody_leaves_a_bed_first_seen_empty() -> None:
    night = Night()
    night.bed_every("23:00", "23:59", "empty")
    assert night.told == []
    assert night.story.state.bed.left_at is None


def test_the_edge_is_still_in_bed_and_is_remembered() -> None:
    night = asleep()
    assert night.bed_every("02:40", "02:44", "edge", 60) == []
    assert night.story.state.bed.status is BedStatus.EDGE
    night.bed("02:45", "empty")
    (told,) = night.bed("02:45:10", "empty")
    assert told.evidence["edge_s"] == 300.0
    assert night.story.state.bed.edge_since is None
    night = asleep()
    night.bed("02:40", "edge")
    night.bed("02:41", "occupied")
    night.bed("02:45", "empty")
    (told,) = night.bed("02:45:10", "empty")
    assert told.evidence["edge_s"] is None


@pytest.mark.parametrize(
    ("clock", "night_from", "night_until", "exits"),
    [
        ("21:59:59", time(22), time(6), 0),
        ("22:00:00", time(22), time(6), 1),
        ("05:59:59", time(22), time(6), 1),
        ("06:00:00", time(22), time(6), 0),
        ("13:00:00", time(22), time(6), 0),
        ("13:00:00", time(12), time(15), 1),
    ],
)
def test_the_night_is_the_persons_own(clock: str, night_from: time, night_until: time, exits: int) -> None:
    night = Night(person(night_from=night_from, night_until=night_until), day=date(2026, 11, 19))
    night.asleep("21:00")
    at = night.at(clock)
    night.hear(bed_reading(at, "empty"))
    night.hear(bed_reading(at + timedelta(seconds=10), "empty"))
    assert night.told == [EXIT] * exits


def test_changing_the_linen_by_day_tells_nothing() -> None:
    night = Night()
    night.asleep("09:00")
    night.bed("10:00", "empty")
    night.bed_every("10:02", "10:30", "empty")
    assert night.bed("10:31", "occupied") == []
    assert night.bed_every("14:00", "20:00", "empty") == []


def test_silence_is_not_absence() -> None:
    night = asleep()
    assert [word for word in words(night.wait("10:00")) if not word.startswith("bed_sensor")] == []
    assert night.story.state.bed.occupancy is Occupancy.IN
    # Back on the network in the next night, and empty: an exit with the hours in which nobody knew.
    night.bed("23:30", "empty")
    told = night.bed("23:30:10", "empty")
    assert words(told) == [EXIT]
    assert float(told[0].evidence["unseen_s"] or 0) > 70_000


def test_a_bed_that_cannot_tell_moves_nothing() -> None:
    night = asleep()
    night.bed("02:40", "empty")
    night.bed_every("02:40:05", "03:30", "fault")
    assert (night.story.state.bed.occupancy, night.story.state.bed.status) == ("in", "fault")
    night.bed("03:31", "occupied")
    assert night.told == []
    assert night.story.state.bed.status is BedStatus.OCCUPIED


def test_a_bed_that_fails_before_anything_is_certain_knows_nothing() -> None:
    night = Night()
    night.bed("22:30", "occupied")
    night.bed("22:30:20", "fault")
    assert (night.story.state.bed.occupancy, night.story.state.bed.since) == ("unknown", None)


def test_an_empty_bed_with_a_pulse_is_no_exit() -> None:
    night = asleep()
    told = night.bed_every("02:40", "02:44", "empty", heart_rate_bpm=60.0, quality_pct=90.0)
    assert told == []
    assert night.story.state.bed.occupancy is Occupancy.IN


def test_zeros_are_no_vital_signs() -> None:
    night = asleep()
    zeros = {"heart_rate_bpm": 0.0, "breathing_rate_bpm": 0.0, "movement_pct": 0.0, "quality_pct": 0.0}
    night.bed("02:40", "empty", **zeros)
    assert words(night.bed("02:40:10", "empty", **zeros)) == [EXIT]
    # Nor is an occupied report with nothing in it somebody back in bed.
    night.bed_every("02:42", "02:54", "occupied", **zeros)
    assert words(night.wait("02:55")) == [REMINDER]


@pytest.mark.parametrize(("steps", "exits"), [(39, 1), (40, 0)])
def test_a_bed_in_which_another_lies_for_an_hour(steps: int, exits: int) -> None:
    night = Night()
    night.bracelet("22:00", steps=60, at_home=True)
    night.asleep("22:05")
    night.bracelet("22:10", steps=0, at_home=True)
    night.bed_every("22:12", "22:48", "occupied")
    night.bracelet("22:50", steps=steps, at_home=True)
    policy = night.person.policy
    assert in_bed(night.story.state.bed, night.at("22:50"), policy) is bool(exits)
    night.bed("23:05", "empty")
    night.bed_every("23:05:10", "23:40", "empty")
    assert night.told.count(EXIT) == exits
    assert any(word.startswith("no_return") for word in night.told) is bool(exits)
    assert not night.story.state.bed.other_sleeper, "who lay in it is gone"


def test_steps_on_the_way_to_bed_are_the_persons_own() -> None:
    night = Night()
    night.bracelet("22:00", steps=5)
    night.asleep("22:05")
    night.bracelet("22:08", steps=200)
    assert not night.story.state.bed.other_sleeper


def test_a_second_bed_counts_when_somebody_lies_in_it() -> None:
    night = asleep()
    for minute in range(40, 50):
        night.hear(bed_reading(night.at(f"02:{minute}"), "empty", device_id="zb-bed-2"))
    assert night.told == []
    night.bed("02:50", "empty")
    night.bed("02:50:10", "empty")
    night.hear(bed_reading(night.at("02:51"), "empty", device_id="zb-bed-2"))
    assert night.story.state.bed.device_id == BED
    night.hear(bed_reading(night.at("02:52"), "occupied", device_id="zb-bed-2"))
    night.hear(bed_reading(night.at("02:53"), "occupied", device_id="zb-bed-2"))
    for minute in range(54, 60, 2):
        night.bed(f"02:{minute}", "empty")
        night.hear(bed_reading(night.at(f"02:{minute}:30"), "occupied", device_id="zb-bed-2"))
    assert night.told == [EXIT]
    assert (night.story.state.bed.device_id, night.story.state.bed.occupancy) == ("zb-bed-2", "in")


def test_a_bed_that_was_swapped_begins_anew() -> None:
    night = asleep()
    night.hear(bed_reading(night.at("03:30"), "empty", device_id="zb-bed-2"))
    assert (night.story.state.bed.device_id, night.story.state.bed.left_at) == ("zb-bed-2", None)
    assert EXIT not in night.told


@pytest.mark.parametrize(
    ("day", "minutes"),
    [(date(2026, 10, 24), 15), (date(2026, 3, 28), 15), (date(2026, 11, 20), 15)],
)
def test_a_change_of_the_clocks_changes_no_duration(day: date, minutes: int) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    night = Night(person(time_zone=berlin), day=day)
    night.asleep("23:00")
    night.bed("01:50", "empty")
    left_at = night.at("01:50")
    night.hear(bed_reading(left_at + timedelta(seconds=10), "empty"))
    night.hear(bed_reading(left_at + timedelta(minutes=minutes, seconds=-30), "empty"))
    night.story.state, judgement = engine.run_down(
        night.story.state, night.person, left_at + timedelta(minutes=minutes)
    )
    assert [d.at for d in judgement.detections] == [left_at + timedelta(minutes=minutes)]


def test_in_bed_is_evidence_only_while_it_is_fresh() -> None:
    night = asleep()
    state, policy = night.story.state.bed, night.person.policy
    assert state.heard_at is not None
    assert in_bed(state, state.heard_at + timedelta(minutes=10), policy)
    assert not in_bed(state, state.heard_at + timedelta(minutes=10, seconds=1), policy)
    night.bed("02:40", "edge")
    assert in_bed(night.story.state.bed, night.at("02:40"), policy)
    night.bed("02:41", "empty")
    night.bed("02:41:10", "empty")
    assert not in_bed(night.story.state.bed, night.at("02:41:10"), policy)
    night.bed("02:43", "fault")
    assert not in_bed(night.story.state.bed, night.at("02:43"), policy)


def test_an_ordinary_report_changes_nothing() -> None:
    night = asleep()
    night.bed("02:40", "occupied")
    before = night.story.state.bed
    night.bed("02:42", "occupied")
    assert night.story.state.bed is before
    night.bracelet("02:43", steps=10)
    assert night.story.state.bed is before


STEPS = st.tuples(
    st.sampled_from([1, 5, 9, 10, 15, 30, 60, 120, 600, 900, 4_000]),
    st.sampled_from(["occupied", "empty", "edge", "fault", "bracelet"]),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(STEPS, max_size=60))
def test_whatever_is_said(steps: list[tuple[int, str]]) -> None:
    night, at = Night(), Night().at("21:30")
    heard: list[BedStatus] = []
    for gap_s, status in steps:
        at += timedelta(seconds=gap_s)
        if status == "bracelet":
            values: dict[str, Any] = {"person_id": 1, "device_id": BRACELET, "kind": ReadingKind.HEARTBEAT}
            night.story.hear(Reading(at=at, received_at=at, steps=gap_s % 50, **values))
            continue
        night.story.hear(bed_reading(at, status))
        heard.append(BedStatus(status))
        state = night.story.state.bed
        assert (state.pending_since is not None) == (state.occupancy in (Occupancy.SETTLING, Occupancy.LEAVING))
        assert state.left_at is None or state.occupancy in (Occupancy.OUT, Occupancy.SETTLING)
        assert snapshot.thaw(snapshot.freeze(night.story.state)).bed == state
    exits = [d for d in night.story.detections if d.kind == "bed_exit"]
    # Never more exits than changes to empty, and never a missing return without an exit.
    changes = sum(b is BedStatus.EMPTY and a is not BedStatus.EMPTY for a, b in itertools.pairwise(heard))
    assert len(exits) <= changes
    for told in night.story.detections:
        if told.kind == "no_return":
            assert any(e.at.isoformat() == told.evidence["left_at"] for e in exits)
            assert float(told.evidence["absent_min"] or 0) >= 15


def test_the_table_has_no_way_back_to_not_knowing() -> None:
    assert Occupancy.UNKNOWN not in TRANSITIONS.values()
    assert {word for _, word in TRANSITIONS} == set(Word)


def test_a_bed_whose_clock_restarts_moves_nothing() -> None:
    night = asleep()
    before = night.story.state
    for hours in (1, 24, 24 * 365):
        back_at = night.then("02:38") - timedelta(hours=hours)
        # The wrong clock is old on arrival, and in a short step back late: history both.
        outcome = night.story.hear(bed_reading(back_at, "empty", late_s=5))
        assert outcome.admission in {"late", "stale", "duplicate"}
    assert night.story.state is before
    assert night.told == []
    night.bed("02:40", "occupied")
    assert night.story.state.bed.occupancy is Occupancy.IN
