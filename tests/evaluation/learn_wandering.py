"""`python -m tests.evaluation.learn_wandering DATA`: learn the weights of wandering and write them into the sources.

A softmax regression over four classes (direct, pacing, lapping, random), ridge 0.01, on every look that the production
detector takes at a walk. Direct: the labelled walks, and with a third of the weight whatever else the recordings hold
on foot, because nobody in them is known to wander. The others: patterns of `patterns.LEARNING` put into the walks.

The score of a pattern is its log-odds against direct, less a threshold. The thresholds are chosen on subjects left out
in turn: the highest at which `NEEDED` of the patterns of a class are still found by that class alone. The weights that
are kept are of all subjects; what the left-out ones gave is printed, and stands in docs/detectors/wandering.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geofence import engine, wandering_score
from geofence.detectors import wandering
from geofence.engine import FRESH
from geofence.policy import DEFAULT
from tests.evaluation import geolife, walkers
from tests.evaluation.geolife import Subject, Track
from tests.evaluation.patterns import EVALUATION, LEARNING, PATTERNS, Ranges
from tests.evaluation.wandering_walks import made, walked

Floats = npt.NDArray[np.float64]
CLASSES = ("direct", *PATTERNS)
CADENCE_S = 30.0
#: Patterns of each class made of each subject.
EACH = 40
#: Share of the weight of each class, whatever its number of looks.
SHARES = (0.55, 0.15, 0.15, 0.15)
ELSEWHERE_WEIGHT = 0.3
RIDGE, ROUNDS, RATE, MOMENTUM = 0.01, 700, 0.25, 0.9
NEEDED = 0.93
OUTPUT = Path("geofence/wandering_weights.py")
NAMES = (
    "density", "straightness", "reversals", "sharp_turns", "turning", "one_sidedness", "bending", "revisits",
    "along_axis", "disorder", "roundness", "speed", "spread", "span", "unevenness",
)  # fmt: skip


@dataclass(slots=True)
class Looks:
    """What the detector saw of one walk: when, and the features; the pattern's time, if there is one."""

    pattern: str
    at_s: Floats
    features: Floats
    since_s: float = 0.0
    until_s: float = 0.0


@dataclass(slots=True)
class Lesson:
    """All looks of one subject."""

    name: str
    hours: float = 0.0
    walks: list[Looks] = field(default_factory=list)
    elsewhere: list[Looks] = field(default_factory=list)
    learning: list[Looks] = field(default_factory=list)
    evaluation: list[Looks] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Weights:
    """A model: standardised features times weights, against direct."""

    means: Floats
    spreads: Floats
    #: Shape (3, features + 1); the last column is the bias.
    weights: Floats

    def scores(self, features: Floats) -> Floats:
        """Shape (looks, 3)."""
        standard = (features - self.means) / self.spreads
        return np.asarray(standard @ self.weights[:, :-1].T + self.weights[:, -1])


def look(track: Track, pattern: str = "direct", since_s: float = 0.0, until_s: float = 0.0) -> Looks:
    """Every look the detector takes at a walk."""
    state, person = FRESH, walkers.person(1)
    at_s: list[float] = []
    rows: list[tuple[float, ...]] = []
    for reading in walkers.readings(track, 1):
        before = state.wandering.spots
        state, _ = engine.step(state, reading, person)
        if state.wandering.spots is not before and (shape := wandering.shape(state.wandering, person)) is not None:
            at_s.append(reading.at.timestamp())
            rows.append(wandering_score.features(shape))
    return Looks(pattern, np.array(at_s), np.array(rows).reshape(-1, len(NAMES)), since_s, until_s)


def lesson(subject: Subject) -> Lesson:
    """All looks of one subject."""
    walks = walked(subject, CADENCE_S)
    return Lesson(
        subject.name,
        geolife.hours(walks),
        [look(walk) for walk in walks],
        [look(geolife.every(subject.fixes, CADENCE_S))],
        list(_made(subject, LEARNING)),
        list(_made(subject, EVALUATION)),
    )


def _made(subject: Subject, ranges: Ranges) -> Iterator[Looks]:
    for each in made(subject, ranges, EACH, CADENCE_S):
        yield look(each.track, each.pattern, each.since_s, each.until_s)


def fit(lessons: Sequence[Lesson]) -> Weights:
    """The weights of some subjects."""
    features, classes, weights = _examples(lessons)
    means, spreads = features.mean(axis=0), features.std(axis=0) + 1e-9
    inputs = np.column_stack([(features - means) / spreads, np.ones(len(features))])
    for number, share in enumerate(SHARES):
        weights[classes == number] *= share / weights[classes == number].sum()
    wanted = np.eye(len(CLASSES))[classes]
    found, speed = np.zeros((inputs.shape[1], len(CLASSES))), 0.0
    for _ in range(ROUNDS):
        odds = np.exp(inputs @ found - (inputs @ found).max(axis=1, keepdims=True))
        error = (odds / odds.sum(axis=1, keepdims=True) - wanted) * weights[:, None]
        slope = inputs.T @ error + RIDGE * np.vstack([found[:-1], np.zeros((1, len(CLASSES)))])
        speed = MOMENTUM * speed - RATE * slope
        found = found + speed
    return Weights(means, spreads, np.asarray((found[:, 1:] - found[:, :1]).T))


