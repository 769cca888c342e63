"""Whole nights in bed through the gate and without it, in one batch and one by one: the same, byte for byte."""

from __future__ import annotations

import math
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geofence import snapshot
from geofence.detectors import bed, bed_sensor, restless, turning
from geofence.memory import Memory
from geofence.quiet import Room
from geofence.reading import BedStatus, Reading, ReadingKind
from tests.geofence.bed_nights import Night, asleep, bed_reading
from tests.geofence.scenes import BRACELET, START, person
from tests.geofence.test_quiet import every_step

PERSONS = {1: person(turn_every=timedelta(minutes=30))}
#: What one report of a bed may measure; the first are the ordinary ones.
LYING = (
    {"heart_rate_bpm": 61.0, "breathing_rate_bpm": 14.0, "movement_pct": 2.0, "quality_pct": 90.0},
    {"heart_rate_bpm": 61.0, "movement_pct": 35.0, "quality_pct": 30.0},
    {"movement_pct": 0.0, "quality_pct": 5.0},
    {},
)
EMPTY = ({"quality_pct": 0.0}, {}, {"heart_rate_bpm": 60.0, "quality_pct": 80.0})


def night(seed: int, spells: int) -> list[Reading]:
    """Spells of one state each, with a report every two minutes, and a bracelet now and then."""
    random, at, readings = Random(seed), START + timedelta(hours=2), list[Reading]()
    for _ in range(spells):
        status = random.choice(["occupied", "occupied", "occupied", "empty", "edge", "fault"])
        kinds = EMPTY if status == "empty" else LYING
        measured = random.choice([kinds[0], kinds[0], *kinds])
        device_id = random.choice(["bed", "bed", "bed", "bed", "bed-2"])
        for _ in range(random.choice([1, 2, 4, 30])):
            at += timedelta(seconds=random.choice([3, 10, 60, 120, 120, 120, 1_000]))
            readings.append(bed_reading(at, status, device_id=device_id, **measured))
            if random.random() < 0.1:
                readings.append(_bracelet(random, at + timedelta(seconds=1)))
    return readings


def _bracelet(random: Random, at: object) -> Reading:
    values = {"person_id": 1, "device_id": BRACELET, "kind": ReadingKind.HEARTBEAT, "at": at, "received_at": at}
    return Reading(**values, steps=random.choice([0, 0, 9, 60]), at_home=random.choice([None, True, False]))  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.builds(night, st.integers(0, 2**32), st.integers(1, 12)), st.sampled_from([1, 7, 1_000]))
def test_a_night_comes_out_the_same(readings: list[Reading], size: int) -> None:
    states, expected = every_step(readings, PERSONS)
    memory, outcomes = Memory(), []
    for begin in range(0, len(readings), size):
        outcomes += memory.judge_all(readings[begin : begin + size], PERSONS)
        memory.keep()
    assert outcomes == expected
    assert snapshot.freeze(memory.state(1)) == snapshot.freeze(states[1])


def room_of(night: Night, detector: Any) -> Room:
    """What one detector alone leaves free after the last reading."""
    state = night.story.state
    at = night.then("02:40")
    room = Room(said=bed_reading(at, "occupied"), since=at, live_max_age=timedelta(minutes=10))
    name = {bed: "bed", bed_sensor: "bed_sensor", restless: "restless", turning: "turning"}[detector]
    detector.quiet(getattr(state, name), night.person, state, room)
    return room


@pytest.mark.parametrize(
    ("measured", "holds"),
    [
        ({}, True),
        ({"heart_rate_bpm": 0.0}, True),
        ({"movement_pct": 3.0}, True),
        ({"heart_rate_bpm": 60.0}, False),
        ({"breathing_rate_bpm": 12.0}, False),
    ],
)
def test_a_room_without_vital_signs(measured: dict[str, float], holds: bool) -> None:
    at = START
    room = Room(said=bed_reading(at, "empty"), since=at, live_max_age=timedelta(minutes=10))
    room.without_vital_signs()
    assert room.holds(bed_reading(at, "empty", **measured), at, None) is holds


def test_what_the_bed_leaves_free() -> None:
    night = asleep()
    room = room_of(night, bed)
    assert night.story.state.bed.heard_at is not None
    assert (room.bed, room.steps) == ((BedStatus.OCCUPIED,), 39)
    assert room.until == night.story.state.bed.heard_at + timedelta(minutes=5)
    night.bed("02:40", "empty")
    assert room_of(night, bed).bed == ()
    night.bed("02:40:10", "empty")
    room = room_of(night, bed)
    assert (room.bed, room.steps) == ((BedStatus.EMPTY,), 7)
    night.bed("06:30", "empty")
    assert room_of(night, bed).steps == math.inf


def test_what_the_others_leave_free() -> None:
    night = asleep(turn_every=timedelta(hours=2))
    assert room_of(night, restless).movement_pct == math.nextafter(20.0, 0.0)
    assert room_of(night, turning).movement_pct == math.nextafter(30.0, 0.0)
    assert room_of(asleep(), turning).movement_pct == math.inf
    # A mat, as far as is known: a report that shows something would be the first.
    room = room_of(night, bed_sensor)
    assert (room.bed, room.lifeless, room.movement_pct) == ((BedStatus.OCCUPIED, BedStatus.EDGE), True, 0.0)
    night.bed("02:40", "occupied", heart_rate_bpm=60.0)
    room = room_of(night, bed_sensor)
    assert room.bed == (BedStatus.OCCUPIED, BedStatus.EDGE)
    assert room.heart_rate_bpm is not None
    night.bed("02:42", "occupied")
    assert room_of(night, bed_sensor).bed == ()
    night.bed("02:44", "occupied", movement_pct=5.0)
    assert room_of(night, bed_sensor).bed == (BedStatus.OCCUPIED, BedStatus.EDGE)
    night.bed("02:46", "empty")
    room = room_of(night, bed_sensor)
    assert (room.bed, room.lifeless, room.movement_pct) == ((BedStatus.EMPTY,), True, math.inf)
    night.bed("02:48", "occupied", movement_pct=5.0)
    assert room_of(night, bed_sensor).bed == ()
