"""The drawings of the score's page, as SVG text that needs nothing from anywhere."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl

mpl.use("svg")
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from simulators.scenes.spans import ZIBO
from simulators.scoring.matching import Judged, Outcome, Verdict

# Text stays text: it can be searched, and is read out.
_STYLE: Any = {"svg.fonttype": "none", "svg.hashsalt": "tongxing", "font.size": 11, "font.family": "sans-serif"}
#: Colours that differ in lightness too (Okabe and Ito).
GOOD, MIDDLE, BAD, PLAIN = "#0072b2", "#56b4e9", "#d55e00", "#999999"
_PARTS = (
    ("of an episode", GOOD, frozenset({Verdict.HIT})),
    ("explained by one", MIDDLE, frozenset({Verdict.EXPLAINED})),
    ("reminders", PLAIN, frozenset({Verdict.REMINDER})),
    ("false", BAD, frozenset({Verdict.FALSE, Verdict.FALSE_IN_QUIET})),
)


def recall(score: Mapping[str, Any]) -> str:
    """A bar a kind, with the counts beside it."""
    kinds = list(reversed(score["recall"]))
    figure, axes = _figure(0.34 * max(len(kinds), 2) + 0.7)
    shares = [score["recall"][kind] for kind in kinds]
    axes.barh(kinds, shares, color=[GOOD if share >= 1 else BAD for share in shares])
    for number, kind in enumerate(kinds):
        found, of = score["counts"]["found"][kind], score["counts"]["episodes"][kind]
        axes.text(1.02, number, f"{found} of {of}", va="center")
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    return _svg(figure, f"Share of episodes found, by kind: {len(kinds)} kinds")


def delays(outcomes: Sequence[Outcome]) -> str:
    """A dot an episode found."""
    kinds = sorted({one.episode.kind for one in outcomes if one.delay_s is not None}, reverse=True)
    figure, axes = _figure(0.34 * max(len(kinds), 2) + 0.9)
    for row, kind in enumerate(kinds):
        found = [one.delay_s / 60 for one in outcomes if one.episode.kind == kind and one.delay_s is not None]
        axes.scatter([max(value, 0.02) for value in found], [row] * len(found), color=GOOD, alpha=0.5, s=28)
    axes.set_yticks(range(len(kinds)), kinds)
    axes.set_ylim(-0.6, len(kinds) - 0.4)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel("minutes from what happened to its detection")
    return _svg(figure, "Delay of each episode that was found, in minutes")


def hours(alerts: Sequence[Judged]) -> str:
    """Alerts by the hour of the day."""
    figure, axes = _figure(2.9)
    below = [0] * 24
    for name, colour, verdicts in _PARTS:
        counts = Counter(one.alert.told_at.astimezone(ZIBO).hour for one in alerts if one.verdict in verdicts)
        heights = [counts[hour] for hour in range(24)]
        axes.bar(range(24), heights, bottom=below, color=colour, label=f"{name} ({sum(heights)})", width=0.9)
        below = [low + height for low, height in zip(below, heights, strict=True)]
    axes.set_xticks(range(0, 24, 3), [f"{hour:02}:00" for hour in range(0, 24, 3)])
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, fontsize=9, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return _svg(figure, "Alerts by hour of the day")


def persons(told: Sequence[int]) -> str:
    """How many persons had how many alerts; `told` has one number a person."""
    figure, axes = _figure(2.4)
    counts = Counter(min(number, 6) for number in told)
    axes.bar(range(7), [counts[number] for number in range(7)], color=GOOD, width=0.8)
    for number in range(7):
        axes.text(number, counts[number], f"{counts[number]}", ha="center", va="bottom", fontsize=9)
    axes.set_xticks(range(7), [*map(str, range(6)), "6 or more"])
    axes.set_xlabel("alerts about one person in the whole scene")
    axes.set_ylabel("persons")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    return _svg(figure, "Persons by the number of alerts about them")


def latency(took_ms: Sequence[float]) -> str:
    """How many notifications had left after how long."""
    figure, axes = _figure(2.4)
    ordered = sorted(took_ms)
    axes.step(ordered, [(number + 1) / len(ordered) for number in range(len(ordered))], where="post", color=GOOD)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("real milliseconds from a device's publish")
    return _svg(figure, "Share of notifications handed over, by real time")


def _figure(height_in: float) -> tuple[Figure, Axes]:
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(5.2, height_in), layout="constrained")
        axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Figure, says: str) -> str:
    text = io.StringIO()
    with mpl.rc_context(_STYLE):
        # No date: the same score draws the same picture.
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Title": says})
    drawn = text.getvalue()
    return drawn[drawn.index("<svg") :].replace("<svg ", f'<svg role="img" aria-label="{says}" ', 1)
