"""What a score is held against. The figures are aims of the product, not of medicine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """One figure of a score and where it should be."""

    name: str
    #: Reads the figure out of a score; None where there was nothing to measure.
    read: Callable[[Mapping[str, Any]], float | None]
    #: At least this; else at most.
    at_least: bool
    bound: float
    unit: str = ""
    digits: int = 2

    def reached(self, score: Mapping[str, Any]) -> bool | None:
        """Whether the figure is where it should be; None: nothing to measure."""
        value = self.read(score)
        if value is None:
            return None
        return value >= self.bound if self.at_least else value <= self.bound

    def shown(self, value: float | None) -> str:
        """With its unit, for people."""
        if value is None:
            return "–"
        return f"{value:.0%}" if self.unit == "%" else f"{value:,.{self.digits}f} {self.unit}".strip()


def _recall(kind: str) -> Callable[[Mapping[str, Any]], float | None]:
    return lambda score: score["recall"].get(kind)


AIMS = (
    Aim(name="night exits found", read=_recall("zone_exit"), at_least=True, bound=1.0, unit="%"),
    Aim(name="calls for help (SOS) found", read=_recall("sos"), at_least=True, bound=1.0, unit="%"),
    Aim(name="falls found", read=_recall("fall"), at_least=True, bound=0.95, unit="%"),
    Aim(name="falls beside the bed found", read=_recall("bedside_fall"), at_least=True, bound=0.95, unit="%"),
    Aim(name="wandering found", read=_recall("wandering"), at_least=True, bound=0.9, unit="%"),
    Aim(
        name="false alerts a person and day",
        read=lambda score: score["false_alerts_per_person_day"],
        at_least=False,
        bound=0.05,
        digits=4,
    ),
    Aim(
        name="alerts a person and day, median",
        read=lambda score: score["median_alerts_per_person_day"],
        at_least=False,
        bound=1.0,
    ),
    Aim(name="messages lost", read=lambda score: score["messages_lost"], at_least=False, bound=0, digits=0),
    Aim(
        name="from a device's publish to a notification, p95",
        read=lambda score: score["publish_to_notification_ms"]["p95"],
        at_least=False,
        bound=2_000,
        unit="ms",
        digits=0,
    ),
)


def lines(score: Mapping[str, Any]) -> list[str]:
    """One line a figure, for a terminal."""
    mark = {True: "reached", False: "SHORT", None: "nothing to measure"}
    return [
        f"{aim.name:48} {aim.shown(aim.read(score)):>12}   {'at least' if aim.at_least else 'at most':>8} "
        f"{aim.shown(aim.bound):>9}   {mark[aim.reached(score)]}"
        for aim in AIMS
    ]
