"""Quiet fixes in columns: the same as one by one, whatever is taken back, and whoever else speaks in between."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from geofence import engine, snapshot
from geofence.columns import SAFETIES
from geofence.detection import Place
from geofence.engine import Outcome
from geofence.fixes import ANSWERS, answer_codes
from geofence.memory import Memory
from geofence.person import Person
from geofence.quiet import Room
from geofence.reading import FixSource, Reading
from geofence.rooms import Heard, Rooms
from tests.geofence.judging_in_columns import in_columns, judge_in_columns
from tests.geofence.random_traces import PERSONS, calm, calm_hours, traces, walks
from tests.geofence.scenes import BRACELET, at, fix, person, place, reading
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
@given(st.one_of(calm(), calm(person_ids=(1,), max_size=200), traces(), walks()), st.sampled_from([1, 2, 7, 40]))
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


@pytest.mark.slow
@thorough
@given(st.one_of(calm(), calm(person_ids=(1,), max_size=120)), st.integers(0, 2**32))
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


def answers() -> st.SearchStrategy[bool | None]:
    return st.sampled_from([None, False, True])


@st.composite
def told(draw: st.DrawFn) -> Reading:
    north_m, east_m = draw(st.sampled_from([(0, 0), (45, 0), (0, -49.2), (49.6, 0), (-30, 39), (36, 35), (80, 10)]))
    accuracy_m = draw(st.sampled_from([5.0, 20.0, 20.1]))
    speed_mps = draw(st.sampled_from([None, 0.0, 1.0, 1.1]))
    source = draw(st.sampled_from(list(FixSource)))
    where = replace(fix(north_m, east_m, accuracy_m=accuracy_m, source=source), speed_mps=speed_mps)
    when_s = draw(st.sampled_from([-0.1, 0.0, 1e-6, 30.0, 44.0, 45.2, 60.0, 3599.999999, 3600.0]))
    said = reading(
        when_s,
        where,
        late_s=draw(st.sampled_from([0.0, 600.0, 600.000001])),
        battery_pct=draw(st.sampled_from([None, 29.9, 30.0, 40.0, 40.1])),
        steps=draw(st.sampled_from([None, 0, 9, 10])),
        worn=draw(answers()),
    )
    return replace(said, charging=draw(answers()), at_home=draw(answers()))


@st.composite
def rooms(draw: st.DrawFn) -> Room:
    latitude, longitude = place(0.0)
    where = Place(latitude=latitude, longitude=longitude, accuracy_m=10.0, at=at(0))
    room = Room(
        said=reading(0, fix(0)), since=at(0), live_max_age=timedelta(minutes=10), place=where, radius_m=50.0,
        accuracy_m=draw(st.sampled_from([20.0, 500.0])),
    )  # fmt: skip
    room.before(at(3_600))
    narrowings: tuple[Callable[[], None], ...] = (
        lambda: room.slower_than(1.0),
        lambda: room.moves_slower_than(draw(st.sampled_from([0.1, 1.5, 50.0]))),
        lambda: room.steps_up_to(9),
        room.without_steps,
        lambda: room.battery_between(30, 40),
        lambda: room.battery_only_of(draw(st.sampled_from([BRACELET, "zb-other"]))),
        lambda: room.worn_only(None, True),
        lambda: room.charging_only(False, None),
        lambda: room.at_home_only(True),
    )
    for narrow in narrowings:
        if draw(st.booleans()):
            narrow()
    return room.close()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One fix in one room, the newest of its device and the last place before it; instants in seconds."""

    room: Room
    said: Reading
    newest_s: float = 0.0
    place_s: float = -60.0

    @property
    def held(self) -> bool:
        """What single readings say."""
        newest_at = at(self.newest_s)
        return self.said.at > newest_at and self.room.holds(self.said, newest_at, at(self.place_s))


def in_rooms(asked: Sequence[Asked]) -> list[bool]:
    """The same in columns."""
    columns, first = Rooms(), 300
    latitude, longitude = place(0.0)
    for seat, each in enumerate(asked, start=first):
        columns.reach(seat)
        known = Place(latitude=latitude, longitude=longitude, accuracy_m=10.0, at=at(each.place_s))
        columns.put(seat, each.room, BRACELET, Heard(newest_at=at(each.newest_s), place=known))
    found = columns.quiet(np.arange(first, first + len(asked)), in_columns([each.said for each in asked]))
    return [bool(each) for each in found]


