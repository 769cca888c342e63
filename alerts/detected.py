"""A detection as alerts reads it from the table.

Kinds and reasons are plain words here: a kind of a newer version is told to somebody, not refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from alerts.severity import Accompanied, Fact, fact_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """One row of `detections`, without the place itself: what a message may say of it stands in the evidence."""

    detection_id: UUID
    #: Whose reading fired it; None: a deadline passed.
    device_id: str | None = None
    kind: str
    reason: str
    #: Event time.
    at: datetime
    #: When the person was at the place the detection speaks of.
    place_at: datetime | None
    evidence: Mapping[str, Any]
    #: Somebody was known to be with them: a word of `Accompanied`.
    accompanied: str | None = None

    #: When its kind was first detected in the incident; None: not known.
    first_at: datetime | None = None

    @property
    def fact(self) -> Fact:
        """What severity needs to know of it."""
        accompanied = None if self.accompanied is None else Accompanied(self.accompanied)
        return fact_of(self.kind, self.reason, self.evidence, accompanied=accompanied)
