"""Rows that are put off in columns: written in time, once, whole, beside rows of the same persons and devices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec
import numpy as np
import pytest

from geofence.instants import micros
from ingest.deferring import latest as deferring
from ingest.deferring.latest import FEW, MOST, WRITE_AFTER_S, Latest, Plan, left_by
from ingest.newest import NEWEST, SAFETIES, Newest, device_rows, later, position_rows
from ingest.rows import later_position, later_state, merge_into
from ingest.sequence import UNNUMBERED
from ingest.store import Commit, Row
from tests.ingest.test_deferring import AT, EVERYBODY, device, position

TIME_S = 1_000.0


class Time:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = TIME_S
        monkeypatch.setattr(deferring.time, "monotonic", lambda: self.now_s)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


def said(person_id: int, key: int, n: int, random: Random | None = None) -> tuple[Any, ...]:
    """One newest word, of second n."""
    of = random or Random(0)
    at_us = micros(AT) + n * 1_000_000
    return (
        person_id, key, at_us, at_us + 17, 36.8 + n / 1e6, 118.0, 8.0 + n % 3, of.choice([np.nan, 0.5]),
        of.choice([np.nan, 90.0]), of.choice([np.nan, 60.0 + n]), of.choice([UNNUMBERED, n]), of.randrange(4),
        of.randrange(3), of.randrange(3), of.randrange(len(SAFETIES)),
    )  # fmt: skip


def columns(words: Sequence[tuple[Any, ...]]) -> Newest:
    return np.array([*words], NEWEST)


def heard(keys: Sequence[int], n: int) -> Commit:
    """Fixes in columns of persons who wear the device of their number, which sits there."""
    return Commit(newest=columns([said(key, key, n) for key in keys]), seats=np.array(keys, np.int64))


class Tables:
    """Both tables and what was put down of them, as the database would hold them."""

    def __init__(self) -> None:
        self.positions: dict[int, Row] = {}
        self.devices: dict[int, Row] = {}
        self.told: dict[int, bytes] = {}
        self.rows_written = 0

    def commit(self, latest: Latest, commit: Commit, persons: Any = EVERYBODY, **further: bool) -> Plan:
        plan = latest.plan(commit, persons, **further)
        self.write(plan.commit)
        latest.done(plan)
        return plan

    def write(self, commit: Commit) -> None:
        """What a transaction does."""
        positions = [*commit.positions, *position_rows(commit.newest)]
        devices = [*commit.device_states, *device_rows(commit.newest)]
        for rows in (positions, devices):
            assert len({row[0] for row in rows}) == len(rows), "ON CONFLICT refuses one row twice"
        self.rows_written += len(positions) + len(devices)
        self.merge(positions, devices)
        for safety, person_id in commit.safeties:
            self.positions[person_id] = (*self.positions[person_id][:-1], safety)
        if commit.told is not None:
            number, told = commit.told
            assert number not in self.told
            self.told[number] = told
        if commit.told_before is not None:
            self.told = {number: told for number, told in self.told.items() if number >= commit.told_before}

    def merge(self, positions: Sequence[Row], devices: Sequence[Row]) -> None:
        merge_into(self.positions, positions, later_position)
        merge_into(self.devices, devices, later_state)

    def after_a_crash(self) -> tuple[dict[int, Row], dict[int, Row]]:
        """What the tables hold once somebody has started again."""
        again = Tables()
        again.positions, again.devices = dict(self.positions), dict(self.devices)
        again.merge(*left_by(self.told[number] for number in sorted(self.told)))
        return again.positions, again.devices

    @property
    def both(self) -> tuple[dict[int, Row], dict[int, Row]]:
        return self.positions, self.devices


@dataclass
class City:
    """Who wears what, where they sit, and what they say next: as rows, in columns, or nothing."""

    random: Random
    people: int
    second: int = 0
    #: Device, by person; and the seat of each pair that was ever asked for.
    worn: dict[int, int] = field(default_factory=dict)
    seats: dict[tuple[int, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.worn = {n: 2_000 + n for n in range(self.people)}

    def batch(self) -> Commit:
        random = self.random
        self.second += 1
        self._swap()
        speaking = random.sample(range(self.people), random.choice([0, 3, self.people // 3, self.people]))
        in_columns = [n for n in speaking if random.random() < random.choice([0.0, 0.5, 0.9, 1.0])]
        rest = [n for n in speaking if n not in in_columns]
        words = [said(n, self.worn[n], self.second, random) for n in in_columns]
        batch = Commit(newest=columns(words), seats=np.array([self._seat(n) for n in in_columns], np.int64))
        for n in rest:
            self._say(batch, n)
        batch.detections += [("id", n, "zb") for n in in_columns if random.random() < 0.1]
        silent = [n for n in range(self.people) if n not in speaking]
        batch.safeties = [("outside", n) for n in random.sample(silent, min(len(silent), random.choice([0, 0, 2])))]
        return batch

    def _say(self, batch: Commit, n: int) -> None:
        """A position without a device's state, the reverse, or both; perhaps with a conclusion."""
        random = self.random
        if random.random() < 0.8:
            row = position(n, self.second, battery=random.choice([None, 55.0]))
            batch.positions.append((n, self.worn[n], *row[2:]))
            if random.random() < 0.2:
                batch.detections.append(("id", n, "zb"))
        if random.random() < 0.8:
            online, missing = random.random() < 0.9, random.choice([0, 0, 2])
            batch.device_states.append(device(self.worn[n], self.second, online=online, missing=missing))

    def _seat(self, n: int) -> int:
        return self.seats.setdefault((n, self.worn[n]), 3 * len(self.seats))

    def _swap(self) -> None:
        """Bracelets change their wearers, or somebody gets a new one."""
        for _ in range(self.random.choice([0, 0, 1, 5])):
            one, other = self.random.sample(range(self.people), 2)
            self.worn[one], self.worn[other] = self.worn[other], self.worn[one]
        if self.random.random() < 0.2:
            self.worn[self.random.randrange(self.people)] = 3_000 + self.second


