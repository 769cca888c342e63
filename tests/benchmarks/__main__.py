"""`python -m tests.benchmarks [--only name,...]`: measure, merge into build/bench.json, print the targets beside it."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.targets import table

OUTPUT = Path("build/bench.json")
Figures = Mapping[str, Any]


def _under(name: str) -> Callable[[Figures], Figures]:
    return lambda figures: {name: figures}


def _backlog(figures: Figures) -> Figures:
    return {
        "safety_lane_under_backlog_ms": {"p50": figures["safety_p50"], "p99": figures["safety_p99"]},
        "backlog_drain_readings_per_s": figures["readings_per_s"],
        "backlog": figures,
    }


def _engine(figures: Figures) -> Figures:
    return {"engine": figures, "cost_growth_100k_over_1500": figures["cost_growth_100k_over_1500"]}


def _storage(figures: Figures) -> Figures:
    return {"storage": figures, "bytes_per_reading": figures["bytes_per_reading"]}


def _as_they_are(figures: Figures) -> Figures:
    return figures


#: Module -> under which names its `measure()` goes into the file.
MODULES: dict[str, Callable[[Figures], Figures]] = {
    "durable_ingest": _under("durable_ingest"),
    "stages": _under("stages"),
    "copying": _under("copying"),
    "putting_off": _under("putting_off"),
    "committing": _under("committing"),
    "engine": _engine,
    "publish_to_channel": _under("publish_to_channel_ms"),
    "backlog": _backlog,
    "restart": _as_they_are,
    "queries": _as_they_are,
    "stream": _under("live_stream_500_ms"),
    "storage": _storage,
    "dispatch": _under("dispatch"),
}


def main() -> int:
    """Measure one after the other. What fails is said and loses nothing else; the number of failures is the answer."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", default=",".join(MODULES), help=f"some of {', '.join(MODULES)}")
    names = asked.parse_args().only.split(",")
    if unknown := set(names) - set(MODULES):
        asked.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    results: dict[str, Any] = json.loads(OUTPUT.read_text(encoding="utf-8")) if OUTPUT.exists() else {}
    failed = 0
    for name in names:
        print(f"bench: {name}", file=sys.stderr, flush=True)
        try:
            figures = importlib.import_module(f"tests.benchmarks.{name}").measure()
        # One that cannot run here, or that fails, must not cost the others.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            traceback.print_exc()
            print(f"bench: {name} failed: {error}", file=sys.stderr)
            failed += 1
            continue
        results |= MODULES[name](figures)
        print(name, json.dumps(figures), flush=True)
        OUTPUT.parent.mkdir(exist_ok=True)
        OUTPUT.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(f"\n{table(results)}\n\nwritten to {OUTPUT}; shared machines are noisy: compare within one run")
    return failed


if __name__ == "__main__":
    sys.exit(main())
