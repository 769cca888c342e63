"""How bad it is, and why: the maximum over all detections of an incident, each raised by its circumstances. Pure.

Being accompanied lowers a detection, and says so; what it is then lowered to stands in `alerts.kinds`. Where somebody
is near water or a railway the distance decides, so that a canal across the town raises nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from alerts import kinds
from alerts.kinds import Danger
from alerts.scale import Severity

__all__ = ["Accompanied", "Assessment", "Fact", "Raise", "Severity", "assess", "fact_of", "gravest", "own"]


class Raise(StrEnum):
    """A circumstance that makes it worse."""

    NIGHT = "night"
    #: Water, a railway, a fast road within reach.
    WATER = "water"
    RAIL = "rail"
    HIGHWAY = "highway"
    #: Cold enough to harm whoever stays out.
    COLD = "cold"
    #: The device fell silent while the person was out, or about to be.
    SILENCE = "silence"
    #: The device that shows the way will soon be flat.
    LOW_BATTERY = "low_battery"


class Accompanied(StrEnum):
    """Why a detection counts for less."""

    #: Somebody said: they are out with me.
    COMPANY = "company"
    #: An outing that was planned and has not run out.
    OUTING = "outing"


#: So near a danger raises. Metres. Source: 8 of 11 dementia walkers found dead lay less than 500 m from home, drowning
#: first (Kochi autopsies, 2015); railways and fast roads are provisional, a few minutes' walk.
NEAR_M: Mapping[str, float] = MappingProxyType({Raise.WATER: 500.0, Raise.RAIL: 300.0, Raise.HIGHWAY: 300.0})
#: Out in such an air temperature raises. Degrees Celsius. Source: cold stress begins at 5 °C in light clothes
#: (ISO 11079 and its use in public guidance); provisional.
COLD_C = 5.0
#: A bracelet below this may go dark before somebody comes. Per cent; the engine's own critical level; provisional.
FLAT_PCT = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What severity needs to know of one detection."""

    kind: str
    reason: str
    night: bool = False
    #: Water, rail or highway within reach; None: nothing near.
    danger: Raise | None = None
    cold: bool = False
    #: The bracelet's own battery at that moment was nearly empty.
    flat: bool = False
    #: Somebody was known to be with them.
    accompanied: Accompanied | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A severity and the machine words that explain it: the leading kind, what raised it, what lowered it."""

    severity: Severity
    reasons: tuple[str, ...]


def fact_of(kind: str, reason: str, evidence: Mapping[str, Any], *, accompanied: Accompanied | None = None) -> Fact:
    """The fact in a detection's evidence; what is missing or no number raises nothing."""
    temperature_c, battery_pct = _number(evidence.get("temperature_c")), _number(evidence.get("battery_pct"))
    return Fact(
        kind=kind,
        reason=reason,
        night=evidence.get("night") is True,
        danger=_near(evidence),
        cold=temperature_c is not None and temperature_c <= COLD_C,
        flat=battery_pct is not None and battery_pct <= FLAT_PCT,
        accompanied=accompanied,
    )


def _near(evidence: Mapping[str, Any]) -> Raise | None:
    kind, distance_m = evidence.get("danger_kind"), _number(evidence.get("danger_m"))
    if not isinstance(kind, str) or kind not in NEAR_M or distance_m is None or distance_m > NEAR_M[kind]:
        return None
    return Raise(kind)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def own(fact: Fact) -> Assessment:
    """One detection by itself."""
    return _with(fact, silence=False, battery=False)


def assess(facts: Iterable[Fact]) -> Assessment:
    """All detections of an incident together; the first of two equals explains.

    Raises:
        ValueError: no detection at all.
    """
    together = list(facts)
    silence = any(fact.kind == "silence" for fact in together)
    battery = any(fact.kind == "low_battery" for fact in together)
    return max(
        (_with(fact, silence=silence, battery=battery) for fact in together),
        key=lambda found: found.severity.rank,
    )


def gravest(facts: Iterable[Fact]) -> Fact:
    """The detection that names the incident: the worst by itself, the first of two equals."""
    return max(facts, key=lambda fact: own(fact).severity.rank)


def _with(fact: Fact, *, silence: bool, battery: bool) -> Assessment:
    """One detection among others: a silent or nearly flat bracelet makes being out worse."""
    row = kinds.row(fact.kind, fact.reason)
    if fact.accompanied is not None and row.accompanied is not None:
        return Assessment(severity=row.accompanied, reasons=(fact.kind, fact.accompanied.value))
    severity = row.severity
    circumstances = list(_circumstances(fact, row.raised, silence=silence, battery=battery))
    for _ in circumstances:
        severity = severity.raised()
    return Assessment(severity=severity, reasons=(fact.kind, *(reason.value for reason in circumstances)))


def _circumstances(fact: Fact, raised: Danger, *, silence: bool, battery: bool) -> Iterable[Raise]:
    if raised is Danger.NOTHING:
        return
    if fact.night:
        yield Raise.NIGHT
    if fact.danger is not None and raised is not Danger.AT_A_DANGER:
        yield fact.danger
    if fact.cold:
        yield Raise.COLD
    if (silence and fact.kind != "silence") or fact.reason == "silent_while_suspected":
        yield Raise.SILENCE
    if battery or fact.flat:
        yield Raise.LOW_BATTERY
