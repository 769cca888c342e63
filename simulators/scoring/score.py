"""From a record to its score: the object that becomes build/score.json. Pure.

Names follow the project's result files: `recall.{kind}`, `delay_s.{kind}.{p50,p95}`, `false_alerts_per_person_day`,
`median_alerts_per_person_day`, `messages_lost`, `publish_to_notification_ms.{p50,p95,p99}`. What depends on how fast
the machine was stands apart, under `timing`, but for the last of these, which is nothing else.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from simulators.scoring import matching
from simulators.scoring.matching import Judged, Outcome
from simulators.scoring.run_log import Alert, RunLog

_DAY_S = 86_400.0
#: Kinds that are also shown together, by what stands before the full stop.
_JOINED = ("wandering",)


def score(log: RunLog) -> dict[str, Any]:
    """The whole result; `counts` has what every rate was made of."""
    outcomes, alerts = matching.outcomes(log), matching.judged(log)
    person_days = len(log.persons) * (log.until - log.counts_from).total_seconds() / _DAY_S
    false = [one for one in alerts if one.verdict.is_false]
    by_kind = _by_kind(outcomes)
    return {
        "scene": log.scene,
        "seed": log.seed,
        "recall": {kind: _share(of_kind) for kind, of_kind in by_kind.items()},
        "delay_s": {kind: _percentiles(_delays(of_kind), (50, 95)) for kind, of_kind in by_kind.items()},
        "false_alerts_per_person_day": _rate(len(false), person_days),
        "median_alerts_per_person_day": _median_a_day(log, alerts),
        "messages_lost": max(log.traffic.acknowledged - log.traffic.stored - log.traffic.refused, 0),
        "publish_to_notification_ms": _percentiles(log.publish_to_notification_ms, (50, 95, 99)),
        "counts": _counts(log, by_kind, alerts, person_days),
        "timing": _timing(log, outcomes),
        "missed": [_miss(one) for one in outcomes if one.missed],
        "false_alerts": [_false(one) for one in false],
    }


def judged_part(result: dict[str, Any]) -> dict[str, Any]:
    """The part that two runs of one seed share: everything that does not depend on the machine's speed."""
    return {key: value for key, value in result.items() if key not in {"publish_to_notification_ms", "timing"}}


def percentile(values: Iterable[float], share: float) -> float | None:
    """Nearest rank; None of nothing. `share` in percent."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share / 100 * len(ordered)) - 1, 0)] if ordered else None


def _by_kind(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    kinds: dict[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        kinds[one.episode.kind].append(one)
        head, _, tail = one.episode.kind.partition(".")
        if tail and head in _JOINED:
            kinds[head].append(one)
    return dict(sorted(kinds.items()))


def _counts(log: RunLog, by_kind: dict[str, list[Outcome]], alerts: Sequence[Judged], person_days: float) -> Any:
    return {
        "persons": len(log.persons),
        "person_days": round(person_days, 3),
        "episodes": {kind: len(of_kind) for kind, of_kind in by_kind.items()},
        "found": {kind: sum(one.missed is None for one in of_kind) for kind, of_kind in by_kind.items()},
        "episodes_by_name": dict(sorted(Counter(one.name for one in log.truth()).items())),
        "alerts": {verdict.value: sum(one.verdict is verdict for one in alerts) for verdict in matching.Verdict},
        "false_by_kind": _sorted(Counter(one.alert.kind for one in alerts if one.verdict.is_false)),
        "detections": _sorted(Counter(one.kind for one in log.detections if one.at >= log.counts_from)),
        "incidents": _sorted(Counter(one.kind for one in log.incidents if one.opened_at >= log.counts_from)),
        "fleet_incidents": sum(one.person is None for one in log.incidents),
        "readings": {
            "published": log.traffic.published,
            "acknowledged": log.traffic.acknowledged,
            "stored": log.traffic.stored,
            "refused": log.traffic.refused,
        },
    }


def _timing(log: RunLog, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Of one run on one machine: simulated seconds in which real ones take part."""
    told = [
        max((one.told_at - one.episode.counts_from).total_seconds(), 0.0)
        for one in outcomes
        if one.told_at is not None and one.missed is None
    ]
    calling = {alert.incident_id for alert in log.alerts if alert.person is not None}
    cases = [one for one in log.incidents if one.incident_id in calling and one.opened_at >= log.counts_from]
    answered = [(one.answered_at - one.opened_at).total_seconds() for one in cases if one.answered_at is not None]
    return {
        "told_after_s": _percentiles(told, (50, 95)),
        "first_human_answer_s": _percentiles(answered, (50, 95)),
        "incidents_called": len(cases),
        "incidents_answered": len(answered),
        "reactions": dict(sorted(log.reactions.items())),
        "speed_asked": log.paced.asked,
        "speed_reached": round(log.paced.reached, 2),
        "real_s": round(log.paced.real_s, 1),
        "longest_lag_s": round(log.paced.longest_lag_s, 3),
    }


def _share(outcomes: Sequence[Outcome]) -> float:
    return round(sum(one.missed is None for one in outcomes) / len(outcomes), 4)


def _delays(outcomes: Iterable[Outcome]) -> list[float]:
    return [delay_s for one in outcomes if (delay_s := one.delay_s) is not None]


def _percentiles(values: Iterable[float], shares: Sequence[int]) -> dict[str, float | None]:
    found = list(values)
    at = {share: percentile(found, share) for share in shares}
    return {f"p{share}": None if value is None else round(value, 1) for share, value in at.items()}


def _rate(count: int, person_days: float) -> float:
    return round(count / person_days, 5) if person_days else 0.0


def _median_a_day(log: RunLog, alerts: Sequence[Judged]) -> float:
    """Half of all persons have no more, reminders among them."""
    days = (log.until - log.counts_from).total_seconds() / _DAY_S
    told: Counter[str | None] = Counter(one.alert.person for one in alerts)
    a_day = [told[person.external_id] / days for person in log.persons] if days else []
    return round(percentile(a_day, 50) or 0.0, 4)


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def _miss(one: Outcome) -> dict[str, Any]:
    episode, by = one.episode, one.by
    return {
        "person": episode.external_id,
        "episode": episode.name,
        "kind": episode.kind,
        "since": episode.since.isoformat(),
        "counts_from": episode.counts_from.isoformat(),
        "expected": sorted(episode.expects),
        "why": str(one.missed),
        "nearest": None if by is None else f"{by.kind} {by.reason} {by.at.isoformat()} {by.decision}",
    }


def _false(one: Judged) -> dict[str, Any]:
    alert: Alert = one.alert
    return {
        "person": alert.person,
        "kind": alert.kind,
        "reason": alert.reason,
        "at": alert.at.isoformat(),
        "incident": alert.incident_id,
        "why": f"during {one.episode.name}" if one.episode else "nothing had happened",
    }
