"""A batch judged in columns comes out as one judged reading by reading: rows, states, counts, whatever is taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geofence import snapshot
from geofence.instants import instant
from ingest import counting
from ingest.flood import _ALONE, _NOTHING, Flood
from ingest.judged import Judged
from ingest.judging import Deadlines, judge
from ingest.newest import columns, device_rows, position_rows
from ingest.patience import Patience
from ingest.quiet_fixes import LEAST, read_fixes
from ingest.sequence import Numbers
from ingest.staging.packed import Column
from ingest.store import Commit, Row
from runtime.telemetry import REGISTRY
from tests.ingest.crowds import MOST_PER_MIN, Batch, Crowd, Desk
from tests.ingest.envelopes import NOW, envelope

COUNTED = ("tongxing_readings", "tongxing_detections", "tongxing_publish_to_commit", "tongxing_ingest_batch")
#: Columns of instants, by table, and what a newest word tells of a device besides where it is.
INSTANTS = {"locations": (1, 3), "newest": (2, 3)}
BESIDES = (4, 5, 8)
#: Where gaps are in a row of device states, after the last number.
GAPS = 9


def unpacked(columns: Sequence[Column], table: str) -> list[Row]:
    """Rows that columns stand for."""
    return [*zip(*(list(_values(column, n, table)) for n, column in enumerate(columns)), strict=True)]


def _values(column: Column, number: int, table: str) -> Iterator[Any]:
    missing = [False] * len(column.values) if column.missing is None else column.missing.tolist()
    for value, is_missing in zip(column.values.tolist(), missing, strict=True):
        if is_missing:
            yield None
        elif column.texts is not None:
            yield column.texts[value].decode()
        else:
            yield instant(value) if number in INSTANTS[table] else value


def told(judged: Judged) -> dict[str, Any]:
    """What came of a batch, the same however it was judged."""
    commit, newest = judged.commit, judged.commit.newest
    positions, states = [*position_rows(newest)], [*device_rows(newest)]
    words = [(*where, *(how[n] for n in BESIDES)) for where, how in zip(positions, states, strict=True)]
    assert unpacked(columns(newest), "newest") == words
    assert len(newest) == len(commit.seats)
    rows = commit.rows | {"locations": commit.rows["locations"] + unpacked(commit.fixes, "locations")}
    return {
        "rows": {table: sorted(of, key=lambda row: row[:2]) for table, of in rows.items()},
        "surely new": commit.surely_new,
        "positions": sorted(commit.positions + positions),
        # Gaps may be said anew or left as they are known: `Table` looks at what comes of that.
        "device states": sorted([(*row[:GAPS], *row[GAPS + 1 :]) for row in (*commit.device_states, *states)]),
        "safeties": sorted(commit.safeties),
        "numbering": commit.numbering,
        "floods": commit.floods,
        "engine states": sorted(commit.engine_states),
        "detections": (judged.detections, [(*row[:12], row[12].obj, *row[13:]) for row in commit.detections]),
        "commands": commit.commands,
        "answers": (commit.answers, judged.answers),
        "quarantine": commit.quarantine,
        "due": judged.due,
    }


class Table:
    """What the table of device states knows of numbers, by what batches write."""

    def __init__(self) -> None:
        self._rows: dict[int, tuple[int | None, bytes]] = {}

    def take(self, commit: Commit) -> None:
        for row in (*commit.device_states, *device_rows(commit.newest)):
            last, gaps = self._rows.get(row[0], (None, b""))
            self._rows[row[0]] = (
                last if row[GAPS - 1] is None else row[GAPS - 1],
                gaps if row[GAPS] is None else row[GAPS],
            )

    def numbers(self) -> dict[int, Numbers]:
        return {key: Numbers.stored(last, gaps) for key, (last, gaps) in self._rows.items() if last is not None}


def floods(flood: Flood) -> dict[str, tuple[datetime, int, int]]:
    """What is known of each device, wherever it stands."""
    found = dict(flood._said)
    for place, device_id in enumerate(flood._ids):
        if (since_us := flood._since_us.item(place)) not in {_ALONE, _NOTHING}:
            assert device_id not in found
            found[device_id] = instant(since_us), flood._said_since.item(place), flood._older.item(place)
    return found


def left(desk: Desk, crowd: Crowd) -> dict[str, Any]:
    """All that is remembered."""
    book = desk.book
    return {
        "states": {n: snapshot.freeze(book.memory.state(n)) for n in crowd.persons},
        "deadlines": book._due,
        "numbers": dict(desk.numbers),
        "floods": floods(book.flood),
    }


def judged_all(desk: Desk, batches: Sequence[Batch]) -> tuple[list[dict[str, Any]], int]:
    """What came of each batch, and how many readings were heard in columns."""
    patience, found, quiet, table = Patience(*[cast("Any", None)] * 3), [], 0, Table()
    for batch in batches:
        judged = desk.judge(batch)
        desk.seal(batch, judged)
        desk.keep()
        patience.heard(judged)
        counting.count(batch.envelopes, judged)
        found.append(told(judged) | {"newest": patience.newest_at})
        table.take(judged.commit)
        assert table.numbers() == desk.numbers
        quiet += len(judged.quiet or ())
    return found, quiet


def counted() -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *map(str, sorted(sample.labels.items()))): sample.value
        for metric in REGISTRY.collect()
        if metric.name.startswith(COUNTED)
        for sample in metric.samples
        if not sample.name.endswith("_created")
    }


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Latencies are counted as of one moment."""
    monkeypatch.setattr(counting, "time", SimpleNamespace(time=lambda: NOW.timestamp() + 50.0))


