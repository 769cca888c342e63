"""The results of an evaluation for people: one table on standard output and in build/evaluation/table.md.

A result maps the metric names of docs/evaluation.md to numbers (or to numbers by class), with `naive`, `counts` and
`ci95` beside them. Drawings go into the same folder (`tests.evaluation.plots`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

#: Keys of a result that are no metric.
BESIDE = frozenset({"naive", "counts", "ci95", "on_demand", "cross_validated", "with_steps", "never_asked"})


def write(results: Mapping[str, Mapping[str, object]], folder: Path) -> None:
    """Print the table and write it into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(line for name, result in results.items() for line in lines(name, result))
    print(text)
    (folder / "table.md").write_text(f"```\n{text}\n```\n", encoding="utf-8")


def lines(name: str, result: Mapping[str, object]) -> list[str]:
    """One detection's part of the table."""
    naive, spread = _flat(result.get("naive")), _flat(result.get("ci95"))
    metrics = _flat({key: value for key, value in result.items() if key not in BESIDE})
    rows = [f"  {'metric':34} {'engine':>10} {'95 % interval':>22} {'naive':>10}"]
    rows += [
        f"  {metric:34} {_shown(value):>10} {_shown(spread.get(metric)):>22} {_shown(naive.get(metric)):>10}"
        for metric, value in metrics.items()
    ]
    return ["", f"{name}  {result.get('counts', '')}", *rows]


def _flat(value: object) -> dict[str, object]:
    """{"recall": {"pacing": 1}} as {"recall.pacing": 1}."""
    if not isinstance(value, Mapping):
        return {}
    flat: dict[str, object] = {}
    for key, inner in value.items():
        flat |= (
            {f"{key}.{name}": each for name, each in _flat(inner).items()}
            if isinstance(inner, Mapping)
            else {key: inner}
        )
    return flat


def _shown(value: object) -> str:
    if isinstance(value, list):
        return " to ".join(_shown(each) for each in value)
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)
