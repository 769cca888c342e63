"""The noun `Incident`: the open case of one person. How it moves stands in `alerts.lifecycle`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.lifecycle import State
from alerts.severity import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One case of one person, holding one or more detections."""

    incident_id: int
    #: None: of a whole area, `alerts.outage`.
    person_id: int | None
    state: State
    severity: Severity
    #: Why that severity, one machine word each.
    severity_reasons: tuple[str, ...]
    #: The gravest kind in it.
    kind: str
    kinds: tuple[str, ...]
    opened_at: datetime
    #: The ladder of its newest round, and that round's number; None and 0 before the first.
    ladder_id: str | None = None
    round: int = 0