def same_either_way(seed: int, people: int, number: int) -> None:
    crowd = Crowd(seed, people)
    batches = crowd.batches(number)
    before = counted()
    alone = judged_all(one := Desk(columns=False), batches)
    between = counted()
    many = Desk(columns=True)
    found, quiet = judged_all(many, batches)
    after = counted()
    for place, (expected, got) in enumerate(zip(alone[0], found, strict=True)):
        for name in expected:
            assert got[name] == expected[name], f"batch {place}: {name}"
    assert left(many, crowd) == left(one, crowd)
    assert alone[1] == 0
    assert quiet > 0.2 * people * number, "hardly anything was judged in columns"
    for name in after:
        expected_more = between.get(name, 0.0) - before.get(name, 0.0)
        assert after[name] - between.get(name, 0.0) == pytest.approx(expected_more), name


def test_in_columns_it_comes_out_as_one_by_one() -> None:
    same_either_way(1, 100, 14)


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@example(60_000_000)  # a bracelet without numbers repeats where somebody is
@given(st.integers(0, 2**32))
def test_in_columns_it_comes_out_as_one_by_one_whoever_speaks(seed: int) -> None:
    same_either_way(seed, 250, 16)


def test_everything_that_is_compared_happens() -> None:
    """Else the tests above would compare nothing."""
    crowd, desk = Crowd(2, 150), Desk(columns=True)
    found, _ = judged_all(desk, crowd.batches(16))
    for name in ("safeties", "numbering", "floods", "engine states", "commands", "quarantine", "due"):
        assert any(each[name] for each in found), name
    assert any(each["detections"][0] for each in found)
    assert any(numbers.gaps for numbers in desk.numbers.values())


def fallible(crowd: Crowd, batches: Sequence[Batch], expected: Sequence[dict[str, Any]], seed: int) -> Desk:
    """Batches are judged, taken back and judged again, two of them not kept yet."""
    random, desk, pending, place = Random(seed), Desk(columns=True), list[int](), 0
    while place < len(batches) or pending:
        word = random.choice(["undo", "undo", "undo_all", "seal", "seal", "seal", "seal", "keep"])
        if pending and (word == "keep" or len(pending) > 2 or place == len(batches)):
            desk.keep()
            del pending[0]
            continue
        if place == len(batches):
            break
        judged = desk.judge(batches[place])
        if random.random() < 0.5:
            got = told(judged)
            assert got == {name: expected[place][name] for name in got}, f"batch {place}"
        if word == "undo":
            desk.undo()
        elif word == "undo_all":
            desk.undo_all()
            place, pending = min([place, *pending]), []
        else:
            desk.seal(batches[place], judged)
            pending.append(place)
            place += 1
    return desk


