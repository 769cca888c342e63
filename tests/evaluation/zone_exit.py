"""Zone exits on sparse noisy fixes of phones, `zone_exit_150m` and `zone_exit_300m`: the engine against the naive rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.evaluation import plots, studentlife, zone_choice, zone_scores
from tests.evaluation.statistics import interval, percentile, ratio
from tests.evaluation.zone_scores import Score

FOLDER = "studentlife-gps"
RADII_M = (150.0, 300.0)

Measure = Callable[[Sequence[Score]], float]

MEASURES: dict[str, Measure] = {
    "recall": lambda scores: ratio(sum(s.found for s in scores), sum(s.exits for s in scores)),
    "certainly_false_per_device_day": lambda scores: ratio(
        sum(s.certainly_false for s in scores), sum(s.days for s in scores)
    ),
    "unmatched_per_device_day": lambda scores: ratio(sum(s.unmatched for s in scores), sum(s.days for s in scores)),
    "added_delay_reports_p50": lambda scores: percentile([d for s in scores for d in s.delay_reports], 50),
}


def evaluate(data: Path) -> dict[str, dict[str, object]]:
    """Both radii; nothing when the folder holds no phone with a home."""
    folder = data / FOLDER
    subjects = studentlife.read(folder) if folder.is_dir() else []
    return {f"zone_exit_{radius:.0f}m": _zone_exit(subjects, radius) for radius in RADII_M} if subjects else {}


def _zone_exit(subjects: Sequence[studentlife.Subject], radius_m: float) -> dict[str, object]:
    scores = [zone_scores.score(subject, radius_m, zone_scores.engine) for subject in subjects]
    naive = [zone_scores.score(subject, radius_m, zone_scores.naive) for subject in subjects]
    asked = [zone_scores.score(subject, radius_m, zone_scores.engine_on_demand) for subject in subjects]
    chosen, votes = zone_choice.cross_validated(subjects, radius_m, scores)
    steps = [zone_scores.score(subject, radius_m, zone_scores.engine_with(travelstate=True)) for subject in subjects]
    delays = [delay for score in asked for delay in score.delay_s]
    _draw(radius_m, {"engine": scores, "naive": naive}, asked)
    return {
        **{name: round(measure(scores), 4) for name, measure in MEASURES.items()},
        "added_delay_on_demand_s_p90": percentile(delays, 90),
        "naive": {name: round(measure(naive), 4) for name, measure in MEASURES.items()},
        "cross_validated": {
            **{name: round(measure(chosen), 4) for name, measure in MEASURES.items()},
            "chosen": votes,
        },
        "with_steps": {name: round(measure(steps), 4) for name, measure in MEASURES.items()},
        "on_demand": {name: round(measure(asked), 4) for name, measure in MEASURES.items()},
        "counts": {
            "subjects": len(scores),
            "device_days": sum(s.days for s in scores),
            "exits": sum(s.exits for s in scores),
            "found": sum(s.found for s in scores),
            "alerts": sum(s.alerts for s in scores),
            "unmatched": sum(s.unmatched for s in scores),
            "unmatched_but_really_away": sum(s.really_away for s in scores),
            "certainly_false": sum(s.certainly_false for s in scores),
        },
        "ci95": {name: interval(scores, measure) for name, measure in MEASURES.items()},
    }


def _draw(radius_m: float, rules: Mapping[str, Sequence[Score]], asked: Sequence[Score]) -> None:
    """How late exits are told, and how often each person's are for nothing."""
    name, title = f"zone_exit_{radius_m:.0f}m", f"Exits of a zone of {radius_m:.0f} m, a fix every 10 to 20 minutes"
    late = {rule: [delay / 60 for s in scores for delay in s.delay_s] for rule, scores in rules.items()}
    on_demand = {"engine, device answers in 60 s": [delay / 60 for s in asked for delay in s.delay_s]}
    plots.delays(f"{name}_delay", title, "minutes after the first fix outside", late | on_demand)
    plots.per_person(
        f"{name}_unmatched",
        title,
        "exits told a day that the recording does not confirm",
        {rule: [ratio(s.unmatched, s.days) for s in scores] for rule, scores in rules.items()},
    )
