"""Whether somebody is in the bed: its reports, debounced. A table of transitions, and what one report says.

The quality of a report is that of its vital signs (docs/wire.md), so an empty bed may well say 0: an empty report is
doubted only when it shows a pulse or breath, an occupied one only when it shows neither, nor movement, and says itself
that it trusts nothing. What is doubted moves nothing.
"""

from __future__ import annotations

from enum import StrEnum

from geofence.policy import Policy
from geofence.reading import BedReport, BedStatus


class Occupancy(StrEnum):
    """What is believed of the bed."""

    UNKNOWN = "unknown"
    #: Somebody is on it, not yet long enough to count.
    SETTLING = "settling"
    IN = "in"
    #: It is empty, not yet long enough to count.
    LEAVING = "leaving"
    OUT = "out"


class Word(StrEnum):
    """What a report, or time passing, says."""

    OCCUPIED = "occupied"
    EMPTY = "empty"
    #: Occupied for long enough.
    SETTLED = "settled"
    #: Empty for long enough.
    GONE = "gone"


#: (state, word) -> state. A pair that is absent changes nothing.
TRANSITIONS: dict[tuple[Occupancy, Word], Occupancy] = {
    (Occupancy.UNKNOWN, Word.OCCUPIED): Occupancy.SETTLING,
    # Nobody leaves a bed they have not been in.
    (Occupancy.UNKNOWN, Word.EMPTY): Occupancy.OUT,
    (Occupancy.SETTLING, Word.EMPTY): Occupancy.OUT,
    (Occupancy.SETTLING, Word.SETTLED): Occupancy.IN,
    (Occupancy.IN, Word.EMPTY): Occupancy.LEAVING,
    (Occupancy.LEAVING, Word.OCCUPIED): Occupancy.IN,
    (Occupancy.LEAVING, Word.GONE): Occupancy.OUT,
    (Occupancy.OUT, Word.OCCUPIED): Occupancy.SETTLING,
}


def said(report: BedReport, policy: Policy) -> Word | None:
    """What one report says about the bed; None when it cannot tell or is doubted."""
    if report.status is BedStatus.FAULT:
        return None
    if report.status is BedStatus.EMPTY:
        return None if alive(report) and trusted(report, policy) else Word.EMPTY
    shows_somebody = alive(report) or bool(report.movement_pct) or trusted(report, policy)
    return Word.OCCUPIED if shows_somebody else None


def alive(report: BedReport) -> bool:
    """Whether it has a pulse or breath. Zero is no reading."""
    return bool(report.heart_rate_bpm) or bool(report.breathing_rate_bpm)


def trusted(report: BedReport, policy: Policy) -> bool:
    """Whether the bed trusts what it measured; one that does not say is trusted."""
    return report.quality_pct is None or report.quality_pct >= policy.bed_quality_least_pct
