"""Falls, `fall_wrist` and `fall_transfer`: every recording as the event that a bracelet would send, judged by the engine.

A recording whose strength never passes 1.6 g sends nothing. Of the others the window around the strongest instant
becomes an impact with its fourteen numbers, between heartbeats that do not count steps: what is measured is the score
alone, told when a minute has passed in which nothing speaks against it.

A person from whom the shipped weights were learnt is judged with weights learnt without them (and an operating point
chosen without them); everybody else, and the waist set, with the shipped ones. `shipped` has the shipped weights on
everybody, which is optimistic for those who were learnt from. `with_stillness` adds a message with the steps that the
rest of the recording holds. `every_impact` sends not the strongest impact alone but each, at least 5 s apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from geofence import batch
from geofence.detection import DetectionKind
from geofence.detectors import fall
from geofence.engine import PersonState
from geofence.fall_learnt import LEARNT_FROM, WEIGHTS
from geofence.fall_weights import Weights, score
from geofence.motion import BLOCK_HZ, MotionSummary, blocks
from geofence.person import Person
from geofence.reading import Reading, ReadingKind, SafetyEvent, SafetyEventType
from tests.evaluation import plots_fall
from tests.evaluation.falls import WAIST, WRIST, Recording, Subject, read
from tests.evaluation.learn_fall import learn, summary, table
from tests.evaluation.statistics import interval, ratio

#: A bracelet sends an impact from here. g. Source: docs/wire.md.
SENT_FROM_G = 1.6
#: The rule most watches ship. g.
NAIVE_G = {WRIST: 3.5, WAIST: 2.5}
#: Impacts of one recording are at least this far apart. Seconds.
APART_S = 5.0
AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
DEVICE = "bracelet"
PLOTS = Path("build/evaluation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One subject by one rule."""

    subject: str
    falls: int
    found: int
    daily: int
    alarms: int
    elder_daily: int
    elder_alarms: int


Measure = Callable[[Sequence[Score]], float]
#: Which of a subject's recordings are told as falls.
Rule = Callable[[Subject], list[bool]]

MEASURES: dict[str, Measure] = {
    "sensitivity": lambda scores: ratio(sum(s.found for s in scores), sum(s.falls for s in scores)),
    "specificity": lambda scores: 1 - ratio(sum(s.alarms for s in scores), sum(s.daily for s in scores)),
    "elder_specificity": lambda scores: (
        1 - ratio(sum(s.elder_alarms for s in scores), sum(s.elder_daily for s in scores))
    ),
}


def evaluate(data: Path) -> dict[str, dict[str, object]]:
    """Both sets; what the folder does not hold is left out."""
    results: dict[str, dict[str, object]] = {}
    wrist, waist = read(data / WRIST), read(data / WAIST)
    unseen = weights_without(wrist)
    if wrist:
        results["fall_wrist"] = _result(wrist, WRIST, lambda subject: unseen.get(subject.digest, WEIGHTS))
        results["fall_wrist"]["shipped"] = measured([scored(s, engine(s, WEIGHTS)) for s in wrist])
    if waist:
        results["fall_transfer"] = _result(waist, WAIST, lambda _: WEIGHTS)
    PLOTS.mkdir(parents=True, exist_ok=True)
    curves = [(name, _scores(subjects, unseen), NAIVE_G[key], key) for name, subjects, key in (
        ("wrist", wrist, WRIST), ("waist, learnt on the wrist", waist, WAIST),
    ) if subjects]  # fmt: skip
    if curves:
        plots_fall.roc(PLOTS / "fall_roc.png", [(name, points, naive) for name, points, naive, _ in curves])
    return results


def weights_without(subjects: Sequence[Subject]) -> Mapping[str, Weights]:
    """For each person whom the shipped weights know: weights learnt from the others of them."""
    known = {subject.digest: table(subject) for subject in subjects if subject.digest in LEARNT_FROM}
    if len(known) < 3:
        return {}
    return {digest: learn([t for other, t in known.items() if other != digest]) for digest in known}


def _result(subjects: Sequence[Subject], name: str, weights: Callable[[Subject], Weights]) -> dict[str, object]:
    scores = [scored(s, engine(s, weights(s))) for s in subjects]
    naive_scores = [scored(s, naive(s, NAIVE_G[name])) for s in subjects]
    still = [scored(s, engine(s, weights(s), steps=True)) for s in subjects]
    every = [scored(s, engine(s, weights(s), every=True)) for s in subjects]
    return {
        **measured(scores),
        "naive": measured(naive_scores),
        "with_stillness": measured(still),
        "every_impact": measured(every),
        "counts": {
            "subjects": len(scores),
            "falls": sum(s.falls for s in scores),
            "found": sum(s.found for s in scores),
            "daily_activities": sum(s.daily for s in scores),
            "false_alarms": sum(s.alarms for s in scores),
            "elder_daily_activities": sum(s.elder_daily for s in scores),
            "elder_false_alarms": sum(s.elder_alarms for s in scores),
            "judged_by_shipped_weights": sum(weights(s) is WEIGHTS for s in subjects),
        },
        "ci95": {measure: interval(scores, rate) for measure, rate in MEASURES.items()},
    }


