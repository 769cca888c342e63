"""A device that floods is slowed alone; what it says too much is kept, and its calls for help are heard."""

from __future__ import annotations

from datetime import timedelta

from geofence.ordering import Admission
from ingest.flood import OLDER_MIN, Flood
from tests.ingest.envelopes import BRACELET, NOW, OTHER, Desk, location, message

MOST = 5


def admitted(flood: Flood, seconds: list[float], device_id: str = "a") -> list[bool]:
    return [flood.admits(device_id, NOW + timedelta(seconds=each)) for each in seconds]


def test_so_many_a_minute_and_others_as_before() -> None:
    flood = Flood(MOST)
    assert admitted(flood, [float(second) for second in range(8)]) == [True] * MOST + [False] * 3
    assert admitted(flood, [8.0], "b") == [True]
    assert admitted(flood, [60.0]) == [True]


def test_what_was_kept_counts_and_what_was_taken_back_does_not() -> None:
    flood = Flood(MOST)
    admitted(flood, [1.0] * 3)
    flood.keep()
    assert admitted(flood, [2.0] * 3) == [True, True, False]
    flood.undo()
    assert admitted(flood, [2.0] * 3) == [True, True, False]
    flood.undo()
    flood.undo()
    assert admitted(flood, [61.0, 2.0]) == [True, True]
    flood.undo()
    assert admitted(flood, [2.0] * 3) == [True, True, False]


def test_ten_minutes_at_once_are_no_flood_in_any_order() -> None:
    seconds = [60.0 * minute + 12 * n for minute in range(OLDER_MIN) for n in range(MOST)]
    assert all(admitted(Flood(MOST), seconds))
    assert all(admitted(Flood(MOST), seconds[::-1]))


def test_the_minutes_before_share_an_allowance() -> None:
    flood = Flood(MOST)
    told = admitted(flood, [300.0, *(float(n) / 10 for n in range(OLDER_MIN * MOST + 3))])
    assert told == [True] * (OLDER_MIN * MOST + 1) + [False] * 3


class TestJudged:
    def desk(self) -> Desk:
        desk = Desk()
        desk.book.flood = Flood(MOST)
        return desk

    def test_what_is_too_much_is_stored_and_moves_nothing(self) -> None:
        desk = self.desk()
        judged = desk.judge(*(location(float(n), east_m=float(n), seq=n) for n in range(8)))
        assert [outcome.admission for outcome in judged.outcomes] == [Admission.LIVE] * 5 + [Admission.SURPLUS] * 3
        assert len(judged.commit.rows["locations"]) == 8
        assert judged.commit.floods == [
            (BRACELET.device_key, NOW + timedelta(seconds=5), NOW + timedelta(seconds=7), 3)
        ]
        (newest,) = desk.book.state(1).order.newest
        assert newest[2] == NOW + timedelta(seconds=4)
        assert desk.numbers[BRACELET.device_key].last == 4
        assert desk.judge(location(8.0)).outcomes[0].admission is Admission.SURPLUS
        assert desk.judge(location(60.0)).outcomes[0].admission is Admission.LIVE

    def test_others_and_calls_for_help_are_heard(self) -> None:
        desk = self.desk()
        flood = [location(n / 10) for n in range(300)]
        help_ = message("event", seconds=31, id="s", type="sos")
        judged = desk.judge(*flood, message("heartbeat", device=OTHER, seconds=31, battery_pct=50.0), help_)
        assert [outcome.admission for outcome in judged.outcomes[-2:]] == [Admission.LIVE] * 2
        assert [detection.kind for detection in judged.detections] == ["sos"]

    def test_a_batch_that_was_not_stored_did_not_count(self) -> None:
        desk = self.desk()
        for _ in range(4):
            judged = desk.judge(*(location(float(n)) for n in range(4)), adopt=False)
            assert {outcome.admission for outcome in judged.outcomes} == {Admission.LIVE}

    def test_old_readings_are_history_and_no_flood(self) -> None:
        desk = self.desk()
        judged = desk.judge(*(location(-3_600.0 - n, delay_s=3_600.0 + n) for n in range(20)), location(0.0))
        assert [outcome.admission for outcome in judged.outcomes] == [Admission.STALE] * 20 + [Admission.LIVE]
        assert judged.commit.floods == []

    def test_what_comes_again_and_who_numbers_anew_is_counted(self) -> None:
        desk = self.desk()
        judged = desk.judge(location(0.0, seq=5), location(0.0, seq=5), location(10.0, seq=6), location(20.0, seq=1))
        assert judged.commit.numbering == [(BRACELET.device_key, 1, 1, NOW + timedelta(seconds=20))]
        judged = desk.judge(location(30.0, seq=2), location(15.0, seq=0), message("status", seconds=31, online=True))
        assert judged.commit.numbering == []
