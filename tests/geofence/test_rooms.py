"""Each detector's room by itself: what it lets pass unjudged would have left its own state as it was.

`test_quiet` compares whole runs, in which one detector's narrow room hides another's that is too wide. Here each is
asked alone, and what its room holds is judged all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from geofence import engine, opening
from geofence.detector import Detector
from geofence.detectors import DETECTORS
from geofence.doorstep import Stay
from geofence.engine import FRESH, PersonState
from geofence.features import area_at
from geofence.observation import NOTHING
from geofence.ordering import Admission
from geofence.person import Person
from geofence.quiet import Room
from geofence.reading import BedReport, BedStatus, Reading
from tests.geofence.impacts import FALL, SURE_FALL, bed, impact
from tests.geofence.random_traces import DANGERS, PERSONS, calm_hours, disturbed, ordinary, trace
from tests.geofence.scenes import at, fix, person, reading
from tests.geofence.test_bed_gate import night
from tests.geofence.test_shortcuts import frozen

pytestmark = pytest.mark.slow

NARROWING = {each.name: each for each in DETECTORS if each.quiet is not None}
#: Silence leaves it to the zone to say which fixes are outside.
TOGETHER = {"silence": ("silence", "zone")}
#: Times from one reading to the next that lie on both sides of what rooms wait for. Seconds.
GAPS_S = (1, 20, 46, 60, 60, 120, 300, 700, 2_000)
#: Another bracelet of the same person.
OTHER = "zb-000002"


def room_of(detectors: Sequence[Detector], state: PersonState, said: Reading, person_: Person) -> Room | None:
    place = state.track.place
    area = area_at(place, said.at, person_) if place is not None else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "DETECTORS", tuple(detectors))
        return opening.room(state, said, person_, area, engine.dues(state, person_))


Nexts = Callable[[Reading], list[Reading]]


def unjudged(
    person_: Person, readings: Sequence[Reading], nexts: Nexts, since: int = 0
) -> Iterator[tuple[PersonState, Reading, list[str]]]:
    """States from some reading on, next readings, and the detectors whose rooms hold them."""
    state = FRESH
    for number, said in enumerate(readings):
        before = state
        state, outcome = engine.step(state, said, person_)
        settled = outcome.admission is Admission.LIVE and outcome.judgement is NOTHING
        if number < since or not settled or engine.material(before, state):
            continue
        newest = {(device_id, kind): at for device_id, kind, at in state.order.newest}
        fix_at = state.track.place.at if state.track.place else None
        rooms = {
            name: room_of([NARROWING[each] for each in TOGETHER.get(name, (name,))], state, said, person_)
            for name in NARROWING
        }
        for each in nexts(said):
            last_at = newest.get((each.device_id, each.kind), each.at)
            if last_at < each.at:
                names = [name for name, room in rooms.items() if room and room.holds(each, last_at, fix_at)]
                yield state, each, names


def held(person_: Person, readings: Sequence[Reading], nexts: Nexts, since: int = 0) -> dict[str, int]:
    """How many next readings each detector's room held; each has left its state as it was."""
    found = dict.fromkeys(NARROWING, 0)
    for state, said, names in unjudged(person_, readings, nexts, since):
        after = engine.step(state, said, person_)[0] if names else state
        for name in names:
            assert getattr(after, name) is getattr(state, name), (name, getattr(state, name), said)
            found[name] += 1
    return found


def traces() -> Iterator[tuple[Person, list[Reading]]]:
    """Hours at home, walks and nonsense, nights, bracelets whose fixes freeze; somebody who is turned, too."""
    for seed in range(12):
        yield PERSONS[seed % 6 + 1], calm_hours(seed, 50, (seed % 6 + 1,), often=0.3)
        yield PERSONS[seed % 6 + 1], frozen(seed, calm_hours(seed, 50, (seed % 6 + 1,), often=0.1))
        yield PERSONS[seed % 6 + 1], trace(seed, 60, (seed % 6 + 1,))
        turned = replace(PERSONS[1], policy=replace(PERSONS[1].policy, turn_every=timedelta(minutes=30)))
        yield (PERSONS[1], turned)[seed % 2], night(seed, 8)


