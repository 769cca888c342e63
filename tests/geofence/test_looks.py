"""Readings and deadlines that change only what settles at once: they leave a room standing, and nobody else is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

import pytest

from geofence import engine, opening, snapshot
from geofence.absence import Absence
from geofence.detection import Place
from geofence.engine import FRESH, PersonState
from geofence.memory import Memory
from geofence.observation import NOTHING
from geofence.person import Person
from geofence.quiet import Facet, Room
from geofence.reading import Reading, ReadingKind
from tests.geofence.bed_nights import bed_reading
from tests.geofence.random_traces import PERSONS, calm_hours
from tests.geofence.scenes import BRACELET, at, circle, fix, person, place, reading

HOUR = 3_600


def at_home(minutes: int, since_s: float = 0) -> list[Reading]:
    return [reading(since_s + 60 * n, fix(n % 3), battery_pct=80.0, steps=0) for n in range(minutes)]


class Asked(Counter[str]):
    """How often the engine judges, looks and opens a room."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        for module, name in ((engine, "judge"), (engine, "look"), (opening, "room"), (opening, "again")):
            monkeypatch.setattr(module, name, self._counting(name, getattr(module, name)))

    def _counting(self, name: str, real):  # type: ignore[no-untyped-def]
        def counting(*given):  # type: ignore[no-untyped-def]
            self[name] += 1
            self["judge of those alone"] += name == "judge" and given[-1] is engine.ASKED_AT_ONCE
            return real(*given)

        return counting


def told_of(
    readings: Sequence[Reading], absences: tuple[Absence, ...], timers: dict[int, datetime], who: Person
) -> tuple[PersonState, list[object]]:
    """Every detector asked about every reading, and every deadline looked at."""
    state, told = FRESH, list[object]()
    for number, each in enumerate(readings):
        if number in timers:
            state, judgement = engine.run_down(state, who, timers[number], absences)
            told.append(judgement)
        state, outcome = engine.step(state, each, who, absences)
        told.append(outcome)
    return state, told


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(120))
def test_hours_with_timers_and_absences_come_out_as_in_single_steps(seed: int) -> None:
    random, who = Random(seed), PERSONS[seed % 6 + 1]
    readings = calm_hours(seed, random.choice([60, 400]), (who.person_id,), random.choice([0.0, 0.0, 0.01, 0.1]))
    timers = {
        number: each.at - timedelta(seconds=random.choice([0, 1, 30, -40]))
        for number, each in enumerate(readings)
        if random.random() < 0.1
    }
    away = readings[random.randrange(len(readings))].at
    absences = (Absence(since=away, until=away + timedelta(hours=1)),) if seed % 3 == 0 else ()
    expected, told = told_of(readings, absences, timers, who)

    memory, found = Memory(), list[object]()
    memory.absences = absences
    for number, each in enumerate(readings):
        if number in timers:
            found.append(memory.run_down(who, timers[number]))
        if random.random() < 0.1:
            # A batch that could not be stored.
            memory.keep()
            memory.judge_all([each], {who.person_id: who})
            memory.undo()
        found += memory.judge_all([each], {who.person_id: who})
    assert found == told
    assert snapshot.freeze(memory.state(who.person_id)) == snapshot.freeze(expected)
    assert memory.due(who) == engine.due(expected, who)


