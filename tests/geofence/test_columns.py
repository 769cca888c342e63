"""Quiet fixes in columns: the same as one by one, whatever is taken back, and whoever else speaks in between."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, NoReturn

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from geofence import engine, opening, snapshot
from geofence.columns import SAFETIES, Columns
from geofence.engine import Outcome
from geofence.features import safe_area
from geofence.held import Held
from geofence.memory import Memory
from geofence.person import Person
from geofence.reading import FixSource, Reading, ReadingKind
from tests.geofence.judging_in_columns import in_columns, judge_in_columns
from tests.geofence.random_households import Household, any_households, household_hours, households
from tests.geofence.random_traces import PERSONS, calm, calm_hours, traces, walks
from tests.geofence.scenes import BRACELET, at, fix, person, reading, sos
from tests.geofence.test_quiet import every_step

thorough = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def in_batches(readings: Sequence[Reading], size: int, memory: Memory, heard: list[Reading]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for begin in range(0, len(readings), size):
        outcomes += judge_in_columns(memory, readings[begin : begin + size], PERSONS, heard)
        memory.keep()
    return outcomes


@pytest.mark.slow
@thorough
@given(
    st.one_of(calm(), calm(person_ids=(1,), max_size=200), traces(), walks(), households(), households()),
    st.sampled_from([1, 2, 7, 40]),
)
def test_in_columns_and_one_by_one_comes_out_the_same(readings: list[Reading], size: int) -> None:
    states, expected = every_step(readings)
    memory = Memory()
    assert in_batches(readings, size, memory, []) == expected
    for person_id, state in states.items():
        assert snapshot.freeze(memory.state(person_id)) == snapshot.freeze(state)
        assert memory.due(PERSONS[person_id]) == engine.due(state, PERSONS[person_id])


def test_most_of_a_calm_night_is_heard_in_columns() -> None:
    """Else the test above would compare nothing."""
    nights = [[each for each in calm_hours(seed, 90, (1,), often=0.03) if each.fix] for seed in range(20)]
    heard: list[Reading] = []
    for readings in nights:
        in_batches(readings, 1, Memory(), heard)
    assert len(heard) > 0.4 * sum(map(len, nights))


HOMES: dict[str, tuple[Household, int, float]] = {
    "a bracelet": (Household(), 1, 0.6),
    "zones come and go": (Household(), 5, 0.6),
    "a bracelet and a bed": (Household(bed=True), 1, 0.5),
    "a bracelet that hears home": (Household(at_home=True), 1, 0.6),
    "a bracelet that does not": (Household(at_home=False), 1, 0.6),
    "on the way for minutes": (Household(late_s=(0.0, 30.0, 300.0)), 1, 0.6),
    "some too late": (Household(late_s=(599.0, 600.0, 601.0)), 1, 0.3),
    "some overtaken": (Household(overtaken=0.1), 1, 0.5),
    "another that tells no place": (Household(other=ReadingKind.HEARTBEAT), 1, 0.4),
}


def share(readings: Sequence[Reading], size: int = 1) -> float:
    """Of the fixes: which part is heard in columns."""
    heard: list[Reading] = []
    in_batches(readings, size, Memory(), heard)
    return len(heard) / sum(each.kind is ReadingKind.LOCATION for each in readings)


@pytest.mark.parametrize("name", HOMES)
def test_most_of_a_calm_household_is_heard_in_columns(name: str) -> None:
    home, person_id, least = HOMES[name]
    found = [share(household_hours(seed, 120, {person_id: home}, often=0.0)) for seed in range(3)]
    assert sum(found) / len(found) > least


def test_two_bracelets_that_tell_where_somebody_is_are_heard_one_by_one() -> None:
    home = Household(other=ReadingKind.LOCATION)
    assert share(household_hours(1, 120, {1: home}, often=0.0)) < 0.05


def test_much_of_any_household_is_heard_in_columns() -> None:
    """Else the tests with them would compare nothing."""
    found = [share(any_households(seed, 60, (1, 4, 5)), 3) for seed in range(20)]
    assert sum(found) / len(found) > 0.2


@pytest.mark.slow
@thorough
@given(st.one_of(calm(), calm(person_ids=(1,), max_size=120), households()), st.integers(0, 2**32))
def test_what_is_taken_back_was_never_heard(readings: list[Reading], seed: int) -> None:
    """Batches are sealed, kept, taken back all of them or the last alone, and judged again: cut otherwise, or singly."""
    random, memory, kept, sealed = Random(seed), Memory(), 0, list[int]()
    while kept < len(readings):
        begin = sealed[-1] if sealed else kept
        end = min(len(readings), begin + random.choice((1, 3, 10)))
        batch = readings[begin:end]
        if random.random() < 0.7:
            judge_in_columns(memory, batch, PERSONS)
        else:
            memory.judge_all(batch, PERSONS)
        match random.choice(("seal", "seal", "seal", "keep", "keep", "undo", "undo_all")):
            case "undo":
                memory.undo()
            case "undo_all":
                memory.undo_all()
                sealed = []
            case word:
                memory.seal()
                sealed.append(end)
                while sealed and (word == "keep" or len(sealed) > 2):
                    memory.keep()
                    kept = sealed.pop(0)
    states, _ = every_step(readings)
    assert all(snapshot.freeze(memory.state(key)) == snapshot.freeze(state) for key, state in states.items())


def test_nobody_is_heard_who_has_another_wearer_or_is_another_person_by_now() -> None:
    """The person was read anew, with other zones perhaps; or the bracelet is somebody else's."""
    who, memory = {1: person(), 2: somebody(2)}, Memory()
    readings = [reading(60 * n, fix(n % 3), battery_pct=80.0, steps=0) for n in range(40)]
    heard: list[Reading] = []
    for each in readings[:-4]:
        judge_in_columns(memory, [each], who, heard)
    assert heard[-1] is readings[-5]
    judge_in_columns(memory, [readings[-4]], {1: person(), 2: who[2]}, heard)
    assert heard[-1] is readings[-5]
    other = replace(readings[-3], person_id=2)
    judge_in_columns(memory, [other], who, heard)
    assert heard[-1] is readings[-5]