def test_in_random_hours() -> None:
    every = dict.fromkeys(NARROWING, 0)
    for number, (person_, readings) in enumerate(traces()):
        random = Random(number)

        def nexts(said: Reading, random: Random = random) -> list[Reading]:
            """The same again and an ordinary one, each with one thing out of the ordinary or without."""
            found = []
            for _ in range(8):
                then = said.at + timedelta(seconds=random.choice(GAPS_S))
                alike = msgspec.structs.replace(said, at=then, received_at=then)
                other = ordinary(random, said.person_id, then)
                found.append(random.choice([alike, disturbed(random, alike), other, disturbed(random, other)]))
            return found

        for name, count in held(person_, readings, nexts).items():
            every[name] += count
    assert min(every.values()) > 300


MIN, HOUR = 60.0, 3_600.0


def beats(since_min: float, until_min: float, **said: Any) -> list[Reading]:
    """A heartbeat every other minute."""
    count = int((until_min - since_min) / 2) + 1
    return [reading((since_min + 2 * number) * MIN, **said) for number in range(count)]


def by_time(*parts: Sequence[Reading]) -> list[Reading]:
    return sorted((each for part in parts for each in part), key=lambda each: each.at)


#: Two bracelets at home in the evening, one of them nearer to the edge.
HOME = by_time([reading(-600 + 60 * n, fix(5.0 + n)) for n in range(10)], beats(-10, -1, device_id=OTHER))
WORN = by_time(beats(-10, -1, worn=True, steps=0), beats(-9.5, -1, device_id=OTHER, worn=True, steps=0))
#: 02:40 in Zibo.
UP = 6 * HOUR + 40 * MIN
IN_BED = [bed(UP - 60 * n, "occupied") for n in range(60, 0, -1)]


def breath(seconds: float, depth_pct: float = 40.0) -> Reading:
    """A report of a bed that shows a pulse, and how deep they breathe."""
    values = {"heart_rate_bpm": 60.0, "breathing_rate_bpm": 14.0, "movement_pct": 0.0, "quality_pct": 90.0}
    report = BedReport(status=BedStatus.OCCUPIED, breathing_amplitude_pct=depth_pct, **values)
    return msgspec.structs.replace(bed(seconds, "occupied"), bed=report)


ASLEEP = [*(breath(UP - 60 * n) for n in range(100, 1, -1)), *(breath(UP - 60 + 10 * n) for n in range(7))]

#: What a reading may say that the last one of its device did not.
SAYS: tuple[dict[str, Any], ...] = (
    {}, {"at_home": True}, {"at_home": False}, {"charging": True}, {"charging": False}, {"worn": False}, {"worn": True},
    {"steps": None}, {"steps": 0}, {"steps": 1}, {"steps": 8}, {"steps": 20}, {"steps": 60}, {"battery_pct": 5.0},
    {"battery_pct": 15.0}, {"battery_pct": 60.0},
)  # fmt: skip
#: How far a fix is from the last, and how sure; metres.
FIXES = (
    (0.0, 10.0), (4.0, 10.0), (-4.0, 10.0), (9.0, 2.0), (17.0, 2.0), (24.0, 10.0), (-27.0, 2.0), (40.0, 2.0), (-110.0, 10.0),
)  # fmt: skip

