"""Leaving the bed, `bed_exit`: the engine against every flip of the report from occupied to empty.

Truth is the label of the recording itself. A detection counts when the instant it names (`Detection.at`, when the person
left) is within 5 s of the label's; when it became certain is measured beside it. `noisy` repeats everything with a bed
that errs: 1 % of its reports say the contrary, fixed seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

import msgspec
import numpy as np

from geofence import batch
from geofence.detection import DetectionKind
from geofence.engine import PersonState
from geofence.person import Person
from geofence.policy import Policy
from geofence.reading import BedReport, BedStatus, Reading
from tests.evaluation import beds
from tests.evaluation.beds import Subject
from tests.evaluation.statistics import interval, percentile, ratio

#: An exit is found when the instant named is so near. The target's.
NEAR = timedelta(seconds=5)
#: How often the beds pretended here report, beside their changes.
EVERY = timedelta(seconds=10)
#: Whoever was recorded sleeps when they like: the night of this evaluation lasts as long as the recordings.
POLICY = Policy(night_from=time(20, 0), night_until=time(14, 0))
#: Of the bed that errs.
ERRS, SEED = 0.01, 20_130_205


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One subject, one rule."""

    subject: str
    exits: int
    found: int
    alerts: int
    right: int
    known_after_s: tuple[float, ...]


#: When each exit was, and when it was known.
Rule = Callable[[Sequence[Reading], Person], list[tuple[datetime, datetime]]]
MEASURES: dict[str, Callable[[Sequence[Score]], float]] = {
    "precision": lambda scores: ratio(sum(s.right for s in scores), sum(s.alerts for s in scores)),
    "recall": lambda scores: ratio(sum(s.found for s in scores), sum(s.exits for s in scores)),
    "known_after_s_p50": lambda scores: percentile([d for s in scores for d in s.known_after_s], 50),
    "known_after_s_p90": lambda scores: percentile([d for s in scores for d in s.known_after_s], 90),
}


def evaluate(data: Path) -> dict[str, dict[str, object]]:
    """Both folders together; nothing without them."""
    subjects = [*beds.read_uci(data / beds.UCI), *beds.read_ordonez(data / beds.ORDONEZ)]
    if not subjects:
        return {}
    plain = [beds.reports(subject, 1, EVERY) for subject in subjects]
    generator = np.random.default_rng(SEED)
    noisy = [_erring(readings, generator) for readings in plain]
    scores = _scores(subjects, plain, engine)
    return {
        "bed_exit": {
            **_measured(scores),
            "noisy": _measured(_scores(subjects, noisy, engine)),
            "naive": {
                **_measured(_scores(subjects, plain, naive)),
                "noisy": _measured(_scores(subjects, noisy, naive)),
            },
            "counts": {
                "recordings": len(subjects),
                "exits": sum(s.exits for s in scores),
                "found": sum(s.found for s in scores),
                "alerts": sum(s.alerts for s in scores),
            },
            "ci95": {name: interval(scores, measure) for name, measure in MEASURES.items()},
        }
    }


def _measured(scores: Sequence[Score]) -> dict[str, float]:
    return {name: round(measure(scores), 4) for name, measure in MEASURES.items()}


def _scores(subjects: Sequence[Subject], readings: Sequence[Sequence[Reading]], rule: Rule) -> list[Score]:
    return [_score(subject, each, rule) for subject, each in zip(subjects, readings, strict=True)]


def _score(subject: Subject, readings: Sequence[Reading], rule: Rule) -> Score:
    person = Person(person_id=1, time_zone=subject.time_zone, policy=POLICY)
    alerts = rule(readings, person)
    exits = [at for at in subject.exits if person.is_night(at)]
    return Score(
        subject=subject.name,
        exits=len(exits),
        found=sum(any(abs(at - true) <= NEAR for at, _ in alerts) for true in exits),
        alerts=len(alerts),
        right=sum(any(abs(at - true) <= NEAR for true in exits) for at, _ in alerts),
        known_after_s=tuple((known - at).total_seconds() for at, known in alerts),
    )


def engine(readings: Sequence[Reading], person: Person) -> list[tuple[datetime, datetime]]:
    """The production engine, by its batch path."""
    states: dict[int, PersonState] = {}
    outcomes = batch.judge_all(states, readings, {1: person})
    exits = [
        detection
        for outcome in outcomes
        for detection in outcome.judgement.detections
        if detection.kind is DetectionKind.BED_EXIT
    ]
    return [(d.at, d.at + timedelta(seconds=float(d.evidence["certain_after_s"] or 0))) for d in exits]


def naive(readings: Sequence[Reading], person: Person) -> list[tuple[datetime, datetime]]:
    """Occupied, then empty: what a bed with a rule engine behind it does."""
    exits: list[tuple[datetime, datetime]] = []
    lying = False
    for reading in readings:
        assert reading.bed is not None
        empty = reading.bed.status is BedStatus.EMPTY
        if empty and lying and person.is_night(reading.at):
            exits.append((reading.at, reading.at))
        lying = not empty
    return exits


def _erring(readings: Sequence[Reading], generator: np.random.Generator) -> list[Reading]:
    """The same reports, some of them wrong; the next one is right again."""
    wrong = generator.random(len(readings)) < ERRS
    return [_contrary(reading) if bad else reading for reading, bad in zip(readings, wrong, strict=True)]


def _contrary(reading: Reading) -> Reading:
    assert reading.bed is not None
    status = BedStatus.OCCUPIED if reading.bed.status is BedStatus.EMPTY else BedStatus.EMPTY
    return msgspec.structs.replace(reading, bed=BedReport(status=status))
