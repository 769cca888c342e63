"""Chooses the thresholds of usual places at the edge for each subject by the others: subject-wise cross-validation.

Of `CANDIDATES`, those that keep recall on the other subjects; of these, the one with the fewest unmatched alerts there
(the earlier one of two equals). What is reported is every subject judged by the choice of the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tests.evaluation import zone_scores
from tests.evaluation.studentlife import Subject
from tests.evaluation.zone_scores import Score

#: The defaults first; then none, more readily learnt, and a narrower band.
CANDIDATES: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    "off": {"zone_doorstep_m": 0.0},
    "two_days_90_m": {"zone_doorstep_visits": 2, "zone_doorstep_spot_m": 90.0},
}
LEAST_RECALL = 0.98


def cross_validated(
    subjects: Sequence[Subject], radius_m: float, default: Sequence[Score]
) -> tuple[list[Score], dict[str, int]]:
    """Each subject by the choice of the others, and how often each candidate was chosen."""
    scores = {
        name: default
        if not changes
        else [zone_scores.score(subject, radius_m, zone_scores.engine_with(**changes)) for subject in subjects]
        for name, changes in CANDIDATES.items()
    }
    chosen = [_best(scores, left_out=index) for index in range(len(subjects))]
    return [scores[name][index] for index, name in enumerate(chosen)], dict(Counter(chosen))


def _best(scores: Mapping[str, Sequence[Score]], *, left_out: int) -> str:
    def rank(name: str) -> tuple[bool, int]:
        others = [score for index, score in enumerate(scores[name]) if index != left_out]
        exits = sum(score.exits for score in others)
        kept = sum(score.found for score in others) >= LEAST_RECALL * exits
        return not kept, sum(score.unmatched for score in others)

    return min(scores, key=rank)
