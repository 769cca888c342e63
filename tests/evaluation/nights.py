"""Nights that never were, from a fixed seed: people who get up, and some who do not come back. For `no_return`.

Each person has a habit, kept for all nights: visits a night, their usual length, the morning's rising; two of three wear
a bracelet at night. In some nights the last visit is one from which nobody comes back by themselves. Beds err and lose
their network. Nothing here is learnt from a recording except the usual length of a visit, which is of the order of what
home B of `ordonez-bed-pressure` shows (median 3.7 min, four visits).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from geofence.reading import BedStatus, Reading, ReadingKind
from tests.evaluation.beds import report

ZIBO = ZoneInfo("Asia/Shanghai")
SEED = 20_260_131
PEOPLE, NIGHTS = 40, 21
FIRST_NIGHT = date(2026, 3, 2)
#: Reports of the bed beside its changes, and the bracelet's heartbeats.
BED_EVERY, BRACELET_EVERY = timedelta(minutes=2), timedelta(minutes=10)
#: Of all nights, those in which somebody does not come back; they are away so long (minutes).
GONE_SHARE, GONE_MIN = 0.04, (45.0, 180.0)
#: Usual length of a visit to the toilet: minutes, its spread between people, and from visit to visit.
VISIT_MIN, BETWEEN, WITHIN = 4.5, 0.25, 0.55
#: Of all reports, those that say the contrary; of all nights, those with the network down (minutes).
ERRS, OFFLINE_SHARE, OFFLINE_MIN = 0.002, 0.2, (10.0, 90.0)
WEARS = 2 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Out of bed, at night."""

    left_at: datetime
    back_at: datetime
    #: They do not come back by themselves: somebody should look.
    gone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleeper:
    """One person's nights, with the truth."""

    name: str
    readings: tuple[Reading, ...]
    absences: tuple[Absence, ...]
    nights: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Habit:
    visits: float
    visit_min: float
    bed_min: float
    rise_min: float
    wears: bool


def sleepers() -> Iterator[Sleeper]:
    """All of them, the same every time."""
    for number in range(PEOPLE):
        generator = np.random.default_rng([SEED, number])
        yield _sleeper(f"simulated-{number:02}", generator)


def _sleeper(name: str, generator: np.random.Generator) -> Sleeper:
    habit = _Habit(
        visits=float(generator.uniform(0.3, 2.5)),
        visit_min=VISIT_MIN * float(np.exp(generator.normal(0, BETWEEN))),
        bed_min=float(generator.normal(-110, 40)),
        rise_min=float(generator.normal(390, 35)),
        wears=bool(generator.random() < WEARS),
    )
    readings: list[Reading] = []
    absences: list[Absence] = []
    for night in range(NIGHTS):
        found = _night(habit, FIRST_NIGHT + timedelta(days=night + 1), generator)
        absences += found[1]
        readings += found[0]
    return Sleeper(name=name, readings=tuple(readings), absences=tuple(absences), nights=NIGHTS)


def _night(habit: _Habit, morning: date, generator: np.random.Generator) -> tuple[list[Reading], list[Absence]]:
    """From before bedtime to after rising."""
    midnight = datetime.combine(morning, time(0), ZIBO).astimezone(UTC)
    to_bed = midnight + timedelta(minutes=habit.bed_min + float(generator.normal(0, 20)))
    rises = midnight + timedelta(minutes=habit.rise_min + float(generator.normal(0, 15)))
    absences = _absences(habit, to_bed, rises, generator)
    changes = [(to_bed - timedelta(minutes=30), BedStatus.EMPTY), (to_bed, BedStatus.OCCUPIED)]
    for absence in absences:
        changes += [(absence.left_at, BedStatus.EMPTY), (absence.back_at, BedStatus.OCCUPIED)]
    changes = [*(change for change in changes if change[0] < rises), (rises, BedStatus.EMPTY)]
    offline = _offline(to_bed, rises, generator)
    readings = [each for each in _bed(changes, generator) if not offline[0] <= each.at < offline[1]]
    if habit.wears:
        readings += _bracelet(to_bed, rises, absences, generator)
    return sorted(readings, key=lambda reading: reading.at), absences


def _absences(habit: _Habit, to_bed: datetime, rises: datetime, generator: np.random.Generator) -> list[Absence]:
    absences: list[Absence] = []
    hours = (rises - to_bed) / timedelta(hours=1)
    starts = sorted(generator.uniform(0.7, max(1.0, hours - 0.7), generator.poisson(habit.visits)))
    for start in starts:
        left_at = to_bed + timedelta(hours=float(start))
        minutes = habit.visit_min * float(np.exp(generator.normal(0, WITHIN)))
        if not absences or left_at > absences[-1].back_at + timedelta(minutes=10):
            absences.append(Absence(left_at=left_at, back_at=left_at + timedelta(minutes=minutes), gone=False))
    if generator.random() < GONE_SHARE:
        left_at = to_bed + timedelta(hours=float(generator.uniform(0.7, max(1.0, hours - 1.5))))
        away = timedelta(minutes=float(generator.uniform(*GONE_MIN)))
        before = [each for each in absences if each.back_at < left_at - timedelta(minutes=10)]
        absences = [*before, Absence(left_at=left_at, back_at=left_at + away, gone=True)]
    return absences


def _offline(to_bed: datetime, rises: datetime, generator: np.random.Generator) -> tuple[datetime, datetime]:
    since = to_bed + (rises - to_bed) * float(generator.random())
    lasts = timedelta(minutes=float(generator.uniform(*OFFLINE_MIN)))
    return since, since + lasts if generator.random() < OFFLINE_SHARE else since


def _bed(changes: list[tuple[datetime, BedStatus]], generator: np.random.Generator) -> list[Reading]:
    readings: list[Reading] = []
    end = changes[-1][0] + timedelta(hours=1, minutes=30)
    for (since, status), until in zip(changes, [at for at, _ in changes[1:]] + [end], strict=True):
        at = since
        while at < until:
            readings.append(report(1, at, status))
            if generator.random() < ERRS:
                # A wrong report is a change, and so is the one that takes it back.
                wrong = BedStatus.EMPTY if status is BedStatus.OCCUPIED else BedStatus.OCCUPIED
                moment = at + timedelta(seconds=40)
                readings += [report(1, moment, wrong), report(1, moment + timedelta(seconds=6), status)]
            at += BED_EVERY
    return readings


def _bracelet(
    to_bed: datetime, rises: datetime, absences: list[Absence], generator: np.random.Generator
) -> list[Reading]:
    """A heartbeat now and then. Whoever visits the toilet takes steps; of those who are gone, half lie still."""
    readings: list[Reading] = []
    still = bool(generator.random() < 0.5)
    at = to_bed + BRACELET_EVERY * float(generator.random())
    while at < rises:
        up = next((each for each in absences if each.left_at <= at < each.back_at + BRACELET_EVERY), None)
        walks = up is not None and not (up.gone and still)
        readings.append(
            Reading(
                person_id=1,
                device_id="bracelet",
                kind=ReadingKind.HEARTBEAT,
                at=at,
                received_at=at,
                steps=int(generator.integers(10, 120)) if walks else 0,
                worn=True,
                at_home=not (up is not None and up.gone and not still),
            )
        )
        at += BRACELET_EVERY
    return readings
