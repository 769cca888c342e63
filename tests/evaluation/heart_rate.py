"""Heart rate in bed, `heart_rate`: real nights, and slow and fast episodes of five minutes put into them.

Every alarm of a night as it was recorded is a false one: the sleepers are healthy. An episode is found when it is told
between its beginning and a minute after its end; `delay_s` runs from its beginning. Each subject has one to three
nights, so the engine's own baseline is never known here; `warm` gives the person the median of that same night as the
median of each of the fourteen nights before, which shows the rule with a known baseline and says nothing about how
people change from night to night.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from statistics import median

import msgspec
import numpy as np

from geofence.baseline import NIGHTS, Baseline
from geofence.batch import judge_all
from geofence.detection import DetectionKind
from geofence.engine import FRESH, PersonState
from geofence.person import Person
from geofence.reading import Reading
from tests.evaluation import bed_nights, plots
from tests.evaluation.bed_nights import PLAUSIBLE_S, TIME_ZONE, Beats
from tests.evaluation.statistics import interval, percentile, ratio

SEED = 20_231_103
EVERY_S = 60.0
#: An episode, its ramps included. Seconds.
EPISODE_S, RAMP_S = 300.0, 20.0
#: One episode in so many seconds, from half an hour after the first beat.
SPACING_S, FIRST_S = 3_600.0, 1_800.0
SLOW_BPM, FAST_BPM = (26.0, 36.0), (125.0, 165.0)
#: A false alarm is counted for each so long a part of a recording. Hours.
NIGHT_H = 8.0
#: An episode is put where so much of the time has plausible beats. Ratio.
COVERED_SHARE = 0.9
#: An episode is found if it is told within this. Seconds.
FOUND_WITHIN_S = 240.0
#: After its end an episode may still be told for so long. Seconds.
GRACE_S = 60.0

Rule = Callable[[list[Reading]], list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One subject."""

    hours: float = 0.0
    false: int = 0
    episodes: int = 0
    delay_s: tuple[float, ...] = field(default=())


MEASURES: dict[str, Callable[[Sequence[Score]], float]] = {
    "false_per_night": lambda scores: ratio(sum(s.false for s in scores), sum(s.hours for s in scores) / NIGHT_H),
    "detected": lambda scores: ratio(
        sum(delay <= FOUND_WITHIN_S for s in scores for delay in s.delay_s), sum(s.episodes for s in scores)
    ),
    "detected_at_all": lambda scores: ratio(sum(len(s.delay_s) for s in scores), sum(s.episodes for s in scores)),
    "delay_s_p90": lambda scores: percentile([delay for s in scores for delay in s.delay_s], 90),
}


def evaluate(data: Path) -> dict[str, dict[str, object]]:
    """`heart_rate`; nothing when the folder holds no night of beats."""
    nights = bed_nights.read_beats(data)
    if not nights:
        return {}
    scores = {name: _scores(nights, rule, every_s) for name, rule, every_s in (
        ("engine", engine, EVERY_S), ("naive", naive, EVERY_S), ("every_30_s", engine, 30.0), ("warm", warm, EVERY_S),
    )}  # fmt: skip
    told = scores["engine"]
    plots.delays(
        "heart_rate_delay",
        "Slow and fast hearts: from the episode's beginning to the word",
        "seconds",
        {rule: [delay for s in scores[rule] for delay in s.delay_s] for rule in ("engine", "naive")},
    )
    plots.per_person(
        "heart_rate_false",
        "Heart rates told of healthy sleepers",
        "false alerts a night",
        {rule: [ratio(s.false, s.hours / NIGHT_H) for s in scores[rule]] for rule in ("engine", "naive")},
    )
    return {
        "heart_rate": {
            **_measured(told),
            "naive": _measured(scores["naive"]),
            "every_30_s": _measured(scores["every_30_s"]),
            "warm": _measured(scores["warm"]),
            "counts": {
                "subjects": len(told),
                "nights": len(nights),
                "hours": round(sum(s.hours for s in told), 1),
                "episodes": sum(s.episodes for s in told),
                "false": sum(s.false for s in told),
            },
            "ci95": {name: interval(told, measure) for name, measure in MEASURES.items()},
        }
    }


def engine(readings: list[Reading]) -> list[float]:
    """When the production engine tells, for somebody it knows nothing of."""
    return _told(readings, {})


def warm(readings: list[Reading]) -> list[float]:
    """The same for somebody whose last fourteen nights were this one."""
    states: dict[int, PersonState] = {}
    _told([_shifted(each, timedelta(days=1)) for each in readings], states)
    values = states.get(0, FRESH).heart_rate.baseline.tonight
    nights = (median(values),) * NIGHTS if values else ()
    heart = replace(FRESH.heart_rate, baseline=Baseline(nights=nights))
    return _told(readings, {0: msgspec.structs.replace(FRESH, heart_rate=heart)})


