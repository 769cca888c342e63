"""Not coming back to bed, `no_return`: the engine against a fixed ten minutes, on a real home and on simulated nights.

Of the real home: an absence at night of half an hour or more that ends in bed again should be told; a shorter one, and
the last of a night, which is rising, should not. Of simulated nights the truth is known. Every detection of the kind
counts as an alert, the gentle ones too; the first of an absence decides its delay.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from geofence import batch
from geofence.detection import DetectionKind
from geofence.engine import PersonState
from geofence.person import Person
from geofence.reading import BedStatus, Reading
from tests.evaluation import beds, nights, plots_no_return
from tests.evaluation.beds import Subject
from tests.evaluation.nights import Absence, Sleeper
from tests.evaluation.statistics import interval, percentile, ratio

PLOTS = Path("build/evaluation")
_MINUTE = timedelta(minutes=1)
#: From here on an absence of the real home should be told.
LONG = timedelta(minutes=30)
#: The rule that is usual in telecare.
FIXED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One person, one rule."""

    subject: str
    nights: int
    gone: int
    found: int
    false: int
    delay_min: tuple[float, ...]


#: When somebody was told.
Rule = Callable[[Sequence[Reading], Person], list[datetime]]
MEASURES: dict[str, Callable[[Sequence[Score]], float]] = {
    "false_per_night": lambda scores: ratio(sum(s.false for s in scores), sum(s.nights for s in scores)),
    "delay_min_p90": lambda scores: percentile([d for s in scores for d in s.delay_min], 90),
    "delay_min_p50": lambda scores: percentile([d for s in scores for d in s.delay_min], 50),
    "recall": lambda scores: ratio(sum(s.found for s in scores), sum(s.gone for s in scores)),
}


def evaluate(data: Path) -> dict[str, dict[str, object]]:
    """The real homes and the simulated nights together, each part beside; nothing without a real home."""
    homes = [_sleeper(subject) for subject in beds.read_ordonez(data / beds.ORDONEZ)]
    if not homes:
        return {}
    zones = [*((home, beds.MADRID) for home in homes), *((each, nights.ZIBO) for each in nights.sleepers())]
    people = [(sleeper, Person(person_id=1, time_zone=zone)) for sleeper, zone in zones]
    scores = [_score(sleeper, person, engine) for sleeper, person in people]
    fixed = [_score(sleeper, person, naive) for sleeper, person in people]
    real = len(homes)
    plots_no_return.absences(
        PLOTS / "no_return.png",
        [
            (each.back_at - each.left_at) / _MINUTE
            for sleeper, _ in people
            for each in sleeper.absences
            if not each.gone
        ],
        [delay for score in scores for delay in score.delay_min],
    )
    return {
        "no_return": {
            **_measured(scores),
            "homes": _measured(scores[:real]),
            "simulated": _measured(scores[real:]),
            "naive": {
                **_measured(fixed),
                "homes": _measured(fixed[:real]),
                "simulated": _measured(fixed[real:]),
            },
            "counts": {
                "homes": real,
                "simulated_people": len(scores) - real,
                "nights": sum(s.nights for s in scores),
                "gone": sum(s.gone for s in scores),
                "false": sum(s.false for s in scores),
            },
            "ci95": {name: interval(scores, measure) for name, measure in MEASURES.items()},
        }
    }


def _measured(scores: Sequence[Score]) -> dict[str, float]:
    """What can be said: a home that nobody left for long has no delay."""
    values = {name: round(measure(scores), 4) for name, measure in MEASURES.items()}
    return {name: value for name, value in values.items() if not math.isnan(value)}


def _sleeper(subject: Subject) -> Sleeper:
    """A recorded home: what is an absence of a night follows from the mat alone."""
    person = Person(person_id=1, time_zone=subject.time_zone)
    absences = [
        Absence(left_at=out.since, back_at=out.until, gone=out.until - out.since >= LONG)
        for out, _ in pairwise(subject.spans)
        if not out.lying and person.is_night(out.since) and person.is_night(out.until)
    ]
    days = {person.local(span.since).date() for span in subject.spans if span.lying}
    readings = beds.reports(subject, 1, nights.BED_EVERY)
    return Sleeper(name=subject.name, readings=tuple(readings), absences=tuple(absences), nights=len(days))


def _score(sleeper: Sleeper, person: Person, rule: Rule) -> Score:
    told = rule(sleeper.readings, person)
    gone = [each for each in sleeper.absences if each.gone and person.is_night(each.left_at + FIXED)]
    firsts = [next((at for at in told if each.left_at <= at < each.back_at), None) for each in gone]
    return Score(
        subject=sleeper.name,
        nights=sleeper.nights,
        gone=len(gone),
        found=sum(at is not None for at in firsts),
        false=sum(not any(each.left_at <= at < each.back_at for each in gone) for at in told),
        delay_min=tuple((at - each.left_at) / _MINUTE for at, each in zip(firsts, gone, strict=True) if at is not None),
    )


def engine(readings: Sequence[Reading], person: Person) -> list[datetime]:
    """The production engine, by its batch path."""
    states: dict[int, PersonState] = {}
    outcomes = batch.judge_all(states, readings, {1: person})
    return [d.at for outcome in outcomes for d in outcome.judgement.detections if d.kind is DetectionKind.NO_RETURN]


def naive(readings: Sequence[Reading], person: Person) -> list[datetime]:
    """Left in the night window and empty for ten minutes: told."""
    told: list[datetime] = []
    empty_since: datetime | None = None
    lain = False
    for reading in readings:
        if reading.bed is None:
            continue
        if empty_since is not None and reading.at >= empty_since + FIXED:
            told.append(empty_since + FIXED)
            empty_since = None
        if reading.bed.status is not BedStatus.EMPTY:
            empty_since, lain = None, True
        elif lain and empty_since is None:
            empty_since, lain = (reading.at if person.is_night(reading.at) else None), False
    return told
