"""A detection as alerts reads it from the table.

Kinds and reasons are plain words here: a kind of a newer version is told to somebody, not refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from alerts.severity import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """One row of `detections`, without the place itself: what a message may say of it stands in the evidence."""

    detection_id: UUID
    kind: str
    reason: str
    #: Event time.
    at: datetime
    #: When the person was at the place the detection speaks of.
    place_at: datetime | None
    evidence: Mapping[str, Any]

    @property
    def fact(self) -> Fact:
        """What severity needs to know of it."""
        return Fact(kind=self.kind, reason=self.reason, night=self.evidence.get("night") is True)
