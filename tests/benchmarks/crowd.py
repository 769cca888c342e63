"""Ten thousand persons for load over the wire: where they are minute after minute, their register, their past.

They do what those of the engine's benchmark do (`engine.Mix`): a share at home, a share walking inside their zones, a
share walking about outside. Their past is an hour and ten minutes that were judged before, so that a measurement begins with
people who are known and not with a first day.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import psycopg

from geofence import snapshot
from geofence.geometry import Polygon
from geofence.memory import Memory
from geofence.person import Person
from geofence.reading import Fix, Reading, ReadingKind
from geofence.zone import Zone
from tests.benchmarks.engine import CORNERS, ERRAND_M, METRES_PER_DEGREE, OUTSIDE_M, WALKING_MPS, ZONES, Mix

SEED = 7
#: Minutes of everybody's past, and within how many of them one after the other began: else what the engine does once an
#: hour for each it would do for all of them at once.
PAST, BEGUN_WITHIN = 70, 60
#: 10:00 in Zibo: the first minute of the past.
BEGINS = datetime(2026, 11, 20, 2, tzinfo=UTC)
EVERY_S = 60.0
#: As generator.c reads them.
FIX = np.dtype([("latitude", "<f8"), ("longitude", "<f8"), ("speed_mps", "<f4"), ("steps", "<i4")])


def home(number: int) -> tuple[float, float]:
    """Latitude and longitude of the middle of a person's first zone; numbers begin with 1."""
    return 36.5 + (number % 100) * 0.005, 117.8 + (number // 100 % 100) * 0.005


def ring(number: int, index: int) -> list[tuple[float, float]]:
    """Corners of one of a person's zones: three circles of 200 m in a row."""
    latitude, longitude = home(number)
    corners = [
        (
            longitude + index * 0.003 + 0.002 * math.cos(2 * math.pi * corner / CORNERS),
            latitude + 0.002 * math.sin(2 * math.pi * corner / CORNERS),
        )
        for corner in range(CORNERS)
    ]
    return [*corners, corners[0]]


def walk(persons: int, rounds: int, mix: Mix) -> np.ndarray:
    """Fixes of everybody, an array of `FIX`, (rounds, persons).

    At home they scatter by 15 m. Inside, people walk to and fro along the row of their zones; outside, across country
    with a turn now and then.
    """
    chance = np.random.default_rng(SEED)
    shares = chance.permutation(persons) / persons
    at_home, outside = shares < mix.home, shares >= mix.home + mix.inside
    inside = ~at_home & ~outside
    heading = chance.uniform(0, 2 * math.pi, persons)
    begun_m = chance.uniform(0, 2 * ERRAND_M, persons)
    offset = np.zeros((persons, 2))
    offset[outside, 0] = -600.0
    middle = np.array([home(number) for number in range(1, persons + 1)])
    stride_m, scatter_m = WALKING_MPS * EVERY_S, np.where(at_home, 15.0, 8.0)[:, None]
    fixes = np.zeros((rounds, persons), FIX)
    fixes["speed_mps"], fixes["steps"] = np.where(at_home, 0.0, WALKING_MPS), np.where(at_home, 0, 95)
    for round_ in range(rounds):
        heading += chance.normal(0, 0.2, persons)
        offset += np.where(outside[:, None], stride_m * np.stack([np.sin(heading), np.cos(heading)], axis=1), 0.0)
        heading[np.hypot(offset[:, 0], offset[:, 1]) > OUTSIDE_M] += math.pi
        offset[inside, 0] = np.abs((begun_m + stride_m * round_) % (2 * ERRAND_M) - ERRAND_M)[inside]
        seen = offset + chance.normal(0, 1, (persons, 2)) * scatter_m
        fixes["latitude"][round_] = middle[:, 0] + seen[:, 1] / METRES_PER_DEGREE
        fixes["longitude"][round_] = middle[:, 1] + seen[:, 0] / (METRES_PER_DEGREE * np.cos(np.radians(middle[:, 0])))
    return fixes


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Everybody, and the file of their fixes; the first `PAST` rounds are over."""

    persons: int
    fixes: np.ndarray

    def write(self, folder: Path) -> Path:
        """The fixes as generator.c reads them."""
        path = folder / "rounds"
        self.fixes.tofile(path)
        return path

    def settle(self, url: str) -> None:
        """Write register and past into a fresh, migrated database."""
        with psycopg.connect(url) as connection:
            _register(connection, self.persons)
            _remember(connection, self)
            connection.commit()
            connection.autocommit = True
            connection.execute("VACUUM ANALYZE")


def _register(connection: psycopg.Connection[tuple[object, ...]], persons: int) -> None:
    numbers = range(1, persons + 1)
    with connection.cursor() as cursor:
        with cursor.copy("COPY persons (person_id, display_name, division) FROM STDIN") as copy:
            for number in numbers:
                copy.write_row((number, f"P{number}", "370303001001"))
        with cursor.copy("COPY devices (device_key, device_id, kind, person_id) FROM STDIN") as copy:
            for number in numbers:
                copy.write_row((number, f"zb-{number}", "bracelet", number))
        with cursor.copy("COPY zones (person_id, name, geometry) FROM STDIN") as copy:
            for number in numbers:
                for index in range(ZONES):
                    shape = json.dumps({"type": "Polygon", "coordinates": [ring(number, index)]})
                    copy.write_row((number, f"zone {index}", shape))


def _remember(connection: psycopg.Connection[tuple[object, ...]], crowd: Crowd) -> None:
    """What the engine and the tables know after the past."""
    people, memory = _people(connection, crowd.persons), Memory()
    readings: list[Reading] = []
    for round_ in range(PAST):
        at = BEGINS + timedelta(seconds=EVERY_S * round_)
        fixes = crowd.fixes[round_].tolist()
        readings = [reading(number, at, fix) for number, fix in enumerate(fixes, 1) if number % BEGUN_WITHIN <= round_]
        for begin in range(0, crowd.persons, 2_000):
            memory.judge_all(readings[begin : begin + 2_000], people)
            memory.keep()
    with connection.cursor() as cursor:
        with cursor.copy("COPY engine_states (person_id, snapshot, due_at) FROM STDIN") as copy:
            for number, person in people.items():
                copy.write_row((number, snapshot.freeze(memory.state(number)), memory.due(person)))
        with cursor.copy(
            "COPY device_states (device_key, last_seen_at, online, last_seq, seq_gaps, location_at) FROM STDIN"
        ) as copy:
            for number in people:
                copy.write_row((number, readings[0].at, True, PAST, b"", readings[0].at))
        with cursor.copy(
            "COPY latest_positions (person_id, device_key, at, received_at, latitude, longitude, accuracy_m, source,"
            " safety, revision) FROM STDIN"
        ) as copy:
            for each in readings:
                assert each.fix is not None
                copy.write_row(
                    (
                        each.person_id, each.person_id, each.at, each.at, each.fix.latitude,
                        each.fix.longitude, 12.0, "gnss", str(memory.safety(each.person_id)), 0,
                    )
                )  # fmt: skip


def _people(connection: psycopg.Connection[tuple[object, ...]], persons: int) -> dict[int, Person]:
    zone_info = ZoneInfo("Asia/Shanghai")
    rows = connection.execute("SELECT person_id, zone_id FROM zones ORDER BY zone_id").fetchall()
    zone_ids: dict[int, list[int]] = {}
    for person_id, zone_id in rows:
        assert isinstance(person_id, int)
        assert isinstance(zone_id, int)
        zone_ids.setdefault(person_id, []).append(zone_id)
    return {
        number: Person(
            person_id=number,
            time_zone=zone_info,
            zones=tuple(
                Zone(zone_id=zone_ids[number][index], name="zone", shape=Polygon.from_rings([ring(number, index)]))
                for index in range(ZONES)
            ),
        )
        for number in range(1, persons + 1)
    }


def reading(number: int, at: datetime, fix: tuple[float, float, float, int]) -> Reading:
    """What generator.c says for a person."""
    latitude, longitude, speed_mps, steps = fix
    return Reading(
        person_id=number,
        device_id=f"zb-{number}",
        kind=ReadingKind.LOCATION,
        at=at,
        received_at=at + timedelta(seconds=1),
        fix=Fix(latitude=latitude, longitude=longitude, accuracy_m=12.0, speed_mps=speed_mps),
        battery_pct=70.0 + (number - 1) % 10,
        charging=False,
        worn=True,
        steps=steps,
    )
