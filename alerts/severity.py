"""How bad it is, and why: the maximum over all detections of an incident, each raised by its circumstances. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Severity(StrEnum):
    """How fast somebody must act, least first."""

    #: When there is time.
    INFO = "info"
    #: Today.
    WARNING = "warning"
    #: Now.
    URGENT = "urgent"
    #: Now, and by more people than one.
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the least."""
        return _ORDER.index(self)

    def raised(self) -> Severity:
        """One step worse; critical stays critical."""
        return _ORDER[min(self.rank + 1, len(_ORDER) - 1)]


_ORDER = tuple(Severity)

#: What a detection is by itself. Source: design section 7 and the programme's duty rules; provisional.
BASE: Mapping[str, Severity] = MappingProxyType(
    {
        "sos": Severity.CRITICAL,
        "zone_exit": Severity.URGENT,
        "low_battery": Severity.INFO,
        "zone_enter": Severity.INFO,
    }
)
#: ... unless its reason says more.
BASE_BY_REASON: Mapping[tuple[str, str], Severity] = MappingProxyType(
    {("low_battery", "below_critical"): Severity.WARNING}
)
#: A kind this version has no line for is shown to somebody rather than swallowed.
UNKNOWN_KIND = Severity.WARNING
#: Kinds that speak of danger to the person; circumstances raise only these.
RAISED_KINDS = frozenset({"zone_exit"})


class Raise(StrEnum):
    """A circumstance that makes it worse."""

    NIGHT = "night"
    #: The device fell silent while an exit was suspected.
    SILENCE = "silence"
    #: The device that shows the way will soon be flat.
    LOW_BATTERY = "low_battery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What severity needs to know of one detection."""

    kind: str
    reason: str
    night: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A severity and the machine words that explain it: the leading kind, then what raised it."""

    severity: Severity
    reasons: tuple[str, ...]


def own(fact: Fact) -> Assessment:
    """One detection by itself."""
    base = BASE_BY_REASON.get((fact.kind, fact.reason)) or BASE.get(fact.kind, UNKNOWN_KIND)
    return _raised(fact.kind, base, [*_circumstances(fact)])


def assess(facts: Iterable[Fact]) -> Assessment:
    """All detections of an incident together; the first of two equals explains.

    Raises:
        ValueError: no detection at all.
    """
    together = list(facts)
    battery = any(fact.kind == "low_battery" for fact in together)
    return max(
        (_with_battery(fact, own(fact), battery=battery) for fact in together),
        key=lambda found: found.severity.rank,
    )


def gravest(facts: Iterable[Fact]) -> Fact:
    """The detection that names the incident: the worst by itself, the first of two equals."""
    return max(facts, key=lambda fact: own(fact).severity.rank)


def _with_battery(fact: Fact, found: Assessment, *, battery: bool) -> Assessment:
    if not battery or fact.kind not in RAISED_KINDS:
        return found
    return Assessment(severity=found.severity.raised(), reasons=(*found.reasons, Raise.LOW_BATTERY.value))


def _circumstances(fact: Fact) -> Iterable[Raise]:
    if fact.kind not in RAISED_KINDS:
        return
    if fact.night:
        yield Raise.NIGHT
    if fact.reason == "silent_while_suspected":
        yield Raise.SILENCE


def _raised(kind: str, base: Severity, circumstances: list[Raise]) -> Assessment:
    severity = base
    for _ in circumstances:
        severity = severity.raised()
    return Assessment(severity=severity, reasons=(kind, *(reason.value for reason in circumstances)))
