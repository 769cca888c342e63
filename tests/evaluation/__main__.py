"""`python -m tests.evaluation DATA`: every recording of a folder through the production engine.

Writes build/evaluation.json and prints a table. The folder has the layout of docs/evaluation.md; thresholds are those of
`geofence.policy`, chosen on other recordings than those that will be used to judge us.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.evaluation import decoding, studentlife, zone_exit
from tests.evaluation.statistics import interval, percentile, ratio
from tests.evaluation.zone_exit import Score

OUTPUT = Path("build/evaluation.json")
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


def main() -> int:
    """Evaluate one folder."""
    arguments = argparse.ArgumentParser(prog="python -m tests.evaluation")
    arguments.add_argument("data", type=Path, help="a folder with studentlife-gps/ and others, docs/evaluation.md")
    data = arguments.parse_args().data
    folder = data / "studentlife-gps"
    if not folder.is_dir():
        print(
            f"evaluate: {folder} is not a folder. Give DATA=, the folder that holds studentlife-gps/.", file=sys.stderr
        )
        return 2
    subjects = studentlife.read(folder)
    if not subjects:
        print(f"evaluate: no recording with a home in {folder}: files are named gps_*.csv.gz.", file=sys.stderr)
        return 2
    results = {f"zone_exit_{radius:.0f}m": _zone_exit(subjects, radius) for radius in RADII_M}
    decoded = decoding.evaluate(data)
    further = {} if decoded is None else {"decoding": decoded}
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(results | further, indent=2) + "\n", encoding="utf-8")
    _print(results)
    for name, result in further.items():
        print(f"\n{name}  {result}")
    return 0


def _zone_exit(subjects: Sequence[studentlife.Subject], radius_m: float) -> dict[str, object]:
    scores = [zone_exit.score(subject, radius_m, zone_exit.engine) for subject in subjects]
    naive = [zone_exit.score(subject, radius_m, zone_exit.naive) for subject in subjects]
    asked = [zone_exit.score(subject, radius_m, zone_exit.engine_on_demand) for subject in subjects]
    delays = [delay for score in asked for delay in score.delay_s]
    return {
        **{name: round(measure(scores), 4) for name, measure in MEASURES.items()},
        "added_delay_on_demand_s_p90": percentile(delays, 90),
        "naive": {name: round(measure(naive), 4) for name, measure in MEASURES.items()},
        "on_demand": {name: round(measure(asked), 4) for name, measure in MEASURES.items()},
        "counts": {
            "subjects": len(scores),
            "device_days": sum(s.days for s in scores),
            "exits": sum(s.exits for s in scores),
            "found": sum(s.found for s in scores),
            "alerts": sum(s.alerts for s in scores),
            "unmatched": sum(s.unmatched for s in scores),
            "certainly_false": sum(s.certainly_false for s in scores),
        },
        "ci95": {name: interval(scores, measure) for name, measure in MEASURES.items()},
    }


def _print(results: dict[str, dict[str, object]]) -> None:
    for detection, result in results.items():
        naive, spread = result["naive"], result["ci95"]
        assert isinstance(naive, dict)
        assert isinstance(spread, dict)
        print(f"\n{detection}  {result['counts']}")
        print(f"  {'metric':34} {'engine':>9} {'95 % interval':>20} {'naive':>9}")
        for name in MEASURES:
            low, high = spread[name]
            print(f"  {name:34} {result[name]:>9} {f'{low} to {high}':>20} {naive[name]:>9}")
        print(f"  {'added_delay_on_demand_s_p90':34} {result['added_delay_on_demand_s_p90']:>9}")
    print(
        f"\nwritten to {OUTPUT}. Phones of healthy students, no dementia: docs/detectors/zone.md says what that means."
    )


if __name__ == "__main__":
    sys.exit(main())