SCENES: dict[str, list[Reading]] = {
    "an exit is suspected": by_time(
        HOME, [reading(0, fix(260.0))], beats(1.1, 9), [reading(20 * n, device_id=OTHER) for n in range(1, 27)],
    ),
    "back at the edge after an exit": [
        *HOME, *(reading(60 * n, fix(300.0 + 60 * n)) for n in range(4)), *(reading(300 + 30 * n, fix(193.0)) for n in range(4)),
        *beats(8, 40),
    ],
    "near the edge": by_time(HOME, [reading(60 * n, fix(188.0), steps=0) for n in range(6)]),
    "near the edge without a count of steps": [reading(60 * n, fix(188.0)) for n in range(6)],
    "one of two hears home": by_time(HOME, beats(0, 8, device_id=OTHER, at_home=True), beats(1, 9)),
    "one alone hears home": [reading(60 * n, fix(5.0 + n), at_home=True) for n in range(6)],
    "on a walk": by_time(HOME, [reading(30 * n, fix(30.0 * n)) for n in range(5)], beats(0.7, 3)),
    "away from where they stood": [reading(0, fix(0.0)), *(reading(60 * n, fix(14.0)) for n in range(1, 5))],
    "on a ride": [*(reading(60 * n, fix(600.0 * n)) for n in range(6)), *beats(6, 34)],
    "off a ride": [*(reading(60 * n, fix(600.0 * min(n, 5))) for n in range(10)), *beats(10, 40)],
    "an impact, and another bracelet": by_time(HOME, WORN, [impact(0, FALL)], beats(0.2, 2, device_id=OTHER)),
    "an impact, and the bed": by_time(HOME, [impact(0, FALL)], [bed(-100, "empty"), bed(-60, "empty"), *(bed(n, "empty") for n in (10, 20, 30))]),
    "a bare impact, and the bed": by_time(HOME, [impact(0)], [bed(-100, "empty"), bed(-60, "empty"), *(bed(n, "empty") for n in (10, 20, 30))]),
    "down": by_time(HOME, WORN, [impact(0, SURE_FALL)], beats(1, 9, steps=0, worn=True)),
    "down, and not counting": by_time(HOME, WORN, [impact(0, SURE_FALL)], beats(0.5, 3, device_id=OTHER)),
    "out of bed at night": by_time(
        [reading(UP - 700 + 60 * n, fix(5.0), steps=0, worn=True) for n in range(12)], IN_BED, [bed(UP + 10 * n, "empty") for n in range(12)],
    ),
    "out of bed at night after an impact": by_time(
        IN_BED, [reading(UP - 700 + 60 * n, fix(5.0), worn=True) for n in range(11)], [impact(UP - 20)],
        [bed(UP - 10, "empty")], beats((UP - 15) / MIN, (UP - 12) / MIN, device_id=OTHER), [bed(UP + 200, "empty")],
    ),
    "out of bed at night, and an impact long after": by_time(
        IN_BED, beats((UP - 600) / MIN, (UP - 400) / MIN, steps=0), beats((UP - 590) / MIN, (UP - 400) / MIN, device_id=OTHER),
        [bed(UP + 10 * n, "empty") for n in range(3)], [impact(UP + 600)], beats((UP + 610) / MIN, (UP + 720) / MIN),
    ),
    "outside in the night": by_time(
        IN_BED, beats((UP - 600) / MIN, (UP - 400) / MIN), [reading(UP - 100, fix(5.0)), reading(UP + 300, fix(5.0))],
        [reading(UP + 360, fix(290.0)), reading(UP + 420, fix(330.0))], [bed(UP + 10 * n, "empty") for n in range(50)],
    ),
    "asleep": by_time(ASLEEP, beats(UP / MIN - 50, UP / MIN - 1)),
    "asleep, and a breath is missing": by_time(ASLEEP, beats(UP / MIN - 50, UP / MIN + 0.7), [breath(UP + 2, 0.0), breath(UP + 8, 0.0), reading(UP + 10), reading(UP + 12)]),
    "lain down a moment ago": by_time(
        HOME, [bed(-60 * n, "empty") for n in range(1, 9)], [bed(0, "occupied"), bed(25, "occupied")], beats(0.1, 12, device_id=OTHER),
    ),
    "outside for a while": [
        *HOME, *(reading(60 * n, fix(300.0 + 60 * n)) for n in range(4)),
        *(reading(240 + 120 * n, None if n % 5 else fix(500.0 + n)) for n in range(29)),
    ],
    "one of two is silent": by_time(HOME, beats(0, 80, device_id=OTHER)),
    "no fix for hours": [*(reading(-600 + 60 * n, fix(5.0 + n)) for n in range(10)), *beats(0, 150)],
    "down, and perhaps taken off": by_time(
        HOME, WORN, [impact(0, SURE_FALL)], beats(1, 5, steps=0, worn=True), [reading(6 * MIN, worn=False, steps=0)],
        beats(8, 30, device_id=OTHER),
    ),
    "on the charger": [reading(60 * n, fix(5.0), charging=True, worn=False) for n in range(8)],
    "one on the charger, the other says nothing": by_time(HOME, beats(0, 9, charging=True), beats(0.5, 9, device_id=OTHER)),
    "one worn, the other says nothing": by_time(HOME, beats(0, 9, worn=True), beats(0.5, 9, device_id=OTHER)),
}  # fmt: skip


def nexts_of(readings: Sequence[Reading]) -> Nexts:
    """Each device's last message again, with anything else in it, and its fix elsewhere, soon and late."""

    def nexts(said: Reading) -> list[Reading]:
        streams = {(each.device_id, each.kind): each for each in readings if each.at <= said.at and each.event is None}
        found = []
        for last in streams.values():
            for gap_s in (10, 61, 700):
                then = said.at + timedelta(seconds=gap_s)
                again = msgspec.structs.replace(last, at=then, received_at=then)
                found += [msgspec.structs.replace(again, **more) for more in SAYS] if last.bed is None else [again]
                if last.bed is not None:
                    found += [
                        msgspec.structs.replace(again, bed=msgspec.structs.replace(last.bed, **it)) for it in MEASURES
                    ]
                found += _elsewhere(again)
        return found

    return nexts


