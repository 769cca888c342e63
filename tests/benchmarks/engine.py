"""The engine alone, with every detector: persons with three zones of 60 corners each, a reading a minute.

Three mixes of bracelets are measured, because what a reading costs depends on what its bearer does: `day`, the shares of
an ordinary day (`DAY`); `out`, everybody walking outside their zones, the worst hour there can be; and `home`, the
night's rule. And a `fleet`, of which beds speak most: 1,500 bracelets in the day mix with a fix a minute, 3,000 beds with
a report every ten seconds, as of the street that returns in `backlog`. Process time, the best round of those after the
first ones, which fill the states.
"""

from __future__ import annotations

import gc
import math
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from geofence.geometry import Polygon
from geofence.memory import Memory
from geofence.person import Person
from geofence.reading import BedReport, BedStatus, Fix, Reading, ReadingKind
from geofence.zone import Zone

SEED = 7
CORNERS, ZONES = 60, 3
#: Rounds that are not measured: until a device's usual interval is learnt (32 readings), which then is for 25 hours.
WARM_UP = 40
#: 10:00 in Zibo.
BEGINS = datetime(2026, 11, 20, 2, tzinfo=UTC)
EVERY = timedelta(minutes=1)
WALKING_MPS = 0.9
#: One way of an errand inside, and how far those outside go. Metres.
ERRAND_M, OUTSIDE_M = 500.0, 5_000.0
METRES_PER_DEGREE = 111_000.0


@dataclass(frozen=True, kw_only=True)
class Mix:
    """Shares of persons: at home, walking about inside a zone, walking outside of all; they add up to 1."""

    home: float
    inside: float
    outside: float


DAY = Mix(home=0.90, inside=0.07, outside=0.03)
OUT = Mix(home=0.0, inside=0.0, outside=1.0)
HOME = Mix(home=1.0, inside=0.0, outside=0.0)
#: A fleet: bracelets, beds, and how often a bed speaks.
BRACELETS, BEDS = 1_500, 3_000
BED_EVERY = timedelta(seconds=10)


def measure() -> dict[str, float]:
    """Every figure of the engine; microseconds are those of one reading."""
    day = cost_us(10_000, DAY)
    small, large = cost_us(1_500, DAY), cost_us(100_000, DAY, rounds=3)
    return {
        "us_per_reading": round(day, 2),
        "us_per_reading_everybody_out": round(cost_us(2_000, OUT), 2),
        "us_per_reading_everybody_home": round(cost_us(10_000, HOME), 2),
        "us_per_bed_report": round(cost_us(2_000, HOME, beds=True), 2),
        "us_per_reading_of_a_fleet": round(fleet_us(), 2),
        "us_per_reading_one_by_one": round(cost_us(2_000, DAY, batch_readings=1), 2),
        "us_per_reading_1500": round(small, 2),
        "us_per_reading_100k": round(large, 2),
        "cost_growth_100k_over_1500": round(large / small, 3),
        "bytes_per_person": round(bytes_per_person()),
        "bytes_of_zones_per_person": round(bytes_of_zones_per_person()),
        "persons": 10_000,
        "batch_readings": 2_000,
        "share_home": DAY.home,
        "share_walking_inside": DAY.inside,
        "share_walking_outside": DAY.outside,
    }


def cost_us(persons: int, mix: Mix, *, rounds: int = 6, batch_readings: int = 2_000, beds: bool = False) -> float:
    """Microseconds of process time a reading: the best of `rounds` rounds of one reading a person."""
    people = _people(persons)
    memory = Memory()
    taken_s: list[float] = []
    walk = Walk(persons, mix)
    for round_ in range(WARM_UP + rounds):
        readings = _bed_reports(persons, round_) if beds else walk.readings(round_)
        gc.collect()
        began_s = time.process_time()
        for begin in range(0, persons, batch_readings):
            memory.judge_all(readings[begin : begin + batch_readings], people)
            memory.keep()
        taken_s.append(time.process_time() - began_s)
    return min(taken_s[WARM_UP:]) / persons * 1e6