def test_hours_at_home_open_one_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the hours bring, a charge, an interval, a deadline that has been moved, asks two detectors."""
    asked, memory, who = Asked(monkeypatch), Memory(), {1: person()}
    for each in at_home(8 * 60):
        memory.judge_all([each], who)
        memory.keep()
    # The first readings of a bracelet: it is new, its interval is, its charge.
    assert asked["room"] <= 2
    assert asked["judge"] - asked["look"] <= 4
    assert 8 <= asked["look"] <= 8 * 4
    assert asked["look"] == asked["again"]
    assert {name for carried in engine.ASKED_AT_ONCE for name, _ in carried} == {"battery", "silence"}
    assert asked["judge of those alone"] == asked["look"]
    assert memory.state(1) == told_of(at_home(8 * 60), (), {}, who[1])[0]


@pytest.mark.parametrize("minutes", [59, 119])
def test_a_timer_that_moves_a_deadline_leaves_the_room_standing(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    """That of contact after an hour, after two that of fixes as well; an old word of the bracelet's changes nothing."""
    memory, who = Memory(), person()
    readings = [*at_home(minutes), reading(30, kind=ReadingKind.HEARTBEAT, steps=0)]
    for each in sorted(readings, key=lambda each: each.at):
        memory.judge_all([each], {1: who})
    last_s = 60 * (minutes - 1)
    assert memory.due(who) == at(last_s + 120 if minutes < 60 else last_s + 60)
    asked = Asked(monkeypatch)
    assert memory.run_down(who, at(last_s + 140)) is NOTHING
    assert memory.due(who) == at(last_s + HOUR)
    # Without a charge, and before there is an interval to be learnt.
    memory.judge_all([reading(last_s + 60, fix(1), steps=0)], {1: who})
    assert +asked == {"again": 1}


def test_a_timer_that_tells_of_silence_leaves_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, who, readings = Memory(), person(), at_home(59)
    for each in readings:
        memory.judge_all([each], {1: who})
    asked = Asked(monkeypatch)
    told = memory.run_down(who, at(58 * 60 + HOUR))
    assert [each.kind for each in told.detections] == ["silence"]
    assert not asked["again"]


def test_who_has_changed_is_judged_in_full_after_a_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another policy, another room."""
    memory, who, readings = Memory(), person(), at_home(59)
    for each in readings:
        memory.judge_all([each], {1: who})
    asked, other = Asked(monkeypatch), person(circle(1.0))
    assert memory.run_down(other, at(HOUR + 20)) is NOTHING
    assert not asked["again"]
    later = reading(HOUR + 120, fix(1), battery_pct=80.0, steps=0)
    assert memory.judge_all([later], {1: other}) == [
        engine.step(told_of(readings, (), {0: at(0)}, other)[0], later, other)[1]
    ]
    assert asked["judge"]


def test_a_forecast_told_by_a_look_is_told_in_time() -> None:
    """The charges of an evening foresee an empty battery: one of those that settle at once has something to tell."""
    who, memory = person(), Memory()
    # Eight to midnight, local time: empty at half past five.
    readings = [
        reading(60 * n, fix(n % 3), battery_pct=round(75 - n / 60 * 8, 2), steps=0, charging=False) for n in range(240)
    ]
    expected, told = told_of(readings, (), {}, who)
    found = [outcome for each in readings for outcome in memory.judge_all([each], {1: who})]
    assert found == told
    assert any(outcome.judgement is not NOTHING for outcome in found)
    assert memory.state(1) == expected


def test_what_else_an_absence_put_off_is_judged_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline of silence comes after we were away, and with it those of the bed are put off."""
    who, memory = person(), Memory()
    lying = {"heart_rate_bpm": 61.0, "breathing_rate_bpm": 14.0, "movement_pct": 2.0, "quality_pct": 90.0}
    in_bed = [bed_reading(at(60 * n - 30), "occupied", **lying) for n in range(3, 60)]
    readings = sorted([*at_home(60), *in_bed], key=lambda each: each.at)
    for each in readings:
        memory.judge_all([each], {1: who})
    before, _ = told_of(readings, (), {}, who)
    timely = Memory()
    for each in readings:
        timely.judge_all([each], {1: who})
    timely.absences = memory.absences = (Absence(since=at(600), until=at(3_590)),)
    asked, last = Asked(monkeypatch), reading(HOUR, fix(1), battery_pct=80.0, steps=0)
    memory.judge_all([last], {1: who})
    assert +asked == {"look": 1, "judge": 1}
    changed = {name for name in engine.NAMES if getattr(before, name) is not getattr(memory.state(1), name)}
    assert changed - {"battery", "silence"}
    assert memory.state(1) == engine.step(before, last, who, memory.absences)[0]
    # The same by a timer.
    assert timely.run_down(who, last.at) is NOTHING
    assert not asked["again"]


