"""Drawings that every evaluation shares: how late alerts are, and how often each person is told for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
from matplotlib import pyplot as plt

#: Where they go.
FOLDER = Path("build/evaluation")
COLOURS = ("tab:blue", "tab:gray", "tab:green", "tab:red")


def delays(name: str, title: str, unit: str, curves: Mapping[str, Sequence[float]]) -> None:
    """The share of alerts told within so long, one curve a rule.

    Args:
        name: of the file, without its ending.
        title: above the drawing.
        unit: of the delays, under the axis.
        curves: delays by rule; a rule that told nothing is left out.
    """
    figure, axes = plt.subplots(figsize=(7, 4.5))
    for (label, values), colour in zip(curves.items(), COLOURS, strict=False):
        if values:
            ordered = np.sort(np.asarray(values, dtype=float))
            axes.step(ordered, np.arange(1, len(ordered) + 1) / len(ordered), where="post", color=colour, label=label)
    axes.set(xlabel=f"delay, {unit}", ylabel="share told by then", ylim=(0, 1.02), title=title)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    _save(figure, name)


def per_person(name: str, title: str, unit: str, rates: Mapping[str, Sequence[float]]) -> None:
    """False alerts of each person, the most disturbed first, one group of bars a rule.

    Args:
        name: of the file, without its ending.
        title: above the drawing.
        unit: of the rates, beside the axis.
        rates: by rule, one rate a person in the same order. Ordered by the first rule.
    """
    order = np.argsort(-np.asarray(next(iter(rates.values())), dtype=float), kind="stable")
    figure, axes = plt.subplots(figsize=(8, 4.5))
    width = 0.8 / len(rates)
    for number, ((label, values), colour) in enumerate(zip(rates.items(), COLOURS, strict=False)):
        heights = np.nan_to_num(np.asarray(values, dtype=float)[order])
        axes.bar(np.arange(len(heights)) + number * width, heights, width, color=colour, label=label)
    axes.set(xlabel="persons, the most disturbed first", ylabel=unit, title=title)
    axes.set_xticks([])
    axes.grid(axis="y", alpha=0.3)
    axes.legend()
    _save(figure, name)


def _save(figure: plt.Figure, name: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    figure.tight_layout()
    figure.savefig(FOLDER / f"{name}.png", dpi=120)
    plt.close(figure)