def fleet_us(rounds: int = 6, batch_readings: int = 2_000) -> float:
    """Microseconds of process time a reading of bracelets and beds together: the best of `rounds` minutes.

    A wearer and a sleeper are different persons here, so that a bed's room does not hang on who walks.
    """
    people, memory, walk = _people(BRACELETS + BEDS), Memory(), Walk(BRACELETS, DAY)
    taken_s: list[float] = []
    for round_ in range(WARM_UP + rounds):
        readings = walk.readings(round_)
        for report in range(EVERY // BED_EVERY):
            readings += _reports_of(BRACELETS, BEDS, BEGINS + round_ * EVERY + report * BED_EVERY)
        # As they come: by arrival.
        readings.sort(key=lambda reading: reading.received_at)
        gc.collect()
        began_s = time.process_time()
        for begin in range(0, len(readings), batch_readings):
            memory.judge_all(readings[begin : begin + batch_readings], people)
            memory.keep()
        taken_s.append(time.process_time() - began_s)
    return min(taken_s[WARM_UP:]) / len(readings) * 1e6


def bytes_per_person(persons: int = 2_000) -> float:
    """Bytes that Python holds for the state of one more person, zones not counted.

    Traced, because resident memory need not grow: what earlier rounds have freed is used again.
    """
    people, walk, memory = _people(persons), Walk(persons, DAY), Memory()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for round_ in range(WARM_UP):
            memory.judge_all(walk.readings(round_), people)
            memory.keep()
        gc.collect()
        return (tracemalloc.get_traced_memory()[0] - before) / persons
    finally:
        tracemalloc.stop()


def bytes_of_zones_per_person(persons: int = 200) -> float:
    """Bytes that Python holds for the zones of one more person."""
    rings = [[ring_of(number, index) for index in range(ZONES)] for number in range(persons)]
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        zones = [_zones_of(number, each) for number, each in enumerate(rings)]
        gc.collect()
        return (tracemalloc.get_traced_memory()[0] - before) / len(zones)
    finally:
        tracemalloc.stop()


class Walk:
    """Where everybody is, minute after minute.

    At home fixes scatter by 15 m. Inside, people walk to and fro along the row of their zones, an errand of 500 m each
    way; outside, across country with a turn now and then, from 400 m beyond the zones on.
    """

    def __init__(self, persons: int, mix: Mix) -> None:
        self._generator = np.random.default_rng(SEED)
        shares = self._generator.permutation(persons) / persons
        self._at_home = shares < mix.home
        self._outside = shares >= mix.home + mix.inside
        self._heading = self._generator.uniform(0, 2 * math.pi, persons)
        self._begun_m = self._generator.uniform(0, 2 * ERRAND_M, persons)
        self._offset = np.zeros((persons, 2))
        self._offset[self._outside, 0] = -600.0

    def readings(self, round_: int) -> list[Reading]:
        """One location of everybody."""
        count, stride_m = len(self._heading), WALKING_MPS * EVERY.total_seconds()
        self._heading += self._generator.normal(0, 0.2, count)
        way = np.stack([np.sin(self._heading), np.cos(self._heading)], axis=1)
        self._offset += np.where(self._outside[:, None], stride_m * way, 0.0)
        self._heading[np.hypot(self._offset[:, 0], self._offset[:, 1]) > OUTSIDE_M] += math.pi
        inside = ~self._at_home & ~self._outside
        along_m = np.abs((self._begun_m + stride_m * round_) % (2 * ERRAND_M) - ERRAND_M)
        self._offset[inside, 0] = along_m[inside]
        scatter_m = np.where(self._at_home, 15.0, 8.0)[:, None]
        seen = (self._offset + self._generator.normal(0, 1, (count, 2)) * scatter_m).tolist()
        at = BEGINS + round_ * EVERY
        return [
            _location(number, at, *seen[number], moving=not at_home)
            for number, at_home in enumerate(self._at_home.tolist())
        ]


def _location(number: int, at: datetime, east_m: float, north_m: float, *, moving: bool) -> Reading:
    latitude, longitude = place_of(number)
    return Reading(
        person_id=number,
        device_id=f"zb-{number}",
        kind=ReadingKind.LOCATION,
        at=at,
        received_at=at + timedelta(seconds=1),
        fix=Fix(
            latitude=latitude + north_m / METRES_PER_DEGREE,
            longitude=longitude + east_m / (METRES_PER_DEGREE * math.cos(math.radians(latitude))),
            accuracy_m=12.0,
            speed_mps=WALKING_MPS if moving else 0.0,
        ),
        battery_pct=80.0 - 0.01 * (number % 1_000),
        charging=False,
        worn=True,
        steps=95 if moving else 0,
    )


def _bed_reports(persons: int, round_: int) -> Sequence[Reading]:
    return _reports_of(0, persons, BEGINS + round_ * EVERY)


def _reports_of(first: int, beds: int, at: datetime) -> Sequence[Reading]:
    """A report of everybody asleep from one person on."""
    generator = np.random.default_rng((SEED, int(at.timestamp())))
    heart, breathing = generator.normal(62, 2, beds).tolist(), generator.normal(14, 0.5, beds).tolist()
    return [
        Reading(
            person_id=first + number,
            device_id=f"bed-{first + number}",
            kind=ReadingKind.BED,
            at=at,
            received_at=at,
            bed=BedReport(
                status=BedStatus.OCCUPIED,
                heart_rate_bpm=heart[number],
                breathing_rate_bpm=breathing[number],
                movement_pct=2.0,
                quality_pct=90.0,
            ),
        )
        for number in range(beds)
    ]


def _people(persons: int) -> dict[int, Person]:
    """Everybody with zones of their own up to 2,000 persons, in turn beyond: shapes cost memory, not time."""
    zone_info = ZoneInfo("Asia/Shanghai")
    return {number: Person(person_id=number, time_zone=zone_info, zones=zones_of(number)) for number in range(persons)}


def place_of(number: int) -> tuple[float, float]:
    """Latitude and longitude of somebody's home; they repeat after 10,000."""
    return 36.5 + (number % 100) * 0.005, 117.8 + (number // 100 % 100) * 0.005


_ZONES: dict[tuple[float, float], tuple[Zone, ...]] = {}


def zones_of(number: int) -> tuple[Zone, ...]:
    """Zones of one place; the places repeat after 10,000 persons, because shapes of everybody cost memory, not time."""
    place = place_of(number)
    if place not in _ZONES:
        _ZONES[place] = _zones_of(number, [ring_of(number, index) for index in range(ZONES)])
    return _ZONES[place]


def _zones_of(number: int, rings: Sequence[Sequence[tuple[float, float]]]) -> tuple[Zone, ...]:
    return tuple(
        Zone(zone_id=number * ZONES + index, name="zone", shape=Polygon.from_rings([ring]))
        for index, ring in enumerate(rings)
    )


def ring_of(number: int, index: int) -> list[tuple[float, float]]:
    """The corners (longitude, latitude) of one of somebody's zones, the first again at the end."""
    latitude, longitude = place_of(number)
    ring = [
        (
            longitude + index * 0.003 + 0.002 * math.cos(2 * math.pi * corner / CORNERS),
            latitude + 0.002 * math.sin(2 * math.pi * corner / CORNERS),
        )
        for corner in range(CORNERS)
    ]
    return [*ring, ring[0]]
