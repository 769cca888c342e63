"""What a finder may tell, and how often. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from alerts.errors import AlertsError

#: Reports from one address through one link within the window. Count; a finder corrects a report once or twice.
MOST_BY_ONE = 5
#: Reports through one link within the window, from everybody. Count; a sheet on a market is seen by hundreds.
MOST_BY_ALL = 60
#: The window. Real minutes. Provisional, as both counts.
WINDOW_MIN = 15
#: Longest note and place. Characters.
NOTE_LENGTH, PLACE_LENGTH, CALLBACK_LENGTH = 1_000, 200, 40


class TooManyReports(AlertsError):  # noqa: N818 - reads as the answer it is
    """Too many reports in a short while."""


class Said(StrEnum):
    """What a report says of where."""

    #: By the finder's device, with their consent.
    DEVICE = "device"
    WORDS = "words"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a finder told."""

    place: str = ""
    note: str = ""
    callback: str = ""
    #: Of the finder's device; WGS-84, degrees.
    latitude: float | None = None
    longitude: float | None = None
    accuracy_m: float | None = None

    @property
    def said(self) -> Said:
        """How it says where."""
        if self.latitude is not None:
            return Said.DEVICE
        return Said.WORDS if self.place else Said.NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Reports of the last `WINDOW_MIN` real minutes."""

    by_one: int
    by_all: int


def check_rate(counts: Counts) -> None:
    """Refuse one report too many.

    Raises:
        TooManyReports: from this address, or through this link.
    """
    if counts.by_one >= MOST_BY_ONE or counts.by_all >= MOST_BY_ALL:
        raise TooManyReports(f"too many reports in {WINDOW_MIN} minutes; in danger call 110 or 120")