@pytest.mark.parametrize("seed", [3, pytest.param(4, marks=pytest.mark.slow), pytest.param(5, marks=pytest.mark.slow)])
def test_what_is_taken_back_and_judged_again_comes_out_as_if_it_had_not_been(seed: int) -> None:
    crowd = Crowd(seed, 100)
    batches = crowd.batches(14)
    expected, _ = judged_all(straight := Desk(columns=False), batches)
    again = fallible(crowd, batches, expected, seed)
    assert left(again, crowd) == left(straight, crowd)


def quiet_crowd(people: int = 2 * LEAST, *, columns: bool = True, numbered: bool = True) -> tuple[Crowd, Desk]:
    """Everybody is at home, and has been heard so often that the next fix is quiet."""
    crowd, desk = Crowd(6, people), Desk(columns=columns)
    crowd.usual = {n: dict.fromkeys(of) for n, of in crowd.usual.items()}
    crowd.rare, crowd.numbered = [], dict.fromkeys(crowd.numbered, 0)
    if not numbered:
        crowd._number = lambda _: None  # type: ignore[method-assign]
    judged_all(desk, crowd.calm(6))
    crowd.now += timedelta(seconds=120)
    return crowd, desk


def of(crowd: Crowd, people: int, *, seconds: float = -1.0) -> Batch:
    """One fix of each of so many, of home and nothing else."""
    fixes = [
        crowd.fix(n, seconds=seconds, accuracy_m=10.0, source="gnss", datum="wgs84", seq=None)
        for n in range(1, people + 1)
    ]
    return Batch(envelopes=fixes, now=crowd.now, due_until=None, devices=crowd.devices, persons=dict(crowd.persons))


def quiet_of(desk: Desk, batch: Batch) -> set[int]:
    """Who was heard in columns."""
    judged = desk.judge(batch)
    assert len(judged.left) + len(judged.quiet or ()) == len(batch.envelopes)
    return set() if judged.quiet is None else set(judged.quiet.person_id.tolist())


def test_whose_messages_have_no_numbers_is_written_with_the_others() -> None:
    """Also of whom it is judged one by one."""
    crowd, desk = quiet_crowd(numbered=False)
    judged = desk.judge(of(crowd, 2 * LEAST))
    assert judged.heard
    assert len(judged.commit.newest) == 2 * LEAST
    assert not judged.commit.device_states


def late_batch(crowd: Crowd, desk: Desk, seconds: float) -> tuple[Batch, list[int]]:
    """The next word of everybody, said so long ago, and their numbers."""
    numbers = {n: desk.numbers[1_000 + n].last + 1 for n in crowd.persons}
    fixes = [
        crowd.fix(n, seconds=-seconds, accuracy_m=10.0, source="gnss", datum="wgs84", seq=numbers[n]) for n in numbers
    ]
    batch = Batch(envelopes=fixes, now=crowd.now, due_until=None, devices=crowd.devices, persons=dict(crowd.persons))
    return batch, [*numbers.values()]


@pytest.mark.parametrize("late_s", [700, 551])
def test_what_was_old_on_arrival_is_history_in_columns(late_s: int) -> None:
    """After an outage everybody is behind: also of whom no room of quiet readings is open."""
    crowd, desk = quiet_crowd()
    crowd.now += timedelta(seconds=1_000)
    crowd.persons = {
        n: who if n % 2 else replace(who, policy=replace(who.policy, live_max_age=timedelta(seconds=600 - n)))
        for n, who in crowd.persons.items()
    }
    batch, numbers = late_batch(crowd, desk, late_s)
    before = {n: desk.book.memory.state(n) for n in crowd.persons}
    judged = desk.judge(batch)
    late = {n for n, who in crowd.persons.items() if timedelta(seconds=late_s) > who.policy.live_max_age}
    assert judged.quiet is not None
    assert set(judged.quiet.person_id[judged.quiet.old].tolist()) == late
    assert {heard.reading.person_id for heard in judged.heard}.isdisjoint(late)
    assert {row[0] for row in judged.commit.device_states} >= {1_000 + n for n in late}
    assert set(judged.commit.newest["person_id"].tolist()).isdisjoint(late)
    assert len(judged.commit.fixes[0].values) + len(judged.heard) == len(crowd.persons)
    assert judged.commit.surely_new
    desk.seal(batch, judged)
    assert [desk.numbers[1_000 + n].last for n in crowd.persons] == numbers
    assert all(desk.book.memory.state(n) == before[n] for n in late)
    desk.undo_all()
    assert [desk.numbers[1_000 + n].last for n in crowd.persons] == [number - 1 for number in numbers]


