"""The classes of data that are kept for different times, and the tables of each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import LiteralString

from api.keeping.settings import KeepingSettings


class DataClass(StrEnum):
    """What is kept equally long."""

    POSITIONS = "positions"
    DEVICE_REPORTS = "device_reports"
    VITAL_SIGNS = "vital_signs"
    REJECTED = "rejected"
    MESSAGES = "messages"
    INCIDENTS = "incidents"
    ACCESSES = "accesses"
    DEVICE_HOURS = "device_hours"
    PERSON_DAYS = "person_days"


#: Series in daily parts.
SERIES: Mapping[DataClass, tuple[LiteralString, ...]] = {
    DataClass.POSITIONS: ("locations",),
    DataClass.DEVICE_REPORTS: ("heartbeats",),
    DataClass.VITAL_SIGNS: ("bed_reports",),
    DataClass.REJECTED: ("quarantine",),
}
#: Small tables of ingest.
TABLES: Mapping[DataClass, tuple[LiteralString, ...]] = {
    DataClass.DEVICE_REPORTS: ("commands",),
    DataClass.INCIDENTS: ("detections", "safety_events"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """How long one class is kept."""

    data_class: DataClass
    #: 0: for ever.
    keep_days: int

    def cutoff(self, at: datetime) -> datetime | None:
        """What is older goes at that instant; whole days of UTC, as the parts are. None: nothing goes."""
        if self.keep_days == 0:
            return None
        midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=self.keep_days)

    def goes_on(self, newest: datetime) -> datetime | None:
        """The first midnight at which something as old as this goes."""
        if self.keep_days == 0:
            return None
        midnight = newest.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(days=self.keep_days + 1)


def terms(settings: KeepingSettings) -> list[Term]:
    """The term of each class, as the settings have it."""
    return [Term(data_class=each, keep_days=getattr(settings, f"keep_{each}_days")) for each in DataClass]
