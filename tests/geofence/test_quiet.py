"""The gate: a reading that is not judged because it is quiet changes exactly what judging it would have changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from geofence import engine, opening, snapshot
from geofence.detection import Place
from geofence.detectors import DETECTORS
from geofence.engine import FRESH, Outcome, PersonState
from geofence.memory import Memory
from geofence.person import Person
from geofence.quiet import FRAMES_AGREE_UNTIL, Facet, Room
from geofence.reading import BedReport, BedStatus, FixSource, Reading, ReadingKind
from tests.geofence.random_traces import PERSONS, calm, calm_hours, traces, walks
from tests.geofence.scenes import BRACELET, at, circle, fix, person, place, reading, sos

thorough = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def every_step(
    readings: Sequence[Reading], persons: dict[int, Person] = PERSONS
) -> tuple[dict[int, PersonState], list[Outcome]]:
    states: dict[int, PersonState] = {}
    outcomes = []
    for each in readings:
        before = states.get(each.person_id, FRESH)
        states[each.person_id], outcome = engine.step(before, each, persons[each.person_id])
        outcomes.append(outcome)
    return states, outcomes


def in_batches(readings: Sequence[Reading], size: int, memory: Memory) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for begin in range(0, len(readings), size):
        outcomes += memory.judge_all(readings[begin : begin + size], PERSONS)
        memory.keep()
    return outcomes


@pytest.mark.slow
@thorough
@given(st.one_of(calm(), calm(person_ids=(1,), max_size=200), traces(), walks()), st.sampled_from([1, 2, 7, 40, 1_000]))
def test_with_the_gate_and_without_it_comes_out_the_same(readings: list[Reading], size: int) -> None:
    states, expected = every_step(readings)
    memory = Memory()
    assert in_batches(readings, size, memory) == expected
    for person_id, state in states.items():
        assert snapshot.freeze(memory.state(person_id)) == snapshot.freeze(state)
        assert memory.due(PERSONS[person_id]) == engine.due(state, PERSONS[person_id])


@pytest.mark.slow
@thorough
@given(calm(), st.data())
def test_what_is_taken_back_was_never_heard(readings: list[Reading], data: st.DataObject) -> None:
    """A batch that could not be stored is judged again, perhaps cut otherwise."""
    cut = data.draw(st.integers(0, len(readings)))
    again = data.draw(st.integers(cut, len(readings)))
    memory = Memory()
    outcomes = in_batches(readings[:cut], 20, memory)
    before = {person_id: memory.state(person_id) for person_id in PERSONS}
    memory.judge_all(readings[cut:again], PERSONS)
    memory.undo()
    assert {person_id: memory.state(person_id) for person_id in PERSONS} == before
    outcomes += in_batches(readings[cut:], 20, memory)
    states, expected = every_step(readings)
    assert outcomes == expected
    assert all(snapshot.freeze(memory.state(key)) == snapshot.freeze(state) for key, state in states.items())


@pytest.mark.slow
@thorough
@given(calm(), st.sampled_from([1, 3, 50]))
def test_a_state_that_changed_by_hearsay_alone_is_not_material(readings: list[Reading], size: int) -> None:
    """The stored state and the newest readings since then give the state."""
    memory = Memory()
    stored: dict[int, PersonState] = {}
    for begin in range(0, len(readings), size):
        memory.judge_all(readings[begin : begin + size], PERSONS)
        assert set(memory.material) <= memory.touched
        for person_id in memory.material:
            stored[person_id] = memory.state(person_id)
        memory.keep()
        for person_id, state in stored.items():
            now = memory.state(person_id)
            assert engine.with_hearsay(state, now.order.newest, now.track.place) == now


def test_most_of_a_calm_night_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the tests above would compare nothing."""
    judged = []
    real = engine.judge
    monkeypatch.setattr(engine, "judge", lambda *given: judged.append(given[1]) or real(*given))
    nights = [[each for each in calm_hours(seed, 90, (1,), often=0.03) if each.bed is None] for seed in range(20)]
    for readings in nights:
        in_batches(readings, 10, Memory())
    # A third of each is the learning of the device's usual interval.
    assert len(judged) < 0.6 * sum(map(len, nights))