def _elsewhere(again: Reading) -> list[Reading]:
    if again.fix is None:
        return []
    places = [
        msgspec.structs.replace(again.fix, longitude=again.fix.longitude + metres / 89_000.0, accuracy_m=accuracy_m)
        for metres, accuracy_m in FIXES
    ]
    fast = msgspec.structs.replace(again.fix, speed_mps=1.3)
    return [
        msgspec.structs.replace(again, fix=each, **more)
        for each in (*places, fast)
        for more in ({}, {"steps": 30}, {"at_home": None})
    ]


MEASURES: tuple[dict[str, Any], ...] = (
    *({"status": each} for each in BedStatus), {"breathing_amplitude_pct": 0.0}, {"breathing_amplitude_pct": 90.0},
    {"apnea_s": 9.0}, {"apnea_s": 30.0}, {"heart_rate_bpm": None}, {"heart_rate_bpm": 30.0}, {"heart_rate_bpm": 190.0},
    {"breathing_rate_bpm": 3.0}, {"breathing_rate_bpm": 45.0}, {"movement_pct": 80.0}, {"quality_pct": 5.0},
)  # fmt: skip


@pytest.mark.parametrize("scene", SCENES)
def test_in_scenes(scene: str) -> None:
    readings = SCENES[scene]
    person_ = person(dangers=DANGERS, turn_every=timedelta(minutes=30))
    assert sum(held(person_, readings, nexts_of(readings), since=len(readings) - 8).values()) > 100


def test_who_stayed_at_the_door_is_judged_though_the_place_is_inside_now() -> None:
    """A zone that counts from this hour on, or that the family has just drawn wider."""
    state = FRESH
    for said in HOME:
        state, _ = engine.step(state, said, person())
    assert state.track.place is not None
    stay = Stay(latitude=36.81, longitude=118.05, since=at(-3_000), until=at(-1_000))
    for zone, free in ((state.zone, True), (msgspec.structs.replace(state.zone, stay=stay), False)):
        there = msgspec.structs.replace(state, zone=zone)
        room = room_of([NARROWING["zone"]], there, HOME[-1], person())
        assert room is not None
        assert room.holds(reading(60, fix(6.0)), HOME[-1].at, state.track.place.at) is free


def test_most_reports_of_an_empty_bed_are_not_judged() -> None:
    """All day long: one in five minutes shows that the bed is there."""
    readings = [*IN_BED, *(bed(UP + 60 * n, "empty") for n in range(60))]
    passed = [
        said.at
        for _, said, names in unjudged(person(), readings, lambda said: [later(said, 60)], 80)
        if "rest" in names
    ]
    assert len(passed) > 25


def later(said: Reading, seconds: float) -> Reading:
    at_ = said.at + timedelta(seconds=seconds)
    return msgspec.structs.replace(said, at=at_, received_at=at_)


def test_who_is_turned_no_more_is_forgotten_with_the_next_report() -> None:
    state, turned = FRESH, person(turn_every=timedelta(hours=2))
    for said in IN_BED:
        state, _ = engine.step(state, said, turned)
    assert state.turning.turned_at is not None
    for who, free in ((turned, True), (person(), False)):
        room = room_of([NARROWING["turning"]], state, IN_BED[-1], who)
        assert room is not None
        assert room.holds(later(IN_BED[-1], 60), IN_BED[-1].at, None) is free


def test_the_first_word_after_a_silence_that_was_told_is_judged() -> None:
    """However much is known of the device: from then on it is waited for again."""
    state = FRESH
    for said in HOME:
        state, _ = engine.step(state, said, person())
    for deadline, free in ((at(2 * HOUR), True), (None, False)):
        devices = tuple(
            msgspec.structs.replace(each, deadline=deadline, learns_at=at(9 * HOUR)) for each in state.silence.devices
        )
        there = msgspec.structs.replace(state, silence=msgspec.structs.replace(state.silence, devices=devices))
        room = room_of([NARROWING["silence"]], there, HOME[-1], person())
        again = later(HOME[-1], 60)
        assert (room is not None and room.holds(again, HOME[-1].at, at(-200))) is free