def _examples(lessons: Sequence[Lesson]) -> tuple[Floats, npt.NDArray[np.int64], Floats]:
    parts: list[tuple[Floats, int, float]] = []
    for each in lessons:
        parts += [(looks.features, 0, 1.0) for looks in each.walks]
        parts += [(looks.features, 0, ELSEWHERE_WEIGHT) for looks in each.elsewhere]
        for looks in each.learning:
            # Before ten minutes a pattern is hardly one yet.
            shown = (looks.at_s >= looks.since_s + 600) & (looks.at_s <= looks.until_s)
            parts.append((looks.features[shown], CLASSES.index(looks.pattern), 1.0))
    features = np.concatenate([part for part, _, _ in parts])
    classes = np.concatenate([np.full(len(part), number) for part, number, _ in parts])
    return features, classes, np.concatenate([np.full(len(part), weight) for part, _, weight in parts])


def alerts(looks: Looks, speaks: npt.NDArray[np.bool_]) -> list[int]:
    """Indices at which the detector would tell, as it counts."""
    told: list[int] = []
    run = 0
    for index, (at_s, yes) in enumerate(zip(looks.at_s, speaks, strict=True)):
        run = run + 1 if yes else 0
        rested = not told or at_s - looks.at_s[told[-1]] >= DEFAULT.wandering_again_after.total_seconds()
        if run >= DEFAULT.wandering_confirming_fixes and rested:
            told.append(index)
    return told


def found(looks: Looks, speaks: npt.NDArray[np.bool_]) -> bool:
    """Whether a pattern is told while it lasts."""
    during = (looks.at_s >= looks.since_s) & (looks.at_s <= looks.until_s)
    return bool(alerts(looks, speaks & during))


def thresholds(lessons: Sequence[Lesson], models: dict[str, Weights]) -> Floats:
    """For each class the highest at which enough of its patterns are found, by the models of the other subjects."""
    chosen = []
    for number, pattern in enumerate(PATTERNS):
        own = [
            (looks, models[each.name].scores(looks.features)[:, number])
            for each in lessons
            for looks in each.learning
            if looks.pattern == pattern
        ]
        steps = np.arange(4.0, -2.0, -0.1)
        shares = (np.mean([found(looks, scores >= step) for looks, scores in own]) for step in steps)
        chosen.append(next((step for step, share in zip(steps, shares, strict=True) if share >= NEEDED), steps[-1]))
    return np.array(chosen)


def report(title: str, lessons: Sequence[Lesson], models: dict[str, Weights], limits: Floats) -> None:
    """Print how the models do on the evaluation's patterns."""
    false, hits, each_of = {}, dict.fromkeys(PATTERNS, 0), dict.fromkeys(PATTERNS, 0)
    for each in lessons:
        model = models[each.name]
        false[each.name] = sum(
            len(alerts(looks, (model.scores(looks.features) >= limits).any(axis=1))) for looks in each.walks
        )
        for looks in each.evaluation:
            each_of[looks.pattern] += 1
            hits[looks.pattern] += found(looks, (model.scores(looks.features) >= limits).any(axis=1))
    hours = sum(each.hours for each in lessons)
    recall = {pattern: round(hits[pattern] / each_of[pattern], 3) for pattern in PATTERNS}
    print(f"{title}: {sum(false.values()) / hours:.3f} false an hour {false}, recall {recall}")


def write(model: Weights, limits: Floats, names: Sequence[str]) -> None:
    """The model as sources."""

    def row(values: Floats) -> str:
        return "(" + ", ".join(f"{value:.4f}" for value in values) + ")"

    lines = [
        '"""Weights of `geofence.wandering_score`, learnt and written by `python -m tests.evaluation.learn_wandering`.',
        "",
        f"From {len(names)} people's recorded walks and the patterns of `tests.evaluation.patterns.LEARNING` put into them;",
        "docs/detectors/wandering.md says how, and how well they do on people they were not learnt from.",
        '"""',
        "",
        f"FEATURES = {NAMES!r}",
        f"MEANS = {row(model.means)}",
        f"SPREADS = {row(model.spreads)}",
        "# By pattern: pacing, lapping, random.",
        f"BIASES = {row(model.weights[:, -1])}",
        f"THRESHOLDS = {row(limits)}",
        f"WEIGHTS = ({', '.join(row(each) for each in model.weights[:, :-1])})",
    ]
    OUTPUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> int:
    """Learn from one folder."""
    arguments = argparse.ArgumentParser(prog="python -m tests.evaluation.learn_wandering")
    arguments.add_argument("data", type=Path)
    subjects = geolife.read(arguments.parse_args().data / "geolife-pedestrian")
    with ProcessPoolExecutor(max_workers=2) as pool:
        lessons = list(pool.map(lesson, subjects))
    print({each.name: (len(each.walks), len(each.elsewhere[0].at_s), round(each.hours, 1)) for each in lessons})
    others = {each.name: fit([other for other in lessons if other is not each]) for each in lessons}
    limits = thresholds(lessons, others)
    print("thresholds", dict(zip(PATTERNS, limits.round(1), strict=True)))
    report("left out", lessons, others, limits)
    model = fit(lessons)
    report("all", lessons, {each.name: model for each in lessons}, limits)
    write(model, limits, [each.name for each in lessons])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
