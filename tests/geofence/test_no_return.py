"""Not coming back to bed: the deadline, the morning, the bracelet, and a bed that stopped reporting."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from geofence.detectors.zone import Safety, ZoneState
from geofence.reading import ReadingKind
from tests.geofence.bed_nights import (
    EXIT,
    MOVING,
    OVERDUE,
    REMINDER,
    UNTOLD,
    Night,
    asleep,
    bed_reading,
    up_since_0240,
    words,
)
from tests.geofence.scenes import BRACELET


def test_not_back_a_reminder_and_then_overdue() -> None:
    night = up_since_0240()
    assert night.bed_every("02:42", "02:54", "empty") == []
    (told,) = night.wait("02:55")
    assert words([told]) == [REMINDER]
    assert told.at == night.at("02:55")
    assert told.evidence == {
        "left_at": "2026-11-20T18:40:00+00:00", "absent_min": 15.0, "back_within_min": 15.0, "absences_known": 0,
        "moved_at": None, "bed_heard_at": "2026-11-20T18:54:00+00:00", "safety": "unknown",
        "local_time": "02:55", "night": True,
    }  # fmt: skip
    assert night.story.state.bed.told_no_return
    assert night.bed_every("02:56", "03:04", "empty") == []
    assert words(night.wait("03:05")) == [OVERDUE]
    assert night.bed_every("03:06", "05:58", "empty") == []


@pytest.mark.parametrize(
    ("back", "told"),
    [("02:54:31", []), ("02:54:59", []), ("02:55:01", [REMINDER]), ("03:04:59", [REMINDER])],
)
def test_back_ends_it(back: str, told: list[str]) -> None:
    night = up_since_0240()
    night.bed_every("02:42", "02:54", "empty")
    night.bed(back, "occupied")
    night.bed_every("03:05", "04:30", "occupied")
    assert night.told == [EXIT, *told]
    assert night.story.state.bed.left_at is None
    assert not night.story.state.bed.told_no_return


def clears(night: Night) -> list[str]:
    return [d.reason for d in night.story.detections if d.kind == "zone_enter"]


def test_who_was_told_hears_of_the_return() -> None:
    night = up_since_0240()
    night.bed_every("02:42", "02:56", "empty")
    night.bed("02:58", "occupied")
    night.bed("03:00", "occupied")
    assert clears(night) == ["back_in_bed"]
    told = night.story.detections[-1]
    assert told.at == night.then("02:58")
    assert told.evidence == {
        "left_at": "2026-11-20T18:40:00+00:00", "absent_min": 18.0, "local_time": "02:58", "night": True,
    }  # fmt: skip


def test_nobody_hears_of_a_return_who_heard_of_no_absence() -> None:
    night = up_since_0240()
    night.bed("02:50", "occupied")
    night.bed("02:52", "occupied")
    assert clears(night) == []


@pytest.mark.parametrize(("safety", "cleared"), [("inside", 1), ("suspect", 0), ("outside", 0)])
def test_another_in_the_bed_is_no_return_of_who_is_outside(safety: str, cleared: int) -> None:
    night = up_since_0240()
    night.bed_every("02:42", "02:56", "empty")
    zone = ZoneState(safety=Safety(safety))
    night.story.state = msgspec.structs.replace(night.story.state, zone=zone)
    night.bed("02:57:10", "occupied")
    night.bed("02:57:50", "occupied")
    assert len(clears(night)) == cleared


def test_half_a_minute_on_the_bed_is_no_return() -> None:
    night = up_since_0240()
    night.bed_every("02:42", "02:54", "empty")
    night.bed("02:54:50", "occupied")
    assert night.bed("02:55:15", "empty") == []
    # It was due at 02:55, and somebody who sat down for a moment is told of at once.
    assert words(night.bed("02:55:25", "empty")) == [REMINDER]
    assert night.story.detections[-1].at == night.then("02:55:15")
    assert night.story.state.bed.left_at == night.story.state.bed.since == night.then("02:40")


@pytest.mark.parametrize(
    ("clock", "told"),
    [("05:20", [REMINDER, OVERDUE]), ("05:40", [REMINDER]), ("05:44", [REMINDER]), ("05:45", []), ("05:50", [])],
)
def test_the_morning_ends_it(clock: str, told: list[str]) -> None:
    night = asleep(rising_early=timedelta(0))
    night.bed_every("02:40", "05:18", "occupied")
    night.bed(clock, "empty")
    night.bed_every(f"{clock}:30", "08:00", "empty")
    assert night.told == [EXIT, *told]


def test_a_new_bed_asks_after_nobody_who_rises_in_the_morning() -> None:
    """Nothing is known of them yet; the last hour and a quarter of the night is theirs to rise in."""
    early, late = asleep(), asleep()
    for night, clock in ((early, "04:44"), (late, "04:46")):
        night.bed_every("02:40", "04:42", "occupied")
        night.bed(clock, "empty")
        night.bed_every(f"{clock}:30", "08:00", "empty")
    assert early.told == [EXIT, REMINDER, OVERDUE]
    assert late.told == [EXIT]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"steps": 8, "at_home": True}, MOVING),
        ({"steps": 8}, MOVING),
        ({"steps": 7, "at_home": True}, REMINDER),
        ({"steps": 30, "at_home": False}, REMINDER),
        ({"at_home": True}, REMINDER),
    ],
)
def test_steps_at_home_soften_it_and_do_not_drop_it(said: dict[str, Any], reason: str) -> None:
    night = up_since_0240()
    night.bracelet("02:46", **said)
    night.bed_every("02:48", "02:54", "empty")
    assert words(night.wait("02:55")) == [reason]


@pytest.mark.parametrize(("walked", "reason"), [("02:44:59", REMINDER), ("02:45", MOVING)])
def test_steps_of_long_ago_do_not_count(walked: str, reason: str) -> None:
    night = up_since_0240()
    night.bracelet(walked, steps=20, at_home=True)
    night.bed_every("02:46", "02:54", "empty")
    assert words(night.wait("02:55")) == [reason]


def test_while_the_steps_go_on_nobody_is_told_again_and_then_they_are() -> None:
    night = up_since_0240()
    for clock in ("02:50", "03:00", "03:10"):
        night.bracelet(clock, steps=20, at_home=True)
        night.bed(f"{clock}:30", "empty")
    assert night.told == [EXIT, MOVING]
    night.bed_every("03:12", "03:24", "empty")
    assert words(night.wait("03:25")) == [OVERDUE]


def test_outside_is_overdue_at_once() -> None:
    night = up_since_0240()
    for clock, east_m in (("02:46", 0.0), ("02:52", 260.0), ("02:52:40", 290.0)):
        night.walk(clock, east_m)
    night.bed("02:54", "empty")
    assert words(night.wait("02:55")) == [OVERDUE]
    assert night.story.detections[-1].evidence["safety"] == "outside"


def test_the_bracelet_is_asked_for_a_fix() -> None:
    night = asleep()
    night.bracelet("02:39")
    night.bed("02:40", "empty")
    night.bed_every("02:41", "02:54", "empty")
    known = len(night.story.commands)
    night.wait("02:55")
    (command,) = night.story.commands[known:]
    assert (command.device_id, command.type, command.reason) == (BRACELET, "locate", "no_return")


def test_of_two_bracelets_the_one_heard_last_is_asked() -> None:
    night = asleep()
    for clock, device in (
        ("02:38:30", "zb-000001"),
        ("02:39", "zb-000000"),
        ("02:39:30", "zb-000002"),
        ("02:39:40", "zb-000001"),
    ):
        night.bracelet(clock, device_id=device)
    night.bed("02:40", "empty")
    night.bed_every("02:41", "02:54", "empty")
    night.wait("02:55")
    assert night.story.commands[-1].device_id == "zb-000001"


@pytest.mark.parametrize(("last_word", "reason"), [("02:44:50", UNTOLD), ("02:45", REMINDER)])
def test_a_bed_that_stopped_reporting_is_said_to(last_word: str, reason: str) -> None:
    night = up_since_0240()
    night.bed(last_word, "empty")
    assert words(night.wait("02:55")) == [reason]


@pytest.mark.parametrize(
    "said", [{"device_id": "zb-bed-2"}, {"kind": ReadingKind.HEARTBEAT, "bed": None, "battery_pct": 90.0}]
)
def test_neither_another_bed_nor_its_own_sign_of_life_speaks_for_it(said: dict[str, Any]) -> None:
    """Only its own word says that nobody lies in it, whichever was heard first."""
    night = Night()
    night.hear(msgspec.structs.replace(bed_reading(night.at("22:00"), "empty"), **said))
    night.asleep("22:30")
    night.bed_every("22:35", "02:38", "occupied")
    night.bed_every("02:40", "02:40:10", "empty", 10)
    night.hear(msgspec.structs.replace(bed_reading(night.at("02:50"), "empty"), **said))
    assert words(night.wait("02:55")) == [UNTOLD]


def test_a_bed_heard_again_tells_of_the_absence() -> None:
    night = up_since_0240()
    assert words(night.wait("02:56")) == [UNTOLD]
    assert night.bed_every("03:00", "03:04", "empty") == []
    assert words(night.wait("03:05")) == [OVERDUE]


def test_a_bed_that_stays_silent_is_told_once() -> None:
    night = up_since_0240()
    assert words(night.wait("05:59")) == [UNTOLD]


def test_a_fault_while_out_says_that_the_bed_cannot_tell() -> None:
    night = up_since_0240()
    night.bed_every("02:41", "02:43", "fault")
    told = night.bed_every("02:44", "02:56", "fault")
    assert UNTOLD in words(told)