def test_where_somebody_was_heard_in_columns_is_their_place_for_whoever_asks() -> None:
    who, memory = {1: person()}, Memory()
    readings = [reading(60 * n, fix(n % 3), battery_pct=80.0, steps=0) for n in range(40)]
    for each in readings:
        judge_in_columns(memory, [each], who)
    found = memory.state(1).track.place
    assert found is not None
    assert found.at == readings[-1].at
    assert memory.is_place(1, readings[-1])
    assert not memory.is_place(1, readings[-2])
    assert SAFETIES[memory.safeties(np.array([memory.seat(BRACELET, 1)]))[0]] is memory.safety(1)


def at_home(minutes: int = 40) -> list[Reading]:
    """A fix a minute of a bracelet that nothing happens to."""
    return [reading(60 * n, fix(n % 3, accuracy_m=8 + n % 5), battery_pct=80.0, steps=0) for n in range(minutes)]


def heard_of(memory: Memory, readings: Sequence[Reading], who: Mapping[int, Person], *, kept: bool = True) -> bool:
    """Judge one by one in columns; whether the last was heard there."""
    heard: list[Reading] = []
    for each in readings:
        judge_in_columns(memory, [each], who, heard)
        if kept:
            memory.keep()
    return bool(heard) and heard[-1] is readings[-1]


def test_what_a_bracelet_said_of_its_last_wearer_is_taken_back() -> None:
    """Though somebody else wears it by then, and the last wearer was judged since."""
    who, memory, readings = {1: person(), 2: somebody(2)}, Memory(), at_home()
    assert heard_of(memory, readings[:-1], who)
    before = memory.state(1)
    assert heard_of(memory, readings[-1:], who, kept=False)
    memory.seal()
    memory.seat(BRACELET, 2)
    judge_in_columns(memory, [reading(2_350, device_id="zb-b", worn=False)], who)
    memory.undo_all()
    assert memory.state(1) == before


