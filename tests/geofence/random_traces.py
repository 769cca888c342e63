"""Random persons and random things their devices say: the raw material of the property tests.

Hypothesis draws a seed and a length, and shrinks the length; drawing every number of a trace by itself would take
hundreds of times longer than judging it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import strategies as st

from geofence.danger_map import DangerMap
from geofence.person import Person
from geofence.reading import (
    BedReport,
    BedStatus,
    Fix,
    FixSource,
    Reading,
    ReadingKind,
    SafetyEvent,
    SafetyEventType,
)
from geofence.zone import Window
from tests.geofence.impacts import FALL, SAT_DOWN, SLID_DOWN, SURE_FALL
from tests.geofence.scenes import START, circle, fix, line, person, polygon, pond, square

EVERY_DAY = frozenset(range(1, 8))
EVENING = Window(days=EVERY_DAY, start=time(19, 0), end=time(20, 30))
PAST_MIDNIGHT = Window(days=frozenset({5, 6}), start=time(20, 15), end=time(6, 0))

#: A canal within the walks' reach, and a pond that reaches into the safe zones.
DANGERS = DangerMap((line((330.0, -900.0), (330.0, 900.0)), pond(square(20.0, -150.0))))

#: Small and large circles, a yard with a pond in it, zones that touch, zones that come and go.
PERSONS: dict[int, Person] = {
    each.person_id: each
    for each in (
        person(circle(100.0), person_id=1),
        person(circle(200.0), person_id=2, zone_confirming_fixes=3, dangers=DANGERS),
        person(polygon(square(150.0), square(30.0, 60.0)), person_id=3),
        person(circle(120.0), polygon(square(100.0, 200.0), zone_id=2, name="square"), person_id=4),
        person(circle(150.0, schedule=[EVENING]), circle(80.0, zone_id=2, schedule=[PAST_MIDNIGHT]), person_id=5),
        person(circle(200.0), person_id=6, time_zone=ZoneInfo("America/New_York"), battery_hysteresis_pct=2.0),
    )
}

EDGES_M = (0.0, 90.0, 130.0, 199.9, 200.1, 240.0, 5_000.0)
ACCURACIES_M = (1.0, 3.0, 12.0, 40.0, 41.0, 79.0, 80.0, 120.0, 200.0, 201.0, 1_000.0)
SPEEDS_MPS = (None, None, 0.0, 0.49, 0.5, 1.3)
STEPS = (None, None, 0, 19, 20, 60)
PERCENTS = (None, 0.0, 5.0, 9.9, 10.0, 10.1, 15.0, 20.0, 20.1, 25.0, 26.0, 80.0, 100.0)
GAPS_S = (0, 1, 20, 40, 60, 60, 120, 299, 300, 301, -30, -90)
LATENESS_S = (0.0, 0.0, 0.0, 2.0, 599.0, 601.0, 90_000.0)


def _metres(random: Random) -> float:
    return random.choice(EDGES_M) if random.random() < 0.3 else float(random.randint(-500, 500))


def _fix(random: Random) -> Fix:
    return fix(
        _metres(random),
        _metres(random),
        accuracy_m=random.choice(ACCURACIES_M),
        source=random.choice([*FixSource, FixSource.GNSS, FixSource.WIFI]),
        speed_mps=random.choice(SPEEDS_MPS),
    )


def _said(random: Random, person_id: int, at: datetime) -> Reading:
    """One message: mostly fixes, some of everything else."""
    received_at = at + timedelta(seconds=random.choice(LATENESS_S))
    values: dict[str, Any] = {"person_id": person_id, "at": at, "received_at": received_at}
    values["device_id"] = random.choice(["zb-a", "zb-a", "zb-b"])
    power = {"battery_pct": random.choice(PERCENTS), "charging": random.choice([None, None, False, True])}
    kind = random.choice([*[ReadingKind.LOCATION] * 5, *ReadingKind])
    if kind is ReadingKind.LOCATION:
        return Reading(kind=kind, fix=_fix(random), steps=random.choice(STEPS), **power, **values)
    if kind is ReadingKind.HEARTBEAT:
        wear = {"worn": random.choice([None, True, False]), "steps": random.choice(STEPS)}
        return Reading(kind=kind, **power, **wear, **values)
    if kind is ReadingKind.EVENT:
        type_ = random.choice(list(SafetyEventType))
        motion = random.choice([None, SAT_DOWN, SLID_DOWN, FALL, SURE_FALL]) if type_ == "impact" else None
        event = SafetyEvent(event_id=random.choice("123"), type=type_, motion=motion)
        return Reading(kind=kind, event=event, fix=random.choice([None, _fix(random)]), **values)
    return Reading(kind=kind, bed=BedReport(status=random.choice(list(BedStatus))), **values | {"device_id": "bed"})


def trace(seed: int, size: int, person_ids: Sequence[int] = tuple(PERSONS)) -> list[Reading]:
    """Readings in order of arrival: mostly forwards in time, some repeated, some late."""
    random, at, readings = Random(seed), START, list[Reading]()
    for _ in range(size):
        at += timedelta(seconds=random.choice(GAPS_S))
        readings.append(_said(random, random.choice(person_ids), at))
        if random.random() < 0.1:
            readings.append(random.choice(readings))
    return readings


def walk(seed: int, size: int, person_id: int = 2) -> list[Reading]:
    """A walk of one bracelet, a fix a minute, in steps a person can take: most fixes are believed."""
    random, east_m, readings = Random(seed), 0.0, list[Reading]()
    for minute in range(size):
        east_m = max(-150.0, min(600.0, east_m + random.randint(-120, 160)))
        at = START + timedelta(minutes=minute)
        seen = fix(east_m, accuracy_m=random.choice(ACCURACIES_M), speed_mps=random.choice(SPEEDS_MPS))
        readings.append(
            Reading(
                person_id=person_id, device_id="zb-a", kind=ReadingKind.LOCATION, at=at, received_at=at, fix=seen
            )
        )  # fmt: skip
    return readings


def ordinary(random: Random, person_id: int, at: datetime) -> Reading:
    """What nothing comes of: a bracelet on the wrist at home, or a bed with somebody asleep in it."""
    values: dict[str, Any] = {"person_id": person_id, "at": at, "received_at": at + timedelta(seconds=1)}
    if random.random() < 0.3:
        bed = BedReport(
            status=BedStatus.OCCUPIED,
            heart_rate_bpm=random.choice([60.0, 62.0, 64.0]),
            breathing_rate_bpm=random.choice([13.0, 14.0]),
            movement_pct=random.choice([None, 0.0, 3.0]),
            quality_pct=random.choice([None, 90.0]),
        )
        return Reading(device_id="bed", kind=ReadingKind.BED, bed=bed, **values)
    of_bracelet = {"battery_pct": 80.0, "charging": False, "worn": True, "steps": 0, "at_home": None}
    if random.random() < 0.2:
        return Reading(device_id="zb-a", kind=ReadingKind.HEARTBEAT, **of_bracelet, **values)
    seen = fix(random.gauss(0, 8), random.gauss(0, 8), accuracy_m=12.0, speed_mps=0.0)
    return Reading(device_id="zb-a", kind=ReadingKind.LOCATION, fix=seen, **of_bracelet, **values)


def disturbed(random: Random, calm: Reading) -> Reading:
    """The same, but for one thing."""
    if calm.bed is not None:
        of_bed = random.choice([
            {"status": random.choice(list(BedStatus))},
            {"heart_rate_bpm": random.choice([None, 20.0, 39.0, 55.0, 90.0, 121.0, 180.0])},
            {"breathing_rate_bpm": random.choice([None, 2.0, 7.0, 25.0, 40.0])},
            {"movement_pct": random.choice([20.0, 60.0, 100.0])},
            {"quality_pct": random.choice([0.0, 30.0])},
        ])  # fmt: skip
        return msgspec.structs.replace(calm, bed=msgspec.structs.replace(calm.bed, **of_bed))
    of_bracelet: dict[str, Any] = random.choice([
        {"battery_pct": random.choice(PERCENTS)},
        {"charging": random.choice([None, True])},
        {"worn": random.choice([None, False])},
        {"steps": random.choice([None, 1, 19, 20, 60, 200])},
        {"at_home": random.choice([True, False])},
        {"device_id": "zb-b"},
        {"received_at": calm.at + timedelta(seconds=random.choice(LATENESS_S))},
        {"at": calm.at - timedelta(seconds=random.choice([1, 61, 200]))},
        {"fix": None, "kind": ReadingKind.HEARTBEAT},
        {"fix": _fix(random), "kind": ReadingKind.LOCATION},
        {"fix": fix(_metres(random), accuracy_m=12.0, speed_mps=0.0), "kind": ReadingKind.LOCATION},
        {"fix": fix(0.0, accuracy_m=12.0, speed_mps=random.choice([0.5, 1.3, 9.0])), "kind": ReadingKind.LOCATION},
    ])  # fmt: skip
    return msgspec.structs.replace(calm, **of_bracelet)


def calm_hours(
    seed: int, size: int, person_ids: Sequence[int] = tuple(PERSONS), often: float | None = None
) -> list[Reading]:
    """Hours at home in which little happens, and now and then (`often`, a share) one thing out of the ordinary."""
    random, readings = Random(seed), list[Reading]()
    at = START + timedelta(seconds=random.choice([0, 1_800, 7_200, 21_600, 43_200]))
    gap_s = random.choice([1, 20, 60, 60, 300])
    often = random.choice([0.0, 0.05, 0.3]) if often is None else often
    for _ in range(size):
        at += timedelta(seconds=gap_s if random.random() > often / 3 else random.choice([*GAPS_S, 2_000, 40_000]))
        for person_id in person_ids:
            said = ordinary(random, person_id, at)
            readings.append(disturbed(random, said) if random.random() < often else said)
            if random.random() < often / 3:
                readings.append(_said(random, person_id, at))
    return readings


def calm(*, max_size: int = 60, person_ids: Sequence[int] = (1, 3, 4, 5)) -> st.SearchStrategy[list[Reading]]:
    return st.builds(calm_hours, st.integers(0, 2**32), st.integers(10, max_size), st.just(person_ids))


def traces(*, max_size: int = 60, person_ids: Sequence[int] = tuple(PERSONS)) -> st.SearchStrategy[list[Reading]]:
    return st.builds(trace, st.integers(0, 2**32), st.integers(1, max_size), st.just(person_ids))


def walks() -> st.SearchStrategy[list[Reading]]:
    return st.builds(walk, st.integers(0, 2**32), st.integers(5, 60))
