"""The engine alone: persons with three zones of 60 corners each, walking about; batch and single, side by side."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from geofence import batch
from geofence.engine import PersonState
from geofence.geometry import Polygon
from geofence.person import Person
from geofence.reading import Fix, Reading, ReadingKind
from geofence.zone import Zone

SEED = 7
CORNERS = 60
ZONES = 3
BEGINS = datetime(2026, 11, 20, tzinfo=UTC)


def measure(persons: int = 10_000, rounds: int = 6, batch_readings: int = 2_000) -> dict[str, float]:
    """Microseconds of process time a reading, best of the rounds after the first (which fills the states)."""
    people = _people(persons)
    states: dict[int, PersonState] = {}
    batches = _readings(persons, rounds, batch_readings)
    taken_s: list[float] = []
    for readings_of_round in batches:
        began_s = time.process_time()
        for readings in readings_of_round:
            batch.judge_all(states, readings, people)
        taken_s.append(time.process_time() - began_s)
    singles = [reading for readings in batches[0][:1] for reading in readings]
    fresh: dict[int, PersonState] = {}
    began_s = time.process_time()
    for reading in singles:
        batch.judge_all(fresh, [reading], people)
    single_us = (time.process_time() - began_s) / len(singles) * 1e6
    return {
        "us_per_reading": round(min(taken_s[1:]) / persons * 1e6, 2),
        "us_per_reading_one_by_one": round(single_us, 2),
        "persons": persons,
        "batch_readings": batch_readings,
    }


def _people(persons: int) -> dict[int, Person]:
    zone_info = ZoneInfo("Asia/Shanghai")
    return {
        number: Person(
            person_id=number,
            time_zone=zone_info,
            zones=tuple(_zone(number, z) for z in range(ZONES)),
        )
        for number in range(persons)
    }


def _place(number: int) -> tuple[float, float]:
    return 36.5 + (number % 100) * 0.005, 117.8 + (number // 100) * 0.005


def _zone(number: int, index: int) -> Zone:
    latitude, longitude = _place(number)
    ring = [
        (
            longitude + index * 0.003 + 0.002 * math.cos(2 * math.pi * corner / CORNERS),
            latitude + 0.002 * math.sin(2 * math.pi * corner / CORNERS),
        )
        for corner in range(CORNERS)
    ]
    return Zone(zone_id=number * ZONES + index, name="zone", shape=Polygon.from_rings([[*ring, ring[0]]]))


def _readings(persons: int, rounds: int, batch_readings: int) -> list[list[list[Reading]]]:
    generator = np.random.default_rng(SEED)
    result = []
    for round_ in range(rounds):
        at = BEGINS + timedelta(minutes=round_)
        drift = generator.normal(0, 0.0008, (persons, 2))
        readings = [
            Reading(
                person_id=number,
                device_id=f"zb-{number}",
                kind=ReadingKind.LOCATION,
                at=at,
                received_at=at,
                fix=Fix(
                    latitude=_place(number)[0] + drift[number, 0],
                    longitude=_place(number)[1] + drift[number, 1],
                    accuracy_m=12.0,
                ),
                battery_pct=80.0,
            )
            for number in range(persons)
        ]
        result.append([readings[i : i + batch_readings] for i in range(0, persons, batch_readings)])
    return result
