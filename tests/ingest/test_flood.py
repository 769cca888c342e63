"""A device that floods is slowed alone; what it says too much is kept, and its calls for help are heard."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence.instants import instant, micros
from geofence.ordering import Admission
from ingest import flood as flood_module
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


def together(flood: Flood, **seconds: float) -> list[bool]:
    """One reading each of several devices, in columns."""
    places = np.array([flood.place(device_id) for device_id in seconds])
    return flood.admits_all(places, np.array([micros(NOW) + round(each * 1e6) for each in seconds.values()])).tolist()


def test_in_columns_so_many_a_minute_and_others_as_before() -> None:
    flood = Flood(MOST)
    for _ in range(MOST):
        assert together(flood, a=0.0) == [True]
    assert together(flood, a=59.999999, b=59.999999) == [False, True]
    assert admitted(flood, [59.999999, 60.0]) == [False, True]
    assert together(flood, b=119.999998, c=0.0) == [True, True]
    assert together(flood, a=119.999999, b=119.999999) == [True, True]
    assert together(flood, a=59.999999, b=119.999998) == [False, False]
    assert together(Flood(0), a=0.0) == [False]


def test_what_the_columns_leave_is_not_counted_before_it_is_asked_about() -> None:
    flood = Flood(MOST)
    assert together(flood, a=60.0) == [True]
    assert [together(flood, a=59.0) for _ in range(OLDER_MIN * MOST)] == [[False]] * OLDER_MIN * MOST
    assert admitted(flood, [59.0] * (OLDER_MIN * MOST + 1)) == [True] * OLDER_MIN * MOST + [False]


def test_in_columns_a_new_minute_has_a_new_allowance_before_it() -> None:
    flood = Flood(MOST)
    assert admitted(flood, [60.0, *[59.0] * (OLDER_MIN * MOST + 1)])[-1] is False
    assert together(flood, a=120.0) == [True]
    assert admitted(flood, [119.0] * (OLDER_MIN * MOST + 1)) == [True] * OLDER_MIN * MOST + [False]


def test_what_columns_forgot_of_the_minutes_before_is_taken_back() -> None:
    flood = Flood(MOST)
    admitted(flood, [60.0, *[59.0] * (OLDER_MIN * MOST)])
    together(flood, a=70.0)
    flood.keep()
    assert together(flood, a=120.0) == [True]
    flood.undo()
    assert admitted(flood, [59.0, 119.0]) == [False, True]


def test_there_is_room_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood_module, "_ROOM", 2)
    flood = Flood(2)
    for many in (1, 2, 3, 50):
        everybody = {f"zb-{n}": 100.0 * many for n in range(many)}
        assert together(flood, **everybody) == [True] * many
    assert [flood.place(device_id) for device_id in everybody] == list(range(50))
    assert together(flood, **everybody) == [True] * 50
    assert together(flood, **everybody) == [False] * 50
    for n in range(100):
        flood.place(f"silent-{n}")
        assert known_of(flood, f"silent-{n}") is None


def test_of_two_batches_in_columns_the_first_is_kept_and_the_second_taken_back() -> None:
    flood = Flood(MOST)
    for several in (1, 3):
        for _ in range(several):
            assert together(flood, a=1.0) == [True]
        flood.seal()
    flood.keep()
    flood.undo_all()
    assert admitted(flood, [1.0] * MOST) == [True] * (MOST - 1) + [False]


class Plain:
    """The same, one by one, with a copy of everything after each batch."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.said: dict[str, tuple[datetime, int, int]] = {}
        self.kept: dict[str, tuple[datetime, int, int]] = {}
        self.sealed: list[dict[str, tuple[datetime, int, int]]] = []

    def admits(self, device_id: str, at: datetime) -> bool:
        since, said, older = self.said.get(device_id, (None, 0, 0))
        if since is None or at - since >= timedelta(minutes=1):
            self.said[device_id] = at, 1, 0
            return self.most > 0
        if at >= since:
            self.said[device_id] = since, said + 1, older
            return said < self.most
        self.said[device_id] = since, said, older + 1
        return older < self.most * OLDER_MIN

    def admits_ordinarily(self, device_id: str, at: datetime) -> bool:
        before = self.said.get(device_id)
        if (before is None or at >= before[0]) and self.admits(device_id, at):
            return True
        self.said = {key: said for key, said in (self.said | {device_id: before}).items() if said}
        return False

    def seal(self) -> None:
        self.sealed.append(dict(self.said))

    def keep(self) -> None:
        self.kept = self.sealed.pop(0) if self.sealed else dict(self.said)

    def undo(self) -> None:
        self.said = dict([self.kept, *self.sealed][-1])

    def undo_all(self) -> None:
        self.said, self.sealed = dict(self.kept), []


#: Around the ends of minutes, to the microsecond.
INSTANTS = st.builds(
    lambda step, us: NOW + timedelta(seconds=20 * step, microseconds=us), st.integers(0, 9), st.integers(-1, 1)
)
DEVICES = st.sampled_from("abcd")
STEPS = st.one_of(
    st.tuples(st.just("one"), DEVICES, INSTANTS),
    st.tuples(st.just("all"), st.dictionaries(DEVICES, INSTANTS, min_size=1), st.booleans()),
    st.tuples(st.sampled_from(["seal", "seal", "keep", "undo", "undo_all"])),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=40), st.integers(1, 3))
def test_however_they_are_counted_and_taken_back_it_is_as_one_by_one(steps: list[tuple], most: int) -> None:
    flood, plain = Flood(most), Plain(most)
    for name, *told in steps:
        if name == "one":
            assert flood.admits(*told) == plain.admits(*told)
        elif name == "all":
            readings, asks = told
            places = np.array([flood.place(device_id) for device_id in readings])
            found = flood.admits_all(places, np.array([micros(at) for at in readings.values()]))
            assert found.tolist() == [plain.admits_ordinarily(*each) for each in readings.items()]
            for each in np.array([*readings.items()], dtype=object)[~found] if asks else ():
                assert flood.admits(*each) == plain.admits(*each)
        else:
            getattr(flood, name)()
            getattr(plain, name)()
        for device_id in "abcd":
            assert known_of(flood, device_id) == plain.said.get(device_id)


def known_of(flood: Flood, device_id: str) -> tuple[datetime, int, int] | None:
    """What is known of a device, from the one place where it stands."""
    alone, place = flood._said.get(device_id), flood._places.get(device_id)
    if place is None:
        return alone
    since_us = flood._since_us.item(place)
    assert (alone is not None) == (since_us == flood_module._ALONE)
    if alone or since_us == flood_module._NOTHING:
        return alone
    return instant(since_us), flood._said_since.item(place), flood._older.item(place)


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
