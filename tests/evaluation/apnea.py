"""Pauses in breathing, `apnea`: real breathing at 20 Hz, and pauses of 20 to 45 seconds put into it.

Every pause told of a night as it was recorded counts as false, although some are a sleeper's own. The bed's part, the
depth of each five seconds, is that of `geofence.breathing`; the heart, which was not recorded, is said to beat.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from geofence.batch import judge_all
from geofence.detection import DetectionKind
from geofence.engine import PersonState
from geofence.person import Person
from geofence.policy import DEFAULT, Policy
from geofence.reading import Reading
from tests.evaluation import bed_nights, plots
from tests.evaluation.bed_nights import TIME_ZONE, Breaths, Samples
from tests.evaluation.statistics import interval, ratio

SEED = 20_231_116
#: Pauses last so long, and lie so far apart. Seconds.
PAUSE_S, APART_S = (20.0, 45.0), (240.0, 720.0)
#: Nothing is put into the first and the last ten minutes. Seconds.
MARGIN_S = 600.0
#: Breath fades out and comes back over this. Seconds.
FADE_S = 1.0
#: What is left during a pause: the sensor's noise and the heartbeat, as a share of the breath before. Ratio.
LEFT_SHARE = 0.05
#: A pause may be told until so long after its end. Seconds.
GRACE_S = 10.0
#: Thresholds that the cross-validation chooses from. Per cent.
FAINT_PCT = (15.0, 18.0, 22.0, 27.0)
#: The most false pauses an hour that a choice may have on the other subjects.
FALSE_MOST = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One subject."""

    hours: float = 0.0
    pauses: int = 0
    found: int = 0
    false: int = 0
    #: From the end of the breath to the word of it.
    delay_s: tuple[float, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One night as it was recorded and with pauses in it."""

    breaths: Breaths
    paused: Samples
    pauses: list[tuple[float, float]]


MEASURES: dict[str, Callable[[Sequence[Score]], float]] = {
    "recall": lambda scores: ratio(sum(s.found for s in scores), sum(s.pauses for s in scores)),
    "false_per_hour": lambda scores: ratio(sum(s.false for s in scores), sum(s.hours for s in scores)),
}

Rule = Callable[[Night, Samples], list[float]]


def evaluate(data: Path) -> dict[str, dict[str, object]]:
    """`apnea`; nothing when the folder holds no night of breathing."""
    nights = [_with_pauses(night, number) for number, night in enumerate(bed_nights.read_breaths(data))]
    if not nights:
        return {}
    by_threshold = {
        faint_pct: _scores(nights, _engine(replace(DEFAULT, apnea_faint_pct=faint_pct))) for faint_pct in FAINT_PCT
    }
    told = by_threshold.get(DEFAULT.apnea_faint_pct) or _scores(nights, _engine(DEFAULT))
    usual = _scores(nights, naive)
    plots.per_person(
        "apnea_false",
        "Pauses told of nights as they were recorded, some of them a sleeper's own",
        "an hour",
        {rule: [ratio(s.false, s.hours) for s in each] for rule, each in (("engine", told), ("naive", usual))},
    )
    return {
        "apnea": {
            **_measured(told),
            "naive": _measured(usual),
            "cross_validated": _measured(_cross_validated(by_threshold)),
            "counts": {
                "subjects": len(told),
                "hours": round(sum(s.hours for s in told), 1),
                "pauses": sum(s.pauses for s in told),
                "found": sum(s.found for s in told),
                "false": sum(s.false for s in told),
            },
            "ci95": {name: interval(told, measure) for name, measure in MEASURES.items()},
        }
    }


def naive(night: Night, waveform: Samples) -> list[float]:
    """The usual envelope: peak to peak of eight seconds below 30 % of the last three minutes' median for 15 s."""
    step = int(night.breaths.rate_hz)
    length = 8 * step
    ends = np.arange(length, len(waveform), step)
    swing = np.array([np.ptp(waveform[end - length : end]) for end in ends])
    usual = np.median(np.lib.stride_tricks.sliding_window_view(swing[:-1], 180), axis=1)
    told: list[float] = []
    faint_for = 0
    for number, faint in enumerate(swing[180:] < 0.3 * usual, 180):
        faint_for = faint_for + 1 if faint else 0
        if faint_for == 15:
            told.append(night.breaths.started_s + float(ends[number]) / night.breaths.rate_hz)
    return told


def _engine(policy: Policy) -> Rule:
    """When the production engine counts a pause."""
    person = Person(person_id=0, time_zone=TIME_ZONE, policy=policy)

    def rule(night: Night, waveform: Samples) -> list[float]:
        states: dict[int, PersonState] = {}
        readings: list[Reading] = bed_nights.breath_readings(night.breaths, waveform, 0)
        detections = [d for o in judge_all(states, readings, {0: person}) for d in o.judgement.detections]
        # A pause that grows long is told a second time; it is one pause.
        begun = {str(d.evidence["paused_since"]): d.at for d in reversed(detections) if d.kind is DetectionKind.APNEA}
        return sorted(at.timestamp() for at in begun.values())

    return rule


def _with_pauses(breaths: Breaths, number: int) -> Night:
    """Breath taken away again and again, down to noise around a straight line from where it stopped to its return."""
    random = np.random.default_rng([SEED, number])
    rate, waveform, pauses = breaths.rate_hz, breaths.waveform.copy(), []
    level = np.convolve(waveform, np.full(int(10 * rate), 1 / int(10 * rate)), "same")
    begin_s = MARGIN_S + float(random.uniform(*APART_S))
    while (end_s := begin_s + float(random.uniform(*PAUSE_S))) < len(waveform) / rate - MARGIN_S:
        first, last = int(begin_s * rate), int(end_s * rate)
        before = slice(first - int(60 * rate), first)
        breath = float(np.std(waveform[before] - level[before]))
        line = np.linspace(level[first], level[last - 1], last - first)
        left = line + LEFT_SHARE * breath * random.standard_normal(last - first)
        at_s = np.arange(last - first) / rate
        share = np.clip(np.minimum(at_s, at_s[-1] - at_s) / FADE_S, 0, 1)
        waveform[first:last] = share * left + (1 - share) * waveform[first:last]
        pauses.append((breaths.started_s + begin_s, breaths.started_s + end_s))
        begin_s = end_s + float(random.uniform(*APART_S))
    return Night(breaths=breaths, paused=waveform, pauses=pauses)


def _scores(nights: Sequence[Night], rule: Rule) -> list[Score]:
    by_subject: dict[str, Score] = {}
    for night in nights:
        score = by_subject.get(night.breaths.subject, Score())
        false = len(rule(night, night.breaths.waveform))
        told = rule(night, night.paused)
        found = [at - begin for begin, end in night.pauses if (at := _first(told, begin, end + GRACE_S)) is not None]
        by_subject[night.breaths.subject] = Score(
            hours=score.hours + night.breaths.hours,
            pauses=score.pauses + len(night.pauses),
            found=score.found + len(found),
            false=score.false + false,
            delay_s=(*score.delay_s, *found),
        )
    return list(by_subject.values())


def _first(told: Sequence[float], begin: float, end: float) -> float | None:
    return next((at for at in told if begin < at <= end), None)


def _cross_validated(by_threshold: dict[float, list[Score]]) -> list[Score]:
    """Each subject with the threshold that does best on all others: most found within the false alarms allowed."""
    subjects = range(len(next(iter(by_threshold.values()))))
    chosen = []
    for mine in subjects:
        others = {
            faint: [score for number, score in enumerate(scores) if number != mine]
            for faint, scores in by_threshold.items()
        }
        best = max(others.values(), key=_worth)
        faint = next(faint for faint, scores in others.items() if scores is best)
        chosen.append(by_threshold[faint][mine])
    return chosen


def _worth(scores: Sequence[Score]) -> tuple[bool, float]:
    false = MEASURES["false_per_hour"](scores)
    return (False, -false) if not false <= FALSE_MOST else (True, MEASURES["recall"](scores))


def _measured(scores: Sequence[Score]) -> dict[str, float]:
    return {name: round(measure(scores), 4) for name, measure in MEASURES.items()}