def test_a_room_opens_after_what_settles_at_once_and_after_no_other_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """A charge is remembered every hour, and nothing is judged in vain for it; of who walks no room is asked for."""
    judged, asked = list[Reading](), list[Reading]()
    judge, room = engine.judge, opening.room
    monkeypatch.setattr(engine, "judge", lambda *given: judged.append(given[1]) or judge(*given))
    monkeypatch.setattr(opening, "room", lambda *given: asked.append(given[1]) or room(*given))
    who, memory = {1: person()}, Memory()
    at_home = [reading(60 * n, fix(n % 3), battery_pct=80.0, steps=0) for n in range(180)]
    walking = [reading(10_800 + 60 * n, fix(30.0 * n), battery_pct=80.0, steps=90) for n in range(4)]
    changed: list[set[str]] = []
    for each in (*at_home, *walking):
        before = memory.state(1)
        memory.judge_all([each], who)
        after = memory.state(1)
        changed.append({name for name in engine.NAMES if getattr(before, name) is not getattr(after, name)})
        memory.keep()
    assert sum("battery" in names for names in changed[:180]) == 3
    assert all(changed[n] for n, each in enumerate(at_home) if each in judged and n > 2)
    assert all(each in judged and each not in asked for each in walking[1:])
    assert all("wandering" in names for names in changed[-3:])
    assert {each.name for each in DETECTORS if each.settles_at_once} == {"battery", "silence"}


