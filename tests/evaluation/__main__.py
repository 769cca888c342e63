"""`python -m tests.evaluation DATA`: every recording of a folder through the production engine.

Writes build/evaluation.json, prints a table and draws plots into build/evaluation/. The folder has the layout of
docs/evaluation.md; what it does not hold is left out. Thresholds are those of `geofence.policy`, chosen on other
recordings than those that will be used to judge us.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.evaluation import report

OUTPUT = Path("build/evaluation.json")
#: Modules of this folder, the slowest first; each has `evaluate(data) -> {detection: result}`.
EVALUATIONS = (
    "wandering",
    "off_route",
    "zone_exit",
    "zone_dense",
    "no_return",
    "bed_exit",
    "fall",
    "apnea",
    "heart_rate",
    "silence",
    "decoding",
)


def main() -> int:
    """Evaluate one folder."""
    arguments = argparse.ArgumentParser(prog="python -m tests.evaluation")
    arguments.add_argument("data", type=Path, help="a folder with studentlife-gps/ and others, docs/evaluation.md")
    arguments.add_argument("--only", choices=EVALUATIONS, action="append", help="run these alone")
    chosen = arguments.parse_args()
    if not chosen.data.is_dir():
        print(f"evaluate: {chosen.data} is not a folder. Give DATA=, the folder of recordings.", file=sys.stderr)
        return 2
    results = run(chosen.data, tuple(chosen.only or EVALUATIONS))
    if not results:
        print(f"evaluate: {chosen.data} holds no recording; docs/evaluation.md has the layout.", file=sys.stderr)
        return 2
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    report.write(results, OUTPUT.parent / "evaluation")
    print(f"\nwritten to {OUTPUT} and {OUTPUT.parent / 'evaluation'}")
    return 0


def run(data: Path, names: tuple[str, ...]) -> dict[str, Mapping[str, object]]:
    """The results of some evaluations, by detection, in the order of their names."""
    results: dict[str, Mapping[str, object]] = {}
    with ProcessPoolExecutor(max_workers=min(len(names), os.cpu_count() or 1)) as pool:
        for name, (found, took_s) in zip(names, pool.map(_one, names, [data] * len(names)), strict=True):
            print(f"evaluate: {name} took {took_s:.0f} s", file=sys.stderr)
            results |= found
    return results


def _one(name: str, data: Path) -> tuple[dict[str, Mapping[str, object]], float]:
    started = time.monotonic()
    results = importlib.import_module(f"tests.evaluation.{name}").evaluate(data)
    return results, time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