def naive(readings: list[Reading]) -> list[float]:
    """Outside 50 to 100, told once until it is inside again."""
    told, out = [], False
    for reading in readings:
        rate = reading.bed.heart_rate_bpm if reading.bed else None
        if not rate:
            continue
        if not 50 <= rate <= 100 and not out:
            told.append(reading.at.timestamp())
        out = not 50 <= rate <= 100
    return told


def with_episodes(night: Beats, seed: int) -> tuple[Beats, list[tuple[float, float]]]:
    """A night with an episode an hour, slow and fast in turn; the beats keep their own variation.

    Returns:
        The night, and (begin, end) of each episode in unix seconds.
    """
    random = np.random.default_rng([SEED, seed])
    episodes: list[tuple[float, float]] = []
    begin = float(night.at_s[0]) + FIRST_S + float(random.uniform(0, 600))
    changed = night
    while begin + EPISODE_S + GRACE_S < night.at_s[-1]:
        if _covered(night, begin):
            low, high = SLOW_BPM if len(episodes) % 2 == 0 else FAST_BPM
            changed = _bent(changed, begin, 60.0 / float(random.uniform(low, high)))
            episodes.append((begin, begin + EPISODE_S))
        begin += SPACING_S + float(random.uniform(-600, 600))
    return changed, episodes


def _covered(night: Beats, begin: float) -> bool:
    """Whether the recording has beats throughout: an episode in a dropout is not there."""
    inside = (night.at_s >= begin - EVERY_S) & (night.at_s <= begin + EPISODE_S + GRACE_S)
    apart_s = night.apart_s[inside]
    plausible_s = apart_s[(apart_s >= PLAUSIBLE_S[0]) & (apart_s <= PLAUSIBLE_S[1])].sum()
    return float(plausible_s) >= COVERED_SHARE * (EVERY_S + EPISODE_S + GRACE_S)


def _bent(night: Beats, begin: float, target_s: float) -> Beats:
    """Beats at a target rate, over a ramp at both ends, with the variation of the beats that were there."""
    first, last = np.searchsorted(night.at_s, [begin, begin + EPISODE_S])
    apart = night.apart_s[first:last]
    apart = apart[apart > 0]
    usual_s = float(np.median(apart))
    at_s, apart_s = [float(night.at_s[first])], [usual_s]
    while at_s[-1] < begin + EPISODE_S:
        since = at_s[-1] - begin
        weight = min(1.0, max(0.0, min(since, EPISODE_S - since) / RAMP_S))
        own = float(apart[len(at_s) % len(apart)])
        apart_s.append(own * (1 + weight * (target_s / usual_s - 1)))
        at_s.append(at_s[-1] + apart_s[-1])
    return replace(
        night,
        at_s=np.concatenate([night.at_s[:first], at_s[:-1], night.at_s[last:]]),
        apart_s=np.concatenate([night.apart_s[:first], apart_s[:-1], night.apart_s[last:]]),
    )


def _scores(nights: Sequence[Beats], rule: Rule, every_s: float) -> list[Score]:
    by_subject: dict[str, Score] = {}
    for number, night in enumerate(nights):
        score = by_subject.get(night.subject, Score())
        changed, episodes = with_episodes(night, number)
        plain = rule(bed_nights.heart_readings(bed_nights.heart_reports(night, every_s), 0))
        told = rule(bed_nights.heart_readings(bed_nights.heart_reports(changed, every_s), 0))
        delays = [delay for begin, end in episodes if (delay := _delay(told, begin, end)) is not None]
        by_subject[night.subject] = Score(
            hours=score.hours + night.hours,
            false=score.false + len(plain),
            episodes=score.episodes + len(episodes),
            delay_s=(*score.delay_s, *delays),
        )
    return list(by_subject.values())


def _delay(told: Sequence[float], begin: float, end: float) -> float | None:
    return next((at - begin for at in told if begin < at <= end + GRACE_S), None)


def _told(readings: Sequence[Reading], states: dict[int, PersonState]) -> list[float]:
    person = Person(person_id=0, time_zone=TIME_ZONE)
    outcomes = judge_all(states, readings, {0: person})
    return [
        detection.at.timestamp()
        for outcome in outcomes
        for detection in outcome.judgement.detections
        if detection.kind is DetectionKind.HEART_RATE
    ]


def _shifted(reading: Reading, earlier: timedelta) -> Reading:
    return msgspec.structs.replace(reading, at=reading.at - earlier, received_at=reading.received_at - earlier)


def _measured(scores: Sequence[Score]) -> dict[str, float]:
    return {name: round(measure(scores), 4) for name, measure in MEASURES.items()}
