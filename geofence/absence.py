"""Spans in which we ourselves were away: nothing was heard of anybody, so nobody's silence in them means anything.

A deadline that passes while nobody listens is no evidence. It is put off until we have been back for as long as it
usually takes to hear of somebody, and never for longer than we were away::

    resumed = until + min(patience, until - since)

The spans come in as data, from whoever knows when it listened. They are applied when a deadline is judged, so that it
makes no difference when that is: the same readings and spans give the same detections. A detector puts its own
deadlines off (`excuse`); one that does not, such as a fall, is judged as if in time, because a call for help is told
however late.

Example: away from 02:00 to 02:00 of the next night. Silent since 01:50, with a patience of 15 min: due at 02:05, looked
at when we have been back for 15 min. Away for 5 min only: looked at 5 min after.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import overload

#: No deadline is put off for longer after we are back: the longest patience there is. Source: the upper bound of
#: `silence_most` (geofence.thresholds.silence); settled.
PATIENCE_MOST = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """One span in which we did not listen."""

    #: The last instant at which we did.
    since: datetime
    #: Back since.
    until: datetime

    @property
    def lasted(self) -> timedelta:
        """How long."""
        return self.until - self.since

    def concerns(self, at: datetime) -> bool:
        """Whether a deadline at this instant may have to be put off."""
        return self.since < at <= self.until + PATIENCE_MOST

    def resumed(self, patience: timedelta) -> datetime:
        """From when on silence counts again for somebody of whom we hear within `patience`."""
        return self.until + min(patience, self.lasted)

    @overload
    def put_off(self, deadline: datetime, patience: timedelta) -> datetime: ...

    @overload
    def put_off(self, deadline: None, patience: timedelta) -> None: ...

    @overload
    def put_off(self, deadline: datetime | None, patience: timedelta) -> datetime | None: ...

    def put_off(self, deadline: datetime | None, patience: timedelta) -> datetime | None:
        """The deadline as it counts: one from before we left, or that comes late enough, stays the same object."""
        if deadline is None or deadline <= self.since:
            return deadline
        return max(deadline, self.resumed(patience))


def between(spans: Iterable[tuple[datetime, datetime]], least: timedelta) -> tuple[Absence, ...]:
    """The absences between spans of listening, oldest first.

    Args:
        spans: from when until when we listened, in the order of their beginnings; they may overlap after a clock was
            set back.
        least: shorter gaps are none: what was sent meanwhile is kept for us, and comes in a moment.
    """
    found: list[Absence] = []
    gone: datetime | None = None
    for since, until in spans:
        if gone is not None and since - gone > least:
            found.append(Absence(since=gone, until=since))
        gone = until if gone is None else max(gone, until)
    return tuple(found)