def measured(scores: Sequence[Score]) -> dict[str, float]:
    """Every metric of some subjects."""
    return {name: round(measure(scores), 4) for name, measure in MEASURES.items()}


def scored(subject: Subject, told: Sequence[bool]) -> Score:
    """Count one subject's recordings."""
    pairs = list(zip(subject.recordings, told, strict=True))
    daily = [each for each in pairs if not each[0].fall]
    return Score(
        subject=subject.name,
        falls=len(pairs) - len(daily),
        found=sum(alarm for recording, alarm in pairs if recording.fall),
        daily=len(daily),
        alarms=sum(alarm for _, alarm in daily),
        elder_daily=sum(recording.elder for recording, _ in daily),
        elder_alarms=sum(alarm for recording, alarm in daily if recording.elder),
    )


def naive(subject: Subject, threshold_g: float) -> list[bool]:
    """A peak above a threshold."""
    return [_strength(recording).max() > threshold_g for recording in subject.recordings]


def engine(subject: Subject, weights: Weights, *, steps: bool = False, every: bool = False) -> list[bool]:
    """The production engine, by its batch path; each recording is a person of its own."""
    persons = {
        number: Person(person_id=number, time_zone=ZoneInfo("Asia/Shanghai"), zones=())
        for number in range(len(subject.recordings))
    }
    readings = [
        reading
        for number, recording in enumerate(subject.recordings)
        for reading in _readings(number, recording, steps=steps, every=every)
    ]
    states: dict[int, PersonState] = {}
    with patch.object(fall, "WEIGHTS", weights):
        outcomes = batch.judge_all(states, readings, persons)
    told = {
        detection.person_id
        for outcome in outcomes
        for detection in outcome.judgement.detections
        if detection.kind is DetectionKind.FALL
    }
    return [number in told for number in persons]


def _readings(number: int, recording: Recording, *, steps: bool, every: bool) -> Iterator[Reading]:
    """What a bracelet would send of one recording."""
    beat = Reading(
        person_id=number, device_id=DEVICE, kind=ReadingKind.HEARTBEAT, at=AT, received_at=AT, worn=True
    )  # fmt: skip

    def said(after_s: float, **further: object) -> Reading:
        at = AT + timedelta(seconds=after_s)
        return msgspec.structs.replace(beat, at=at, received_at=at, **further)  # type: ignore[arg-type]

    yield said(0)
    impacts = list(_impacts(recording))
    for place, (peak, motion) in enumerate(impacts if every else impacts[:1]):
        hit_s = 60.0 + 600 * place
        event = SafetyEvent(event_id=str(place), type=SafetyEventType.IMPACT, motion=motion)
        yield said(hit_s, kind=ReadingKind.EVENT, event=event, worn=None)
        # The first message after an impact may count steps from before it, so it says nothing.
        yield said(hit_s + 5, steps=1 if steps else None)
        yield said(hit_s + 30, steps=_steps_after(recording, peak) if steps else None)
        yield said(hit_s + 90)
        yield said(hit_s + 95, steps=20)
        yield said(hit_s + 100, steps=20)


def _impacts(recording: Recording) -> Iterator[tuple[int, MotionSummary]]:
    """The impacts of one recording with their blocks, the strongest first."""
    if _strength(recording).max() < SENT_FROM_G:
        return
    strength = np.linalg.norm(blocks(recording.samples_g, recording.rate_hz), axis=1)
    apart = round(APART_S * BLOCK_HZ)
    first = True
    while first or strength.max() >= SENT_FROM_G:
        peak = int(strength.argmax())
        yield peak, summary(recording, peak=peak)
        strength[max(0, peak - apart) : peak + apart] = 0.0
        first = False


def _steps_after(recording: Recording, peak: int) -> int:
    """Steps that the rest of a recording holds, from a second and a half after the impact: swings beyond 1.15 g."""
    strength = np.linalg.norm(blocks(recording.samples_g, recording.rate_hz), axis=1)[peak + 3 * BLOCK_HZ // 2 :]
    steps, last = 0, -BLOCK_HZ
    for index in np.flatnonzero((strength[1:] > 1.15) & (strength[:-1] <= 1.15)).tolist():
        if index - last >= 0.3 * BLOCK_HZ:
            steps, last = steps + 1, index
    return steps


def _strength(recording: Recording) -> np.ndarray:
    return np.linalg.norm(recording.samples_g, axis=1)


def _scores(subjects: Sequence[Subject], unseen: Mapping[str, Weights]) -> list[tuple[bool, float, float]]:
    """(a fall, score, peak in g) of every recording, for the drawing."""
    return [
        (
            recording.fall,
            score(summary(recording), unseen.get(subject.digest, WEIGHTS)).score,
            float(_strength(recording).max()),
        )
        for subject in subjects
        for recording in subject.recordings
    ]