def test_what_was_asked_for_and_taken_back_is_not_known_any_more() -> None:
    """Of two fixes of one instant the other one comes first this time."""
    who, memory, readings = {1: person()}, Memory(), at_home()
    assert heard_of(memory, readings[:-1], who)
    assert heard_of(memory, readings[-1:], who, kept=False)
    assert memory.is_place(1, readings[-1])
    memory.undo()
    other = replace(readings[-1], fix=fix(7))
    assert heard_of(memory, [other], who)
    assert memory.is_place(1, other)


def test_of_several_who_were_heard_each_gets_back_what_was_theirs() -> None:
    who, memory = {n: somebody(n) for n in (1, 2, 3)}, Memory()
    heard: list[Reading] = []
    for minute in range(40):
        batch = [
            replace(reading(60 * minute, fix(minute % 3 + n), steps=0), person_id=n, device_id=f"zb-{n}") for n in who
        ]
        before = {n: memory.state(n) for n in who}
        judge_in_columns(memory, batch, who, heard)
        after = {n: memory.state(n) for n in who}
        memory.undo()
        assert {n: memory.state(n) for n in who} == before
        judge_in_columns(memory, batch[::-1], who)
        assert {n: memory.state(n) for n in who} == after
        memory.keep()
    assert [each.person_id for each in heard[-3:]] == [1, 2, 3]