def straight(tables: Tables, batch: Commit) -> None:
    """Every row at once."""
    tables.merge([*batch.positions, *position_rows(batch.newest)], [*batch.device_states, *device_rows(batch.newest)])
    for safety, person_id in batch.safeties:
        tables.positions[person_id] = (*tables.positions[person_id][:-1], safety)


@pytest.mark.parametrize("few", [0, 12, FEW])
@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_put_off_comes_out_as_if_nothing_had_been(
    time: Time, monkeypatch: pytest.MonkeyPatch, seed: int, few: int
) -> None:
    """At any moment the tables with what is told after a crash, and in the end the tables, hold what was said."""
    monkeypatch.setattr(deferring, "FEW", few)
    monkeypatch.setattr(deferring, "MOST", 7)
    random = Random(seed)
    city, latest, tables, plain = City(random, 40), Latest(), Tables(), Tables()
    everybody = heard(range(40), 0)
    everybody.newest["device_key"] += 2_000
    for table in (tables, plain):
        straight(table, everybody)
    for _ in range(120):
        batch = city.batch()
        if random.random() < 0.2:
            batch.rows["safety_events"] = [(1, "e")]
        if random.random() < 0.2:
            # Could not be committed, and comes again.
            latest.plan(batch, EVERYBODY)
        tables.commit(latest, batch)
        straight(plain, batch)
        assert tables.after_a_crash() == plain.both
        concerned = [row[1] for row in (*batch.detections, *batch.safeties)]
        assert [tables.positions[n] for n in concerned] == [plain.positions[n] for n in concerned]
        if random.random() < 0.1:
            tables.commit(latest, Commit(), everything=True)
            assert (len(latest), tables.told, latest.overdue) == (0, {}, False)
            assert tables.both == plain.both
        elif random.random() < 0.05:
            tables.positions, tables.devices = tables.after_a_crash()
            tables.told, latest = {}, Latest()
        time.now_s += random.choice([0.0, 0.1, 0.5, WRITE_AFTER_S])
    tables.commit(latest, Commit(), everything=True)
    assert (*tables.both, tables.told) == (*plain.both, {})


def test_columns_wait_for_their_time_and_are_written_once(time: Time) -> None:
    latest, tables, keys = Latest(), Tables(), range(FEW, 3 * FEW)
    for n in range(5):
        tables.commit(latest, heard(keys, n))
        assert (tables.rows_written, len(latest), latest.overdue) == (0, 4 * FEW, False)
        time.now_s += WRITE_AFTER_S / 5 - 1e-6
    tables.commit(latest, Commit())
    assert tables.rows_written == 0
    time.now_s += 1e-4
    assert latest.overdue
    tables.commit(latest, Commit())
    assert (tables.rows_written, len(latest), tables.told, latest.overdue) == (4 * FEW, 0, {}, False)
    assert tables.positions[FEW] == next(position_rows(columns([said(FEW, FEW, 4)])))
    time.now_s += 2 * WRITE_AFTER_S
    assert not latest.overdue
    # And later again.
    tables.commit(latest, heard(keys, 6))
    assert len(latest) == 4 * FEW
    assert not latest.overdue


def test_what_came_with_the_time_to_write_is_written_with_it(time: Time) -> None:
    latest, tables = Latest(), Tables()
    tables.commit(latest, heard(range(1, 201), 1))
    time.now_s += WRITE_AFTER_S
    plan = tables.commit(latest, heard(range(101, 301), 2))
    assert sorted(plan.commit.newest["person_id"].tolist()) == [*range(1, 201)]
    assert len(latest) == 2 * 100
    assert tables.after_a_crash()[1].keys() == set(range(1, 301))


