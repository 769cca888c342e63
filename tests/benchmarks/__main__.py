"""`python -m tests.benchmarks`: measure what exists so far and write build/bench.json."""

from __future__ import annotations

import json
from pathlib import Path

from tests.benchmarks import backlog, dispatch, engine, publish_to_channel

OUTPUT = Path("build/bench.json")


def main() -> None:
    """Measure, print, write."""
    returning = backlog.measure()
    results = {
        "safety_lane_under_backlog_ms": {"p50": returning["safety_p50"], "p99": returning["safety_p99"]},
        "backlog_drain_readings_per_s": returning["readings_per_s"],
        "backlog": returning,
        "publish_to_channel_ms": publish_to_channel.measure(),
        "dispatch": dispatch.measure(),
        "engine": engine.measure(),
    }
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    for what, figures in results.items():
        told = figures.items() if isinstance(figures, dict) else [("value", figures)]
        print(what, *(f"{name}={value}" for name, value in told))
    print(f"written to {OUTPUT}; shared machines are noisy: compare within one run")


if __name__ == "__main__":
    main()
