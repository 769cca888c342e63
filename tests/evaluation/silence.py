"""Silence, batteries and straps, `silence`: a simulated fleet with the truth, every case scripted. There is no recording of it.

`found` is the share of what each case expects that was told in its time; `alerts_an_outage` how often one silence was
told; `false_per_device_day` what was told and not expected. The naive rule is one fixed time-out of 15 minutes, with
20 % and 10 % for the battery and every message of *not worn* after one of *worn* for the strap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from geofence import engine
from geofence.batch import judge_all
from geofence.engine import FRESH, PersonState
from tests.evaluation import silent_fleet
from tests.evaluation.silent_fleet import DAY, ORDINARY_DAYS, Case
from tests.evaluation.statistics import interval, percentile, ratio

KINDS = frozenset({"silence", "low_battery", "strap_removed"})
NAIVE_TIMEOUT = timedelta(minutes=15)

#: (kind, reason, instant)
Told = tuple[str, str, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One person of one case."""

    name: str
    days: float
    expected: int
    found: int
    outages: int
    #: Words of a silence that was expected, repeats included.
    alerts: int
    false: int
    delay_s: tuple[float, ...]


MEASURES: dict[str, Callable[[Sequence[Score]], float]] = {
    "found": lambda scores: ratio(sum(s.found for s in scores), sum(s.expected for s in scores)),
    "alerts_an_outage": lambda scores: ratio(sum(s.alerts for s in scores), sum(s.outages for s in scores)),
    "false_per_device_day": lambda scores: ratio(sum(s.false for s in scores), sum(s.days for s in scores)),
    "delay_s_p90": lambda scores: percentile([delay for s in scores for delay in s.delay_s], 90),
}


def evaluate(data: Path) -> dict[str, dict[str, object]]:
    """`silence`, always: the fleet is simulated."""
    cases = silent_fleet.cases()
    scores = [_score(case, _engine(case)) for case in cases]
    plain = [_score(case, _naive(case), by_reason=False) for case in cases]
    names = list(dict.fromkeys(case.name for case in cases))
    return {
        "silence": {
            **_measured(scores),
            "naive": _measured(plain),
            "found_by_case": {
                name: round(MEASURES["found"]([s for s in scores if s.name == name]), 4)
                for name in names
                if any(s.expected for s in scores if s.name == name)
            },
            "counts": {
                "cases": len(names),
                "persons": len(cases),
                "expected": sum(s.expected for s in scores),
                "found": sum(s.found for s in scores),
                "false": sum(s.false for s in scores),
            },
            "ci95": {name: interval(scores, measure) for name, measure in MEASURES.items()},
        }
    }


def _engine(case: Case) -> list[Told]:
    states: dict[int, PersonState] = {}
    outcomes = judge_all(states, case.readings, {0: case.person})
    _, last = engine.run_down(states.get(0, FRESH), case.person, case.until)
    detections = [d for o in outcomes for d in o.judgement.detections] + list(last.detections)
    return [(str(d.kind), str(d.reason), d.at) for d in detections if d.kind in KINDS]


def _naive(case: Case) -> list[Told]:
    """Silent for 15 minutes since the last message of any device, or a charge that falls below 20 or 10 %."""
    told: list[Told] = []
    instants = sorted({*(each.received_at for each in case.readings), case.until})
    told += [
        ("silence", "no_contact", before + NAIVE_TIMEOUT)
        for before, after in pairwise(instants)
        if after - before > NAIVE_TIMEOUT
    ]
    level = 100.0
    for reading in case.readings:
        charge = reading.battery_pct if reading.battery_pct is not None else level
        told += [("low_battery", "below_low", reading.at) for limit in (20, 10) if charge <= limit < level]
        level = charge
    worn = True
    for reading in case.readings:
        told += [("strap_removed", "not_worn", reading.at)] if worn and reading.worn is False else []
        worn = reading.worn is not False
    return told


def _score(case: Case, told: Sequence[Told], *, by_reason: bool = True) -> Score:
    """Repeats of what was expected count as alerts; what nothing expected is false."""
    first = DAY - timedelta(days=ORDINARY_DAYS)
    matched, delays, alerts, false = 0, list[float](), 0, 0
    for expected in case.expected:
        hits = [
            at
            for kind, reason, at in told
            if kind == expected.kind
            and (reason == expected.reason or not by_reason)
            and expected.after < at <= expected.until
        ]
        matched += bool(hits)
        delays += [(hits[0] - expected.after).total_seconds()] if hits else []
        alerts += len(hits) if expected.kind == "silence" and case.outages else 0
    wanted = {(e.kind, e.reason if by_reason else "") for e in case.expected}
    for kind, reason, at in told:
        known = (kind, reason if by_reason else "") in wanted
        late = not any(e.kind == kind and e.after < at <= e.until for e in case.expected)
        # A battery that falls warns at 10 % too, which no case is about.
        false += (not known or late) and not (kind == "low_battery" and reason != "empty_before_morning")
    return Score(
        name=case.name,
        days=(case.until - first) / timedelta(days=1),
        expected=len(case.expected),
        found=matched,
        outages=case.outages,
        alerts=alerts,
        false=false,
        delay_s=tuple(delays),
    )


def _measured(scores: Sequence[Score]) -> dict[str, float]:
    return {name: round(measure(scores), 4) for name, measure in MEASURES.items()}
