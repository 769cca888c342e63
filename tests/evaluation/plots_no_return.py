"""A plot of `no_return`: how long each person's absences at night last, told and not told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt


def absences(file: Path, back_min: Sequence[float], gone_told_after_min: Sequence[float]) -> None:
    """How long absences lasted that ended by themselves, and after how long the others were told.

    Args:
        file: the picture to write; its folder is made.
        back_min: minutes of every absence that ended by itself.
        gone_told_after_min: minutes from leaving to the first word, of every absence that did not.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    figure, axes = plt.subplots(figsize=(7, 4))
    edges = list(range(0, 61, 1))
    axes.hist([min(minutes, 60) for minutes in back_min], bins=edges, color="#8aa", label="back by themselves")
    axes.hist(
        [min(minutes, 60) for minutes in gone_told_after_min], bins=edges, color="#c33", label="not back: told after"
    )
    axes.axvline(15, color="black", linewidth=0.8, linestyle=":")
    axes.set_xlabel("minutes out of bed at night")
    axes.set_ylabel("absences")
    axes.set_title("No return to bed: absences, and when the others were told")
    axes.legend()
    figure.tight_layout()
    figure.savefig(file, dpi=120)
    plt.close(figure)