def test_who_is_new_or_repeats_what_was_said_is_judged_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the bracelet it has been time to hear a charge for an hour: every one of its readings is looked at."""
    who, memory, readings = {1: person()}, Memory(), at_home(10)
    readings += [reading(60 * n, fix(n % 3), steps=0) for n in range(10, 130)]
    for each in readings:
        memory.judge_all([each], who)
    asked, last = Asked(monkeypatch), reading(7_800, fix(2), steps=0)
    memory.judge_all([last], who)
    assert asked["look"] == 1
    memory.judge_all([last], who)
    memory.judge_all([reading(7_810, device_id="zb-other", kind=ReadingKind.HEARTBEAT, steps=0)], who)
    assert asked["look"] == 1
    assert asked["judge"] == 3


def test_only_whom_a_reading_concerns_is_asked_of_those_that_settle_at_once() -> None:
    of_fix, of_charge = engine.ASKED_AT_ONCE[Facet.FIX], engine.ASKED_AT_ONCE[Facet.BATTERY | Facet.WEAR]
    assert [name for name, _ in of_fix] == ["silence"]
    assert [name for name, _ in of_charge] == ["battery", "silence"]


class TestStands:
    """A room from noon to two, of which those that settle at once want to look from one o'clock on."""

    def room(self) -> Room:
        latitude, longitude = place(0.0)
        room = Room(
            said=reading(0, fix(0)),
            since=at(0),
            live_max_age=timedelta(minutes=10),
            place=Place(latitude=latitude, longitude=longitude, accuracy_m=10.0, at=at(0)),
            radius_m=100.0,
            accuracy_m=200.0,
            stands_until=at(2 * HOUR),
        )
        room.before(at(HOUR))
        return room.close()

    @pytest.mark.parametrize(
        ("each", "holds", "stands"),
        [
            (reading(HOUR - 1, fix(0)), True, False),
            (reading(HOUR, fix(0)), False, True),
            (reading(2 * HOUR - 1, fix(0)), False, True),
            (reading(2 * HOUR, fix(0)), False, False),
            (reading(-1, fix(0)), False, False),
            (reading(HOUR, fix(120)), False, False),
        ],
    )
    def test_by_time_and_place(self, each: Reading, holds: bool, stands: bool) -> None:
        room = self.room()
        assert room.holds(each, at(-60), at(-60)) is holds
        assert room.stands(each, at(-60), at(-60)) is stands

    def test_again_is_another_room(self) -> None:
        room = self.room()
        again = room.again(at(HOUR))
        assert (again.since, again.until, again.stands_until) == (at(HOUR), at(2 * HOUR), at(2 * HOUR))
        again.before(at(HOUR + 60))
        assert (room.since, room.until) == (at(0), at(HOUR))
        again.before(at(-60))
        assert again.stands(reading(HOUR, fix(0)), at(-60), at(-60))
        # Whenever those that settle at once want to look: what is older than the last is another thing.
        assert not again.stands(reading(HOUR - 1, fix(0)), at(-60), at(-60))
        assert not again.close().holds(reading(HOUR - 1, fix(0)), at(-60), at(-60))

    def test_shut_again_for_fixes_it_holds_none(self) -> None:
        again = self.room().again(at(HOUR))
        again.never(Facet.FIX)
        assert not again.close().holds(reading(HOUR + 60, fix(0)), at(-60), at(-60))
        assert again.holds(reading(HOUR + 60, kind=ReadingKind.HEARTBEAT, device_id=BRACELET), at(-60), at(-60))