def test_what_came_as_rows_takes_along_what_waits_in_columns(time: Time) -> None:
    latest, tables, keys = Latest(), Tables(), range(200)
    tables.commit(latest, heard(keys, 1))
    rows = Commit(positions=[position(n, 2) for n in keys], device_states=[device(n, 2) for n in keys])
    tables.commit(latest, rows)
    assert (len(latest), tables.told, len(tables.positions), len(tables.devices)) == (0, {}, 200, 200)


def test_few_rows_beside_many_columns_wait_with_them(time: Time) -> None:
    latest, tables = Latest(), Tables()
    batch = heard(range(200), 1)
    batch.positions, batch.device_states = [position(300, 1)], [device(300, 1)]
    tables.commit(latest, batch)
    assert (len(latest), tables.rows_written) == (402, 0)


def test_the_longest_waiting_go_first_and_no_more_than_a_commit_bears(time: Time) -> None:
    latest, tables = Latest(), Tables()
    tables.commit(latest, heard(range(MOST, 2 * MOST), 1))
    time.now_s += 0.5
    tables.commit(latest, heard(range(MOST), 1))
    time.now_s += WRITE_AFTER_S
    call = Commit()
    call.rows["safety_events"] = [(1, "e")]
    assert len(tables.commit(latest, call).commit.newest) == 0
    assert tables.commit(latest, Commit()).commit.newest["person_id"].tolist() == [*range(MOST, 2 * MOST)]
    assert len(tables.told) == 2
    assert tables.commit(latest, Commit()).commit.newest["person_id"].tolist() == [*range(MOST)]
    assert (len(latest), tables.told) == (0, {})


def test_whoever_something_is_concluded_of_is_written_at_once(time: Time) -> None:
    latest, tables = Latest(), Tables()
    tables.commit(latest, heard(range(200), 1))
    concluded = Commit(detections=[("id", 3, "zb-3")], safeties=[("unknown", 4)])
    plan = tables.commit(latest, concluded).commit
    assert {row[0] for row in plan.positions}.union(plan.newest["person_id"].tolist()) == {3, 4}
    assert tables.positions[4][-1] == "unknown"
    assert len(latest) == 2 * 198
    assert tables.after_a_crash()[0][4][-1] == "unknown"


def test_nobody_who_was_erased_comes_back_and_costs_nobody_else_anything(time: Time) -> None:
    latest, tables = Latest(), Tables()
    tables.commit(latest, heard(range(200), 1))
    tables.commit(latest, Commit(), persons=range(1, 200), everything=True)
    assert sorted(tables.positions) == [*range(1, 200)]
    assert sorted(tables.devices) == [*range(200)]


def test_a_bracelet_with_another_wearer_takes_nothing_with_it(time: Time) -> None:
    latest, tables = Latest(), Tables()
    tables.commit(latest, heard(range(200), 1))
    swapped = Commit(
        newest=columns([said(7, 8, 2), said(8, 7, 2), *(said(n, n, 2) for n in range(9, 200))]),
        seats=np.array([300, 301, *range(9, 200)], np.int64),
    )
    tables.commit(latest, swapped)
    tables.commit(latest, Commit(), everything=True)
    assert [tables.positions[n][1] for n in (6, 7, 8, 9)] == [6, 8, 7, 9]
    assert tables.devices[7][1] == tables.positions[8][2]


def test_later_words_keep_what_only_earlier_ones_said() -> None:
    """As rows do."""
    random = Random(1)
    before = columns([said(n, n, 1, random) for n in range(300)])
    after = columns([said(n, n, 2, random) for n in range(300)])
    merged = later(before, after)
    assert [*device_rows(merged)] == [*map(later_state, device_rows(before), device_rows(after))]
    assert [*position_rows(merged)] == [*map(later_position, position_rows(before), position_rows(after))]


def test_what_was_told_before_there_were_columns_is_still_understood() -> None:
    old = msgspec.msgpack.encode(([position(1, 1)], [device(2, 1), device(3, 1)], [], [3]))
    positions, devices = left_by([old])
    assert [row[0] for row in positions] == [1]
    assert [row[0] for row in devices] == [2, 3]
    newer = msgspec.msgpack.encode(([], [], [1], [2], columns([said(3, 3, 2)]).tobytes()))
    positions, devices = left_by([old, newer])
    assert [row[0] for row in positions] == [3]
    assert [(row[0], row[1] > AT) for row in devices] == [(3, True)]


def test_a_word_takes_as_many_bytes_as_it_did() -> None:
    """What was told by the version before is read by this one."""
    assert NEWEST.itemsize == 92
