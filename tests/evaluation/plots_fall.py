"""Drawings of the falls' evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt

#: (a fall, score, peak in g) of each recording.
Points = Sequence[tuple[bool, float, float]]


def roc(path: Path, curves: Sequence[tuple[str, Points, float]]) -> None:
    """Sensitivity over false alarms for each set: the score, the peak alone, and both operating points."""
    figure, axes = plt.subplots(figsize=(7, 6))
    for (name, points, naive_g), colour in zip(curves, ("tab:blue", "tab:green"), strict=False):
        fall, score, peak = (np.array(column) for column in zip(*points, strict=True))
        fall = fall.astype(bool)
        axes.step(*_curve(fall, score), where="post", color=colour, label=f"{name}: score")
        axes.step(*_curve(fall, peak), where="post", color=colour, linestyle=":", label=f"{name}: peak alone")
        for values, threshold, marker in ((score, 0.5, "o"), (peak, naive_g, "x")):
            axes.plot((values[~fall] >= threshold).mean(), (values[fall] >= threshold).mean(), marker, color=colour)
    axes.set(
        xlabel="daily activities told as a fall (share)",
        ylabel="falls found (share)",
        xlim=(0, 0.6),
        ylim=(0.6, 1.005),
        title="Falls by young people on mattresses; dots: thresholds as shipped",
    )
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)


def _curve(fall: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(-values, kind="stable")
    found = np.cumsum(fall[order]) / max(1, fall.sum())
    alarms = np.cumsum(~fall[order]) / max(1, (~fall).sum())
    return np.concatenate([[0.0], alarms]), np.concatenate([[0.0], found])