@settings(thorough, max_examples=60)
@given(
    st.lists(
        st.builds(
            Asked,
            room=rooms(),
            said=told(),
            newest_s=st.sampled_from([-30.0, 0.0, 30.0]),
            place_s=st.sampled_from([-60.0, -44.9, 0.0]),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_a_room_in_columns_holds_what_it_holds(asked: list[Asked]) -> None:
    assert in_rooms(asked) == [each.held for each in asked]


def wide(*narrowings: Callable[[Room], None]) -> Room:
    latitude, longitude = place(0.0)
    where = Place(latitude=latitude, longitude=longitude, accuracy_m=10.0, at=at(0))
    room = Room(
        said=reading(0, fix(0)), since=at(0), live_max_age=timedelta(minutes=10), place=where, radius_m=50.0,
        accuracy_m=500.0,
    )  # fmt: skip
    for narrow in narrowings:
        narrow(room)
    return room.close()


#: A degree is a metre long in it, and its circle five metres wide; nothing is rounded.
FLAT = Room(
    said=reading(0, fix(0)), since=at(0), live_max_age=timedelta(minutes=10), accuracy_m=500.0,
    _radius_m2=25.0, _metres=(1.0, -2.0, 1.0, 2.0),
)  # fmt: skip
WIDE = wide()
GAP_S = wide(lambda r: r.moves_slower_than(10.0)).circle[-1].total_seconds()
GIVEN = replace(reading(60, fix(0)), battery_pct=None)


def on_flat_ground(latitude: float, longitude: float) -> Reading:
    return reading(60, replace(fix(0), latitude=latitude, longitude=longitude))


#: On each side of every wall: what is quiet, and what is not.
INSIDE = [
    Asked(room=WIDE, said=GIVEN), Asked(room=WIDE, said=reading(0, fix(0)), newest_s=-1.0),
    Asked(room=WIDE, said=GIVEN, newest_s=59.999999), Asked(room=WIDE, said=GIVEN, newest_s=-90.0),
    Asked(room=wide(lambda r: r.before(at(61))), said=reading(60.999999, fix(0))),
    Asked(room=WIDE, said=reading(60, fix(0), late_s=600.0)), Asked(room=WIDE, said=reading(60, fix(0), late_s=-600.000001)),
    Asked(room=wide(lambda r: r.moves_slower_than(10.0)), said=GIVEN, place_s=60 - GAP_S - 1e-6),
    Asked(room=wide(lambda r: r.moves_slower_than(10.0)), said=GIVEN, newest_s=59.9, place_s=0.0),
    Asked(room=WIDE, said=replace(GIVEN, battery_pct=0.0)), Asked(room=WIDE, said=replace(GIVEN, battery_pct=100.0)),
    *(Asked(room=wide(lambda r: r.battery_between(30, 40)), said=replace(GIVEN, battery_pct=pct)) for pct in (None, 30.0, 40.0)),
    Asked(room=wide(lambda r: r.battery_only_of(BRACELET)), said=replace(GIVEN, battery_pct=1.0)),
    Asked(room=wide(lambda r: r.battery_only_of("zb-other")), said=GIVEN), Asked(room=WIDE, said=replace(GIVEN, steps=5)),
    *(Asked(room=wide(lambda r: r.steps_up_to(9)), said=replace(GIVEN, steps=steps)) for steps in (None, 0, 9)),
    Asked(room=wide(lambda r: r.steps_up_to(0)), said=GIVEN), Asked(room=wide(Room.without_steps), said=replace(GIVEN, steps=0)),
    *(Asked(room=wide(lambda r: r.slower_than(1.0)), said=replace(GIVEN, fix=fix(0, speed_mps=mps))) for mps in (None, 0.0, 1.0)),
    Asked(room=wide(lambda r: r.slower_than(0.0)), said=GIVEN), Asked(room=WIDE, said=reading(60, fix(0, speed_mps=30.0))),
    Asked(room=wide(lambda r: r.accurate_to(20.0)), said=reading(60, fix(0, accuracy_m=20.0))),
    *(Asked(room=WIDE, said=reading(60, fix(0, source=source))) for source in FixSource if source is not FixSource.CELL),
    *(Asked(room=WIDE, said=reading(60, fix(*metres))) for metres in ((49.0, 0.0), (0.0, -49.0), (-34.0, 34.0))),
    *(Asked(room=FLAT, said=on_flat_ground(*there)) for there in ((5.9, -2.0), (1.0, -4.4), (4.0, -0.1))),
]  # fmt: skip
OUTSIDE = [
    Asked(room=WIDE, said=reading(-1e-6, fix(0)), newest_s=-1.0), Asked(room=WIDE, said=GIVEN, newest_s=60.0),
    Asked(room=WIDE, said=GIVEN, newest_s=61.0), Asked(room=WIDE, said=GIVEN, newest_s=0.0, place_s=61.0),
    Asked(room=wide(lambda r: r.before(at(61))), said=reading(61, fix(0))),
    Asked(room=wide(lambda r: r.before(at(61))), said=reading(90, fix(0))),
    Asked(room=WIDE, said=reading(60, fix(0), late_s=600.000001)),
    Asked(room=wide(lambda r: r.moves_slower_than(10.0)), said=GIVEN, place_s=60 - GAP_S),
    *(Asked(room=wide(lambda r: r.battery_between(30, 40)), said=replace(GIVEN, battery_pct=pct)) for pct in (29.9, 40.1)),
    Asked(room=wide(lambda r: r.battery_only_of("zb-other")), said=replace(GIVEN, battery_pct=50.0)),
    Asked(room=wide(lambda r: r.battery_only_of()), said=replace(GIVEN, battery_pct=50.0)),
    Asked(room=wide(lambda r: r.steps_up_to(9)), said=replace(GIVEN, steps=10)),
    *(Asked(room=wide(Room.without_steps), said=replace(GIVEN, steps=steps)) for steps in (None, 5)),
    Asked(room=wide(lambda r: r.slower_than(1.0)), said=reading(60, fix(0, speed_mps=1.1))),
    Asked(room=wide(lambda r: r.accurate_to(20.0)), said=reading(60, fix(0, accuracy_m=20.1))),
    Asked(room=WIDE, said=reading(60, fix(0, source=FixSource.CELL))),
    *(Asked(room=WIDE, said=reading(60, fix(*metres))) for metres in ((50.0, 0.0), (0.0, -50.0), (-36.0, 36.0))),
    *(Asked(room=FLAT, said=on_flat_ground(*there)) for there in ((6.0, -2.0), (1.0, -4.5), (4.0, 0.0), (-2.0, 1.0))),
]  # fmt: skip


def test_both_sides_of_every_wall() -> None:
    """One thing at a time: what a fix in the middle of a room may just be, and what it may not."""
    assert [each.held for each in INSIDE] == [True] * len(INSIDE) == in_rooms(INSIDE)
    assert [each.held for each in OUTSIDE] == [False] * len(OUTSIDE) == in_rooms(OUTSIDE)


def only(name: str, answers_: tuple[bool | None, ...]) -> Callable[[Room], None]:
    return lambda room: setattr(room, name, answers_)


def test_every_answer_in_every_room() -> None:
    subsets = [tuple(subset) for count in range(4) for subset in combinations(ANSWERS, count)]
    asked = [
        Asked(room=wide(only(name, subset)), said=replace(GIVEN, **{name: answer}))
        for name in ("worn", "charging", "at_home")
        for subset in subsets
        for answer in ANSWERS
    ]  # fmt: skip
    assert in_rooms(asked) == [answer in subset for _ in range(3) for subset in subsets for answer in ANSWERS]
    assert in_rooms(asked) == [each.held for each in asked]


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
    return [reading(60 * n, fix(n % 3), battery_pct=80.0, steps=0) for n in range(minutes)]


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
    assert memory.is_place(1, readings[-2])
    other = replace(readings[-1], fix=fix(7))
    assert heard_of(memory, [other], who)
    assert memory.is_place(1, other)


def test_a_second_bracelet_sits_down_and_nothing_is_forgotten() -> None:
    who, memory, readings = {1: person()}, Memory(), at_home()
    assert heard_of(memory, readings, who)
    memory.seat("zb-b", 1)
    assert memory.is_place(1, readings[-1])
    assert not heard_of(memory, readings[-1:], who)


def test_codes_of_answers() -> None:
    codes = answer_codes(np.array([np.nan, 0.0, 1.0]))
    assert [ANSWERS[code] for code in codes.tolist()] == [None, False, True]


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
