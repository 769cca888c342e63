"""Two records of one scene and seed, held side by side: what differs, each thing in a line. Pure.

What real time alone decides (`publish_to_notification_ms`, `timing`) is left out, and so is how many messages there
were: a device that is asked sooner says more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from simulators.scoring import matching
from simulators.scoring.matching import Outcome
from simulators.scoring.run_log import RunLog
from simulators.scoring.score import judged_part, score


def differences(first: RunLog, second: RunLog) -> list[str]:
    """Every difference, the most general first; empty: the same."""
    found = [*_of_truth(first, second)]
    if not found:
        found += _of_outcomes(first, second)
        found += _of_alerts(first, second)
        found += _of_figures("", _figures(first), _figures(second))
    return found


def _of_truth(first: RunLog, second: RunLog) -> Iterator[str]:
    """Other episodes are another scene or seed; nothing else can then be compared."""
    for name in ("scene", "seed", "start", "until"):
        if getattr(first, name) != getattr(second, name):
            yield f"{name}: {getattr(first, name)} and {getattr(second, name)}"
    told = [{one.episode_id: one for one in log.truth()} for log in (first, second)]
    for episode_id in sorted(told[0].keys() | told[1].keys()):
        if told[0].get(episode_id) != told[1].get(episode_id):
            yield f"episode {episode_id} is not the same in both"


def _of_outcomes(first: RunLog, second: RunLog) -> Iterator[str]:
    """Episodes that were found otherwise, or later."""
    others = {one.episode.episode_id: one for one in matching.outcomes(second)}
    for one in matching.outcomes(first):
        before, after = _told(one), _told(others[one.episode.episode_id])
        if before != after:
            yield f"{one.episode.episode_id}: {before}, and {after}"


def _told(one: Outcome) -> str:
    by = "" if one.by is None else f" by {one.by.kind} {one.by.reason}"
    return f"{one.missed}{by}" if one.delay_s is None else f"found after {one.delay_s:.1f} s{by}"


def _of_alerts(first: RunLog, second: RunLog) -> Iterator[str]:
    """Alerts that only one of the two has."""
    seen = [
        Counter(
            (one.alert.person or "the fleet", one.alert.kind, one.alert.reason, one.verdict.value) for one in alerts
        )
        for alerts in (matching.judged(first), matching.judged(second))
    ]
    for alert in sorted(seen[0].keys() | seen[1].keys()):
        if seen[0][alert] != seen[1][alert]:
            yield f"alerts {' '.join(alert)}: {seen[0][alert]} and {seen[1][alert]}"


def _figures(log: RunLog) -> dict[str, Any]:
    figures = judged_part(score(log))
    del figures["counts"]["readings"]
    # Each stands in a line of its own already.
    return {name: value for name, value in figures.items() if name not in {"missed", "false_alerts"}}


def _of_figures(name: str, first: Any, second: Any) -> Iterator[str]:
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in sorted(first.keys() | second.keys()):
            yield from _of_figures(f"{name}.{key}".lstrip("."), first.get(key), second.get(key))
    elif first != second:
        yield f"{name}: {first} and {second}"
