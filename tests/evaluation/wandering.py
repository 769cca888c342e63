"""Wandering on foot, `wandering`: false alerts on real walks, and patterns put into them that are found and named.

False alerts are those on labelled walks as they were recorded, all of one person in a row, so habits are learnt on the
way. A pattern counts as found when it is told while it lasts. `naive` counts sharp turns: four or more among the
vertices of 15 minutes, twice in a row, once in half an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from geofence.detection import DetectionKind
from geofence.policy import DEFAULT
from geofence.walk import Spot, shape_of
from tests.evaluation import geolife, plots, walkers
from tests.evaluation.geolife import Subject, Track
from tests.evaluation.patterns import EVALUATION, PATTERNS
from tests.evaluation.statistics import interval, percentile, ratio
from tests.evaluation.wandering_walks import Made, made, walked

FOLDER = "geolife-pedestrian"
CADENCE_S, SPARSE_CADENCE_S = 30.0, 60.0
#: Patterns of each class for each subject.
EACH = 40
#: The naive rule: sharp turns that are wandering, twice in a row.
NAIVE_TURNS, NAIVE_CONFIRMING = 4, 2

#: Seconds at which a rule tells, each with the pattern it names ("" when it names none).
Told = list[tuple[float, str]]
#: Tells, for each walk of one person in order of time, what a rule tells.
Rule = Callable[[Sequence[Track]], list[Told]]


@dataclass(slots=True)
class Score:
    """What one rule made of one subject."""

    hours: float = 0.0
    walks: int = 0
    false: int = 0
    made: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PATTERNS, 0))
    found: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PATTERNS, 0))
    #: (pattern, name) of those found.
    named: list[tuple[str, str]] = field(default_factory=list)
    delay_min: list[float] = field(default_factory=list)


def evaluate(data: Path) -> dict[str, dict[str, object]]:
    """The rate of false alerts, recall and names; nothing when the folder holds no labelled walk."""
    subjects = [subject for subject in geolife.read(data / FOLDER) if geolife.walks(subject)]
    if not subjects:
        return {}
    scores = [score(subject, engine, CADENCE_S) for subject in subjects]
    naive_scores = [score(subject, naive, CADENCE_S) for subject in subjects]
    sparse = [score(subject, engine, SPARSE_CADENCE_S) for subject in subjects]
    rules = {"engine": scores, "naive": naive_scores}
    plots.per_person(
        "wandering_false",
        "Wandering told on ordinary walks",
        "false alerts a walking hour",
        {rule: [ratio(s.false, s.hours) for s in each] for rule, each in rules.items()},
    )
    plots.delays(
        "wandering_delay",
        "Wandering: from the pattern's beginning to the word",
        "minutes",
        {rule: [delay for s in each for delay in s.delay_min] for rule, each in rules.items()},
    )
    result = {
        **measured(scores),
        "sparse_60s": measured(sparse),
        "naive": {name: value for name, value in measured(naive_scores).items() if name != "macro_f1"},
        "counts": {
            "subjects": len(scores),
            "walks": sum(s.walks for s in scores),
            "walking_hours": round(sum(s.hours for s in scores), 2),
            "false": sum(s.false for s in scores),
            "patterns": {pattern: sum(s.made[pattern] for s in scores) for pattern in PATTERNS},
            "found": {pattern: sum(s.found[pattern] for s in scores) for pattern in PATTERNS},
        },
        "ci95": {
            "false_per_walking_hour": interval(scores, false_rate),
            "recall": {pattern: interval(scores, recall(pattern)) for pattern in PATTERNS},
            "macro_f1": interval(scores, macro_f1),
        },
    }
    return {"wandering": result}


def measured(scores: Sequence[Score]) -> dict[str, object]:
    """The metrics of some subjects together."""
    return {
        "false_per_walking_hour": round(false_rate(scores), 4),
        "recall": {pattern: round(recall(pattern)(scores), 4) for pattern in PATTERNS},
        "macro_f1": round(macro_f1(scores), 4),
        "time_to_alert_min_p50": round(percentile([delay for s in scores for delay in s.delay_min], 50), 1),
    }


def false_rate(scores: Sequence[Score]) -> float:
    return ratio(sum(s.false for s in scores), sum(s.hours for s in scores))


def recall(pattern: str) -> Callable[[Sequence[Score]], float]:
    return lambda scores: ratio(sum(s.found[pattern] for s in scores), sum(s.made[pattern] for s in scores))


def macro_f1(scores: Sequence[Score]) -> float:
    """The mean over the patterns of the F1 of their names, over those that were found."""
    named = [pair for s in scores for pair in s.named]
    each = []
    for pattern in PATTERNS:
        right = sum(pair == (pattern, pattern) for pair in named)
        each.append(ratio(2 * right, sum(a == pattern for a, _ in named) + sum(b == pattern for _, b in named)))
    return float(np.mean(each))


def score(subject: Subject, rule: Rule, cadence_s: float) -> Score:
    """One rule on one subject."""
    walks = walked(subject, cadence_s)
    found = Score(hours=geolife.hours(walks), walks=len(walks), false=sum(len(told) for told in rule(walks)))
    for each in made(subject, EVALUATION, EACH, cadence_s):
        found.made[each.pattern] += 1
        _count(found, each, rule([each.track])[0])
    return found


def _count(found: Score, each: Made, told: Told) -> None:
    first = next(((at_s, name) for at_s, name in told if each.since_s <= at_s <= each.until_s), None)
    if first is not None:
        found.found[each.pattern] += 1
        found.named.append((each.pattern, first[1]))
        found.delay_min.append((first[0] - each.since_s) / 60)


def engine(walks: Sequence[Track]) -> list[Told]:
    """The production detector."""
    told = [
        (d.at.timestamp(), d.reason) for d in walkers.judged({1: walkers.joined(walks)}, DetectionKind.WANDERING)[1]
    ]
    return [[one for one in told if walk[0, 0] <= one[0] <= walk[-1, 0]] for walk in walks]


def naive(walks: Sequence[Track]) -> list[Told]:
    """Sharp turns, counted."""
    return [_naive(walk) for walk in walks]


def _naive(walk: Track) -> Told:
    frame = geolife.Frame.at(float(walk[0, 1]), float(walk[0, 2]))
    metres = walkers.to_metres(walk, frame)
    spots = [Spot(*row) for row in metres.tolist()]
    told: Told = []
    run = 0
    for index, spot in enumerate(spots):
        begin = int(np.searchsorted(metres[:, 0], spot.at_s - DEFAULT.wandering_window.total_seconds()))
        shape = shape_of(spots[begin : index + 1]) if index > begin else None
        run = run + 1 if shape is not None and shape.sharp_turns >= NAIVE_TURNS else 0
        rested = not told or spot.at_s - told[-1][0] >= DEFAULT.wandering_again_after.total_seconds()
        if run >= NAIVE_CONFIRMING and rested:
            told.append((spot.at_s, ""))
    return told
