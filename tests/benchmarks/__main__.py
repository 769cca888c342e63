"""`python -m tests.benchmarks`: measure what exists so far and write build/bench.json."""

from __future__ import annotations

import json
from pathlib import Path

from tests.benchmarks import dispatch, engine, publish_to_channel

OUTPUT = Path("build/bench.json")


def main() -> None:
    """Measure, print, write."""
    results = {
        "publish_to_channel_ms": publish_to_channel.measure(),
        "dispatch": dispatch.measure(),
        "engine": engine.measure(),
    }
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    for what, figures in results.items():
        print(what, *(f"{name}={value}" for name, value in figures.items()))
    print(f"written to {OUTPUT}; shared machines are noisy: compare within one run")


if __name__ == "__main__":
    main()
