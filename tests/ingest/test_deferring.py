"""Rows that are put off: written in time, once, whole; and nothing is unknown after a crash in between."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from ingest.deferring import latest as deferring
from ingest.deferring.latest import FEW, MOST, WRITE_AFTER_S, Latest, left_by
from ingest.rows import later_position, later_state, merge_into
from ingest.store import Commit, Row

AT = datetime(2026, 11, 20, 6, tzinfo=UTC)
EVERYBODY = range(10**6)


class Time:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1_000.0
        monkeypatch.setattr(deferring.time, "monotonic", lambda: self.now_s)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


def position(person_id: int, n: int, *, battery: float | None = 70.0, safety: str = "inside") -> Row:
    at = AT + timedelta(seconds=n)
    return person_id, person_id, at, at, 36.8, 118.05, 12.0, "gnss", None, None, battery, safety


def device(key: int, n: int, *, missing: int = 0, online: bool = True) -> Row:
    at = AT + timedelta(seconds=n)
    return key, at, online, 70.0, None, True, None, None, n, b"", missing, at, None, None, None


def crowd(n: int, persons: Iterable[int] = range(FEW)) -> Commit:
    persons = list(persons)
    return Commit(positions=[position(key, n) for key in persons], device_states=[device(key, n) for key in persons])


class Tables:
    """Both tables and what was put down of them, as the database would hold them."""

    def __init__(self) -> None:
        self.positions: dict[int, Row] = {}
        self.devices: dict[int, Row] = {}
        self.told: dict[int, bytes] = {}
        self.writes = 0

    def commit(self, latest: Latest, commit: Commit, persons: Any = EVERYBODY, **further: bool) -> Commit:
        plan = latest.plan(commit, persons, **further)
        self._write(plan.commit.positions, plan.commit.device_states)
        for safety, person_id in plan.commit.safeties:
            self.positions[person_id] = (*self.positions[person_id][:-1], safety)
        if plan.commit.told is not None:
            number, told = plan.commit.told
            assert number not in self.told
            self.told[number] = told
        if plan.commit.told_before is not None:
            self.told = {number: told for number, told in self.told.items() if number >= plan.commit.told_before}
        latest.done(plan)
        return plan.commit

    def recover(self) -> None:
        self._write(*left_by(self.told[number] for number in sorted(self.told)))
        self.told = {}

    def _write(self, positions: list[Row], devices: list[Row]) -> None:
        self.writes += len(positions) + len(devices)
        for row in positions:
            merge_into(self.positions, [row], later_position)
        for row in devices:
            merge_into(self.devices, [row], later_state)


def test_a_few_are_written_at_once(time: Time) -> None:
    latest, tables = Latest(), Tables()
    commit = tables.commit(latest, crowd(1, range(FEW // 2)))
    assert (len(commit.positions), len(latest), commit.told, commit.told_before) == (FEW // 2, 0, None, None)


def test_many_are_written_a_second_later_each_once(time: Time) -> None:
    latest, tables = Latest(), Tables()
    for n in range(40):
        tables.commit(latest, crowd(n))
        time.now_s += WRITE_AFTER_S / 20
        assert len(tables.told) <= 22
    assert tables.writes == 2 * FEW
    time.now_s += WRITE_AFTER_S
    assert latest.overdue
    tables.commit(latest, Commit())
    assert (tables.writes, len(latest), tables.told, latest.overdue) == (4 * FEW, 0, {}, False)
    assert tables.positions[7] == position(7, 39)
    assert tables.devices[7][1] == AT + timedelta(seconds=39)


def test_whoever_something_is_concluded_of_is_seen_at_once(time: Time) -> None:
    latest, tables = Latest(), Tables()
    concluded = crowd(1)
    concluded.detections = [("id", 3, "zb-3")]
    concluded.safeties = [("outside", 4)]
    assert [row[0] for row in tables.commit(latest, concluded).positions] == [3, 4]
    # Of somebody whose position waits: a deadline without a reading.
    silent = Commit(safeties=[("unknown", 5)])
    assert [row[0] for row in tables.commit(latest, silent).positions] == [5]
    assert tables.positions[5][-1] == "unknown"
    time.now_s += WRITE_AFTER_S
    tables.commit(latest, Commit())
    assert tables.positions[5][-1] == "unknown"


def test_a_call_for_help_carries_nobody_elses_rows_and_no_commit_too_many(time: Time) -> None:
    latest, tables = Latest(), Tables()
    tables.commit(latest, crowd(1, range(MOST + FEW)))
    time.now_s += WRITE_AFTER_S
    call = Commit(positions=[position(7, 2)], device_states=[device(7, 2)])
    call.rows["safety_events"] = [(7, "e1")]
    assert tables.commit(latest, call).positions == [position(7, 2)]
    assert len(tables.commit(latest, Commit()).positions) == MOST
    assert len(tables.commit(latest, Commit()).positions) == FEW - 1
    assert (len(latest), tables.told) == (0, {})


def test_nobody_who_was_erased_comes_back(time: Time) -> None:
    latest, tables = Latest(), Tables()
    tables.commit(latest, crowd(1))
    tables.commit(latest, Commit(), persons=range(1, FEW), everything=True)
    assert sorted(tables.positions) == list(range(1, FEW))


def test_what_could_not_be_committed_waits_no_more_and_no_less(time: Time) -> None:
    latest, tables = Latest(), Tables()
    tables.commit(latest, crowd(1))
    time.now_s += WRITE_AFTER_S
    failed = latest.plan(crowd(2), EVERYBODY)
    assert len(failed.commit.positions) == FEW
    assert tables.commit(latest, crowd(2)) == failed.commit


@pytest.mark.parametrize("seed", range(8))
def test_after_a_crash_everything_is_as_if_nothing_had_been_put_off(time: Time, seed: int) -> None:
    random = Random(seed)
    latest, tables, direct, straight = Latest(), Tables(), Latest(), Tables()
    for n in range(60):
        of = random.sample(range(300), random.choice([0, 5, FEW, 250]))
        positions = [position(key, n, battery=random.choice([None, 60.0])) for key in of]
        devices = [device(key, n, missing=random.choice([-1, 0, 3]), online=random.random() < 0.9) for key in of]
        known = sorted(set(straight.positions) | set(of))
        safeties = [("outside", key) for key in random.sample(known, min(2, len(known)))]
        parts = {"positions": positions, "device_states": devices, "safeties": safeties}
        commit = Commit(**parts)
        if random.random() < 0.2:
            commit.rows["safety_events"] = [(1, "e")]
        tables.commit(latest, commit)
        straight.commit(direct, Commit(**parts), everything=True)
        time.now_s += random.choice([0.0, 0.01, 0.3])
        if random.random() < 0.15:
            tables.recover()
            latest = Latest()
            assert (tables.positions, tables.devices) == (straight.positions, straight.devices)
    tables.commit(latest, Commit(), everything=True)
    assert (tables.positions, tables.devices, tables.told) == (straight.positions, straight.devices, {})