class TestRoom:
    """Both sides of each wall."""

    def room(self) -> Room:
        latitude, longitude = place(0.0)
        room = Room(
            said=reading(0, fix(0)),
            since=at(0),
            live_max_age=timedelta(minutes=10),
            place=Place(latitude=latitude, longitude=longitude, accuracy_m=10.0, at=at(0)),
            radius_m=100.0,
            accuracy_m=200.0,
        )
        room.before(at(3_600))
        return room

    def holds(self, room: Room, each: Reading, last_fix_s: float = 0.0) -> bool:
        return room.close().holds(each, at(0), at(last_fix_s))

    @pytest.mark.parametrize(
        ("each", "expected"),
        [
            (reading(60), True),
            (reading(0), True),
            (reading(-0.1), False),
            (reading(3_599.9), True),
            (reading(3_600), False),
            (reading(60, late_s=600.0), True),
            (reading(60, late_s=600.1), False),
            (sos(60), False),
            (reading(60, fix(98.0)), True),
            (reading(60, fix(0, -98.0)), True),
            (reading(60, fix(99.5)), False),
            (reading(60, fix(-70.5, 70.5)), False),
            (reading(60, fix(0, accuracy_m=200.0)), True),
            (reading(60, fix(0, accuracy_m=200.1)), False),
            (reading(60, fix(0, source=FixSource.CELL)), False),
        ],
    )
    def test_of_its_own(self, each: Reading, expected: bool) -> None:
        assert self.holds(self.room(), each) is expected

    @pytest.mark.parametrize(
        ("narrow", "inside", "outside"),
        [
            (lambda r: r.within(50.0), {"fix_": fix(49.0)}, {"fix_": fix(50.1)}),
            (lambda r: r.within(-1.0), {}, {"fix_": fix(0)}),
            (lambda r: r.accurate_to(20.0), {"fix_": fix(0, accuracy_m=20.0)}, {"fix_": fix(0, accuracy_m=20.1)}),
            (lambda r: r.slower_than(1.0), {"fix_": fix(0, speed_mps=1.0)}, {"fix_": fix(0, speed_mps=1.1)}),
            (lambda r: r.without_steps(), {"fix_": fix(0), "steps": 0}, {"fix_": fix(0), "steps": None}),
            (lambda r: r.without_steps(), {"steps": 5}, {"fix_": fix(0), "steps": 5}),
            (lambda r: r.steps_up_to(9), {"steps": 9}, {"steps": 10}),
            (lambda r: r.battery_between(30, 40), {"battery_pct": 30.0}, {"battery_pct": 29.9}),
            (lambda r: r.battery_between(30, 40), {"battery_pct": 40.0}, {"battery_pct": 40.1}),
            (lambda r: r.battery_only_of(BRACELET), {"battery_pct": 30.0}, {"battery_pct": 30.0, "device_id": "zb-b"}),
            (lambda r: r.battery_only_of(), {"device_id": "zb-b"}, {"battery_pct": 30.0}),
            (lambda r: r.worn_only(None, True), {"worn": True}, {"worn": False}),
            (lambda r: r.charging_only(False), {"charging": False}, {"charging": None}),
            (lambda r: r.at_home_only(None, True), {"at_home": None}, {"at_home": False}),
            (lambda r: r.before(at(61)), {}, None),
            (lambda r: r.never(Facet.BATTERY), {}, {"battery_pct": 50.0}),
            (lambda r: r.never(Facet.FIX), {}, {"fix_": fix(0)}),
        ],
    )
    def test_narrowed(self, narrow, inside: dict, outside: dict | None) -> None:  # type: ignore[no-untyped-def, type-arg]
        room = self.room()
        narrow(room)
        assert self.holds(room, reading(60, **inside))
        assert outside is None or not self.holds(room, reading(60, **outside))

    @pytest.mark.parametrize(
        ("narrow", "inside", "outside"),
        [
            (lambda r: r.bed_only(BedStatus.OCCUPIED), {}, {"status": BedStatus.EDGE}),
            (lambda r: r.never(Facet.WEAR), {}, None),
            (lambda r: r.heart_between(50, 70), {"heart_rate_bpm": 70.0}, {"heart_rate_bpm": 70.1}),
            (lambda r: r.heart_between(50, 70), {"heart_rate_bpm": 50.0}, {"heart_rate_bpm": None}),
            (lambda r: r.breathing_between(8, 20), {"breathing_rate_bpm": 8.0}, {"breathing_rate_bpm": 7.9}),
            (
                lambda r: r.breathing_depth_between(5, 50),
                {"breathing_amplitude_pct": 5.0},
                {"breathing_amplitude_pct": 50.1},
            ),
            (lambda r: r.apnea_below(10), {"apnea_s": 9.9}, {"apnea_s": 10.0}),
            (lambda r: r.bed_reports_within(timedelta(seconds=60)), {}, None),
            (lambda r: r.movement_up_to(5), {"movement_pct": 5.0}, {"movement_pct": 5.1}),
            (lambda r: r.quality_at_least(50), {"quality_pct": 50.0}, {"quality_pct": None}),
        ],
    )
    def test_narrowed_for_a_bed(self, narrow, inside: dict, outside: dict | None) -> None:  # type: ignore[no-untyped-def, type-arg]
        room, of_bed = self.room(), BedReport(status=BedStatus.OCCUPIED)
        narrow(room)
        said = reading(60, kind=ReadingKind.BED)
        assert self.holds(room, replace(said, bed=replace(of_bed, **inside)))
        assert outside is None or not self.holds(room, replace(said, bed=replace(of_bed, **outside)))

    def test_closed_for_a_bed_or_a_bracelet(self) -> None:
        room = self.room()
        room.never(Facet.BED)
        assert not self.holds(room, reading(60, kind=ReadingKind.BED, bed=BedReport(status=BedStatus.OCCUPIED)))
        room.never(Facet.WEAR)
        assert not self.holds(room, reading(60))
        assert not room.empty
        room.within(0.0)
        assert room.empty

    def test_a_bed_that_paused(self) -> None:
        room = self.room()
        room.bed_reports_within(timedelta(seconds=59))
        assert not self.holds(room, reading(60, kind=ReadingKind.BED, bed=BedReport(status=BedStatus.OCCUPIED)))
        assert self.holds(room, reading(60))

    def test_it_is_never_widened(self) -> None:
        room = self.room()
        for radius_m, steps in ((50.0, 3), (80.0, 9)):
            room.within(radius_m)
            room.steps_up_to(steps)
        room.worn_only(True)
        room.worn_only(False)
        assert (room.radius_m, room.steps, room.worn) == (50.0, 3, ())

    @pytest.mark.parametrize(("after_s", "expected"), [(1.0, False), (9.8, False), (10.0, True)])
    def test_two_fixes_need_time_between_them(self, after_s: float, expected: bool) -> None:
        """200 m apart at most, and at most 20 m/s: ten seconds."""
        room = self.room()
        room.moves_slower_than(20.0)
        assert self.holds(room, reading(60, fix(0)), last_fix_s=60 - after_s) is expected

    def test_a_slow_limit_makes_the_circle_smaller_rather_than_the_wait_long(self) -> None:
        room = self.room()
        room.moves_slower_than(2.0)
        assert self.holds(room, reading(60, fix(44.0)), last_fix_s=14.0)
        assert not self.holds(room, reading(60, fix(45.1)), last_fix_s=14.0)

    def test_not_near_the_poles(self) -> None:
        room = self.room()
        assert room.place is not None
        north = FRAMES_AGREE_UNTIL + 1
        room.place = type(room.place)(latitude=north, longitude=0.0, accuracy_m=1.0, at=at(0))
        there = replace(fix(0), latitude=north, longitude=0.0)
        assert not self.holds(room, reading(60, there))


