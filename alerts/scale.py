"""The noun `Severity`: how fast somebody must act."""

from __future__ import annotations

from enum import StrEnum


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
