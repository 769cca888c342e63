"""Off usual routes, `off_route`: strays that are told within 20 minutes, and alerts on days as they were lived.

The first half of each subject's days is learnt, whole days with all that was ridden; the second half is judged, at 30 s.
Each stray is judged from the state that the engine had reached when it begins. `naive` keeps 60 m squares with their
neighbours, of all movement, and tells of 500 m walked off them, at most once in 24 hours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from geofence import batch
from geofence.detection import DetectionKind
from geofence.engine import FRESH, PersonState
from geofence.policy import DEFAULT, Policy
from tests.evaluation import geolife, plots, walkers
from tests.evaluation.geolife import Subject, Track
from tests.evaluation.statistics import interval, percentile, ratio
from tests.evaluation.strays import CADENCE_S, WALKING_MPS, Stray, lent, second_half, strays
from tests.evaluation.walkers import to_metres

FOLDER = "geolife-pedestrian"
WITHIN_S = 20 * 60.0
#: Every recording has its half to learn from, however short: no further waiting.
POLICY = replace(DEFAULT, off_route_learning_days=0, off_route_walked_days=1)
#: Thresholds that the cross-validation chooses from; the defaults first.
CANDIDATES: Mapping[str, Mapping[str, float]] = {
    "default": {},
    "eager": {"off_route_least_m": 350.0, "off_route_night_m": 300.0, "off_route_away_m": 150.0},
    "patient": {"off_route_least_m": 700.0, "off_route_night_m": 550.0, "off_route_away_m": 250.0},
}
#: The most alerts a day that a choice may have on the other subjects.
ALERTS_MOST = 0.07
NAIVE_M, NAIVE_AGAIN_S, NAIVE_SQUARE_M, NAIVE_JUMP_M = 500.0, 86_400.0, 60.0, 400.0

#: From a subject and its strays: seconds of alerts on its own days, and for each stray the second of its first or None.
Rule = Callable[[Subject, Sequence[Stray]], tuple[list[float], list[float | None]]]


@dataclass(slots=True)
class Score:
    """What one rule made of one subject."""

    days: int
    alerts: int
    strays: int
    found: int
    delay_min: list[float] = field(default_factory=list)


MEASURES: dict[str, Callable[[Sequence[Score]], float]] = {
    "found_within_20min": lambda scores: ratio(sum(s.found for s in scores), sum(s.strays for s in scores)),
    "alerts_per_day": lambda scores: ratio(sum(s.alerts for s in scores), sum(s.days for s in scores)),
}


def evaluate(data: Path) -> dict[str, dict[str, object]]:
    """Strays found and alerts a day; nothing when the folder holds no recording."""
    subjects = geolife.read(data / FOLDER)
    if not subjects:
        return {}
    walks = {subject.name: lent(subject) for subject in subjects}
    # Nobody strays along a walk of their own, unless there is nobody else.
    made = [
        list(
            strays(
                subject, [w for name, each in walks.items() for w in each if name != subject.name or len(walks) == 1]
            )
        )
        for subject in subjects
    ]
    by_choice = {
        name: [score(subject, each, engine_with(**changes)) for subject, each in zip(subjects, made, strict=True)]
        for name, changes in CANDIDATES.items()
    }
    scores = by_choice["default"]
    naive_scores = [score(subject, each, naive) for subject, each in zip(subjects, made, strict=True)]
    chosen = [_best(by_choice, left_out=index) for index in range(len(subjects))]
    left_out = [by_choice[name][index] for index, name in enumerate(chosen)]
    delays = [delay for s in scores for delay in s.delay_min]
    rules = {"engine": scores, "naive": naive_scores}
    plots.delays(
        "off_route_delay",
        "Off usual routes: from the stray's first step to the word",
        "minutes",
        {rule: [delay for s in each for delay in s.delay_min] for rule, each in rules.items()},
    )
    plots.per_person(
        "off_route_alerts",
        "Off usual routes told on days as they were lived",
        "alerts a day",
        {rule: [ratio(s.alerts, s.days) for s in each] for rule, each in rules.items()},
    )
    result = {
        **{name: round(measure(scores), 4) for name, measure in MEASURES.items()},
        "time_to_alert_min_p50": round(percentile(delays, 50), 1),
        "naive": {name: round(measure(naive_scores), 4) for name, measure in MEASURES.items()},
        "cross_validated": {
            **{name: round(measure(left_out), 4) for name, measure in MEASURES.items()},
            "chosen": dict(Counter(chosen)),
        },
        "counts": {
            "subjects": len(scores),
            "days": sum(s.days for s in scores),
            "alerts": sum(s.alerts for s in scores),
            "strays": sum(s.strays for s in scores),
            "found": sum(s.found for s in scores),
        },
        "ci95": {name: interval(scores, measure) for name, measure in MEASURES.items()},
    }
    return {"off_route": result}


def score(subject: Subject, made: Sequence[Stray], rule: Rule) -> Score:
    """One rule on one subject."""
    begins_s, days = second_half(geolife.every(subject.fixes, CADENCE_S))
    alerts, firsts = rule(subject, made)
    delays = [first - stray.track[0, 0] for stray, first in zip(made, firsts, strict=True) if first is not None]
    found = [delay for delay in delays if delay <= WITHIN_S]
    return Score(
        days=days,
        alerts=sum(at_s >= begins_s for at_s in alerts),
        strays=len(made),
        found=len(found),
        delay_min=[delay / 60 for delay in found],
    )


def engine_with(**thresholds: float) -> Rule:
    """The production detector with these thresholds."""
    policy = replace(POLICY, **thresholds)  # type: ignore[arg-type]

    def engine(subject: Subject, made: Sequence[Stray]) -> tuple[list[float], list[float | None]]:
        track = geolife.every(subject.fixes, CADENCE_S)
        states: dict[int, PersonState] = {}
        alerts: list[float] = []
        firsts: list[float | None] = []
        begin = 0
        for stray in made:
            alerts += _judged(states, track[begin : stray.after + 1], policy)
            begin = stray.after + 1
            # A stray is another future of the same person: the state it changes is a copy.
            told = _judged({1: states.get(1, FRESH)}, stray.track, policy)
            firsts.append(told[0] if told else None)
        alerts += _judged(states, track[begin:], policy)
        return alerts, firsts

    return engine


def _best(by_choice: Mapping[str, Sequence[Score]], *, left_out: int) -> str:
    """Of the choices that tell seldom enough on the other subjects, the one that finds most strays there."""

    def rank(name: str) -> tuple[bool, int]:
        others = [score for index, score in enumerate(by_choice[name]) if index != left_out]
        often = sum(score.alerts for score in others) > ALERTS_MOST * sum(score.days for score in others)
        return often, -sum(score.found for score in others)

    return min(by_choice, key=rank)


def _judged(states: dict[int, PersonState], track: Track, policy: Policy) -> list[float]:
    outcomes = batch.judge_all(states, walkers.readings(track, 1), {1: walkers.person(1, policy)})
    detections = [each for outcome in outcomes for each in outcome.judgement.detections]
    return [each.at.timestamp() for each in detections if each.kind is DetectionKind.OFF_ROUTE]


def naive(subject: Subject, made: Sequence[Stray]) -> tuple[list[float], list[float | None]]:
    """Squares alone, of all movement in the first half."""
    frame = subject.frame
    track = to_metres(geolife.every(subject.fixes, CADENCE_S), frame)
    begins_s, _ = second_half(track)
    split = int(np.searchsorted(track[:, 0], begins_s))
    known = {_square(place) for place in track[:split, 1:]}
    firsts: list[float | None] = []
    for stray in made:
        told = _off_squares(to_metres(stray.track, frame), known)
        firsts.append(told[0] if told else None)
    return _off_squares(track[split:], known), firsts


def _square(place: Track) -> tuple[int, int]:
    return int(place[0] // NAIVE_SQUARE_M), int(place[1] // NAIVE_SQUARE_M)


def _off_squares(track: Track, known: set[tuple[int, int]]) -> list[float]:
    told: list[float] = []
    off_m = 0.0
    for before, here in pairwise(track):
        way_m = float(np.hypot(*(here[1:] - before[1:])))
        walked = way_m <= WALKING_MPS[1] * (here[0] - before[0]) and way_m <= NAIVE_JUMP_M
        east, north = _square(here[1:])
        near = any((east + i, north + j) in known for i in (-1, 0, 1) for j in (-1, 0, 1))
        off_m = 0.0 if near else off_m + way_m * walked
        if off_m >= NAIVE_M and (not told or here[0] - told[-1] >= NAIVE_AGAIN_S):
            told.append(float(here[0]))
            off_m = 0.0
    return told