def test_another_policy_or_zone_is_judged_from_the_first_reading_on() -> None:
    """The room was of the zone as it was."""
    memory, mine = Memory(), person(circle(200.0))
    for minute in range(6):
        memory.judge_all([reading(60 * minute, fix(0))], {1: mine})
    smaller = person(circle(50.0, east_m=-400.0))
    told = [
        outcome.judgement
        for minute in range(6, 9)
        for outcome in memory.judge_all([reading(60 * minute, fix(0))], {1: smaller})
    ]
    assert [d.kind for judgement in told for d in judgement.detections] == ["zone_exit"]


def test_who_asks_to_hear_of_missing_fixes_sooner_does_from_the_next_fix_on() -> None:
    """The deadline as it was would be the old one; a heartbeat that changes nothing opens no room for the fix."""
    memory, mine, sooner = Memory(), person(), person(no_fix_after=timedelta(hours=1))
    memory.judge_all([reading(60 * minute, fix(0), steps=0) for minute in range(6)], {1: mine})
    memory.judge_all([reading(400, steps=0), reading(460, steps=0), reading(520, fix(0.5), steps=0)], {1: sooner})
    assert memory.state(1).silence.fix_deadline == at(520 + 3_600)


def test_a_deadline_that_has_come_by_new_thresholds_is_judged_first() -> None:
    """Silent for three minutes after a fix outside: too long, since a minute ago."""
    memory, patient, hasty = Memory(), person(), person(suspect_silence=timedelta(minutes=1))
    memory.judge_all([reading(60 * minute, fix(0)) for minute in range(6)], {1: patient})
    memory.judge_all([reading(360, fix(260.0))], {1: patient})
    (outcome,) = memory.judge_all([reading(540)], {1: hasty})
    assert [(each.kind, each.at) for each in outcome.judgement.detections] == [("zone_exit", at(420))]


def test_of_two_places_of_one_moment_the_one_heard_last_is_known() -> None:
    """One of each bracelet: the stored state has the first, the readings since then the second."""
    state, _ = engine.step(FRESH, reading(0, fix(0)), person())
    assert state.track.place is not None
    second = Place(latitude=place(9.0)[0], longitude=place(9.0)[1], accuracy_m=10.0, at=at(0))
    assert engine.with_hearsay(state, state.order.newest, second).track.place == second


def test_what_is_heard_twice_is_heard_once() -> None:
    """The broker sends again what was not acknowledged, quiet or not."""
    twice = [each for each in calm_hours(7, 60, (1,), often=0.0) for _ in range(2)]
    states, expected = every_step(twice)
    memory = Memory()
    assert in_batches(twice, 2, memory) == expected
    assert [outcome.admission for outcome in expected] == ["live", "duplicate"] * 60
    assert snapshot.freeze(memory.state(1)) == snapshot.freeze(states[1])


def test_random_batches_of_many_persons() -> None:
    """Several readings of one person in a batch, newest first, repeated: the order within a person is kept."""
    random = Random(11)
    for seed in range(8):
        readings = calm_hours(seed, 40)
        for _ in range(20):
            place_ = random.randrange(len(readings) - 8)
            readings[place_ : place_ + 8] = reversed(readings[place_ : place_ + 8])
        states, expected = every_step(readings)
        memory = Memory()
        assert in_batches(readings, 25, memory) == expected
        assert all(snapshot.freeze(memory.state(key)) == snapshot.freeze(state) for key, state in states.items())