def test_what_came_at_the_last_moment_is_live() -> None:
    crowd, desk = quiet_crowd()
    crowd.now += timedelta(seconds=1_000)
    batch, _ = late_batch(crowd, desk, 600)
    in_time = [msgspec.structs.replace(each, received_at=crowd.now) for each in batch.envelopes]
    judged = desk.judge(replace(batch, envelopes=in_time))
    assert judged.quiet is not None
    assert not judged.quiet.old.any()


def test_what_was_old_on_arrival_and_said_before_is_not_surely_new() -> None:
    crowd, desk = quiet_crowd()
    crowd.now += timedelta(seconds=1_000)
    batch, _ = late_batch(crowd, desk, 700)
    desk.seal(batch, desk.judge(batch))
    desk.keep()
    judged = desk.judge(batch)
    assert judged.quiet is None
    assert not judged.commit.surely_new


def test_a_batch_of_few_is_judged_one_by_one() -> None:
    crowd, desk = quiet_crowd()
    assert quiet_of(desk, of(crowd, LEAST - 1)) == set()
    desk.undo()
    assert len(quiet_of(desk, of(crowd, LEAST))) > LEAST / 2
    desk.undo()
    # Nor one of many messages of which few may be quiet.
    batch = of(crowd, LEAST)
    more = replace(batch, envelopes=[*batch.envelopes, crowd.fix(1)])
    assert quiet_of(desk, more) == set()
    # Of the few nobody is even looked up.
    fresh = Desk(columns=True)
    fresh.judge(of(crowd, LEAST - 1))
    assert fresh.seats is not None
    assert fresh.seats._by_topic == {}


def test_others_have_a_turn_while_many_are_read() -> None:
    crowd, desk = quiet_crowd(250)
    batch = of(crowd, 250)
    assert len([*read_fixes(batch.envelopes, desk.known(batch), ())]) == 3


def test_deadlines_that_passed_are_judged_before_what_came_since() -> None:
    """What is concluded of a silence does not know of a fix that came when it was over."""
    found = []
    for together in (True, False):
        crowd, desk = quiet_crowd(columns=together)
        due_at, first = min((desk.book.memory.due(each) or crowd.now, n) for n, each in crowd.persons.items())
        crowd.now = due_at + timedelta(seconds=3)
        batch, due = of(crowd, 2 * LEAST, seconds=-4.0), Deadlines(person_ids=[first], until=crowd.now)
        judged = judge(batch.envelopes, desk.known(batch), now=batch.now, deadlines=due)
        assert first in {row[0] for row in judged.commit.engine_states}
        assert (len(judged.quiet or ()) > LEAST) is together
        found.append(told(judged))
    assert found[0] == found[1]


def test_nobody_floods_by_being_quiet() -> None:
    crowd, desk = quiet_crowd()
    heard = [quiet_of(desk, of(crowd, 2 * LEAST, seconds=9.0 * n - 50.0)) for n in range(MOST_PER_MIN + 2)]
    assert len(heard[0]) > LEAST
    assert heard[-1] == set()


def test_a_stranger_speaks_for_nobody() -> None:
    """Whoever has no seat is nobody's neighbour: not of the last one in the columns either."""
    people = 256
    crowd, desk = quiet_crowd(people)
    assert desk.seats is not None
    topics = [f"tongxing/v1/zb-{n}/location" for n in crowd.persons]
    last = desk.seats.of(topics, crowd.devices).tolist().index(people - 1) + 1
    crowd.usual[last] = crowd.usual[last] | {"accuracy_m": 10.0}
    batch = of(crowd, people)
    said = batch.envelopes[last - 1]
    stranger = envelope("tongxing/v1/stranger/location", said.payload, said.received_at)
    heard = quiet_of(desk, batch)
    assert last in heard
    desk.undo()
    others = [each for each in batch.envelopes if each is not said]
    assert quiet_of(desk, replace(batch, envelopes=[*others, stranger])) == heard - {last}