def test_a_quiet_fix_that_was_taken_back_is_quiet_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own instant is not the one it comes too soon after."""
    who, memory, readings = {1: person()}, Memory(), at_home()
    memory.judge_all(readings[:-1], who)
    memory.keep()

    def judge(*given: object) -> NoReturn:
        pytest.fail(f"judged: {given[1]}")

    monkeypatch.setattr(engine, "judge", judge)
    for _ in range(2):
        memory.judge_all(readings[-1:], who)
        memory.undo()


@pytest.mark.parametrize("otherwise", [{"worn": False}, {"fix": fix(300)}, {"battery_pct": 5.0}])
def test_who_was_judged_and_taken_back_is_heard_in_columns_again(otherwise: dict[str, Any]) -> None:
    """Where the room was before the reading that closed it; and not in the room that it opened."""
    who, memory, readings = {1: person()}, Memory(), at_home()
    assert heard_of(memory, readings[:-2], who)
    before = memory.state(1)
    assert not heard_of(memory, [replace(readings[-2], **otherwise)], who, kept=False)
    memory.undo()
    assert memory.state(1) == before
    assert heard_of(memory, readings[-2:], who)
    assert memory.state(1) == every_step(readings, who)[0][1]


def test_nobody_is_heard_in_a_room_that_was_taken_back() -> None:
    """Which the last reading had opened."""
    who, readings = {1: person()}, at_home(30)
    for cut in range(len(readings)):
        memory = Memory()
        heard_of(memory, readings[:cut], who)
        before = memory.state(1)
        heard: list[Reading] = []
        again = [replace(readings[cut], at=at(60 * cut + 50)), replace(readings[cut], at=at(60 * cut + 100))]
        judge_in_columns(memory, readings[cut : cut + 1], who)
        memory.undo()
        assert memory.state(1) == before
        outcomes = [outcome for each in again for outcome in judge_in_columns(memory, [each], who, heard)]
        states, expected = every_step([*readings[:cut], *again], who)
        assert outcomes == expected[cut:]
        assert memory.state(1) == states[1]


@pytest.mark.parametrize("singly", [False, True])
def test_a_fix_that_nobody_believed_is_what_was_heard_last_again(singly: bool) -> None:
    """It opened a room around the place before it: newest word and last place are of two instants."""
    who, memory, readings = {1: person()}, Memory(), at_home()
    vague = replace(readings[-2], fix=fix(400, accuracy_m=900, source=FixSource.CELL))
    assert not heard_of(memory, [*readings[:-2], vague], who)
    before = memory.state(1)
    assert before.track.place is not None
    assert before.track.place.at == readings[-3].at
    if singly:
        memory.judge_all(readings[-1:], who)
        memory.undo()
    assert heard_of(memory, readings[-1:], who, kept=False)
    assert memory.is_place(1, readings[-1])
    memory.undo()
    assert memory.state(1) == before


def test_who_called_for_help_is_known_to_have_called_after_hours_in_columns() -> None:
    """Else the same call, sent again, would be another one."""
    who, memory, readings = {1: person()}, Memory(), [sos(0), *at_home(90)[1:]]
    assert heard_of(memory, readings, who)
    assert memory.state(1).order.events
    assert memory.state(1) == every_step(readings, who)[0][1]


def test_a_fix_that_was_held_back_stays_so() -> None:
    """Messages without a fix open a room in which no fix is quiet; nothing was heard in columns since."""
    who, memory, readings = {1: person()}, Memory(), at_home()
    beats = [reading(2_390 + 60 * n, battery_pct=80.0, steps=0) for n in range(3)]
    readings += [replace(readings[-1], at=at(2_341), fix=fix(9_000)), *beats]
    heard_of(memory, readings, who)
    states, _ = every_step(readings, who)
    assert states[1].track.held is not None
    assert memory.state(1) == states[1]


def test_a_place_heard_in_columns_is_what_the_next_is_too_fast_from() -> None:
    """Alone it would be quiet, a minute after the one before."""
    who, memory, readings = {1: person()}, Memory(), [*at_home(), reading(2_400, fix(0, accuracy_m=1.0), steps=0)]
    assert heard_of(memory, readings, who)
    readings.append(reading(2_400.1, fix(12, accuracy_m=1.0), steps=0))
    memory.judge_all(readings[-1:], who)
    states, _ = every_step(readings, who)
    assert states[1].track.held is not None
    assert memory.state(1) == states[1]


def test_who_left_the_columns_learns_nothing_from_them() -> None:
    who, readings, columns = person(), at_home(), Columns()
    state = every_step(readings, {1: who})[0][1]
    last = readings[-1]
    room = opening.room(state, last, who, safe_area(last, who), engine.dues(state, who))
    held, other = (Held(state, who, engine.dues(state, who), room, None) for _ in range(2))
    seats, fixes = np.array([columns.seat(BRACELET, 1, held)]), in_columns([replace(last, at=at(2_400))])
    assert columns.quiet(seats, fixes, {1: who}).all()
    columns.leave(held)
    assert not columns.quiet(seats, fixes, {1: who}).any()
    columns.put(other)
    columns.hear(seats, fixes)
    for each, newest_at in ((held, last.at), (other, at(2_400))):
        columns.take_over(each)
        assert list(each.newest.values()) == [newest_at]


def test_whose_room_is_open_is_heard_as_soon_as_there_is_a_seat() -> None:
    who, memory, readings = {1: person()}, Memory(), at_home()
    memory.judge_all(readings[:-1], who)
    assert heard_of(memory, readings[-1:], who)


def test_a_seat_is_for_fixes_whatever_else_was_heard_before_there_was_one() -> None:
    who, memory, readings = {1: person()}, Memory(), at_home()
    signs = [reading(60 * n + 30, kind=ReadingKind.HEARTBEAT, battery_pct=80.0, steps=0) for n in range(39)]
    memory.judge_all(sorted([*readings[:-1], *signs], key=lambda each: each.at), who)
    assert heard_of(memory, readings[-1:], who)


def test_a_second_bracelet_sits_down_and_nothing_is_forgotten() -> None:
    who, memory, readings = {1: person()}, Memory(), at_home()
    assert heard_of(memory, readings, who)
    memory.seat("zb-b", 1)
    assert memory.is_place(1, readings[-1])
    assert not heard_of(memory, readings[-1:], who)


def somebody(person_id: int) -> Person:
    return dataclasses.replace(person(), person_id=person_id)


def test_many_seats() -> None:
    """More than the columns begin with."""
    random, memory = Random(5), Memory()
    who = {n: somebody(n) for n in range(1, 700)}
    heard: list[Reading] = []
    for minute in range(12):
        batch = [
            replace(reading(60 * minute, fix(random.uniform(0, 3)), steps=0), person_id=n, device_id=f"zb-{n}")
            for n in who
        ]
        judge_in_columns(memory, batch, who, heard)
    assert {each.person_id for each in heard if each.at == at(660)} > set(range(1, 600))
