"""When ingest listened, and when it was away: what `geofence.absence` is told.

Ingest listens while messages come, or while every session is connected and what the broker had kept has come. A span
of listening is a row that is carried on with the commits, so that a process that is killed leaves behind until when it
listened. Whoever starts, or finds the broker or the database again, compares that with the time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog

from geofence.absence import Absence, between

log = structlog.get_logger(__name__)

#: Shorter gaps are none: a restart, or a broker that was away for a moment. Devices keep what they could not send, and
#: a bracelet speaks every few minutes. Scaled clock. Provisional.
AWAY_LEAST = timedelta(minutes=2)
#: While only the database was away the broker kept everything, in order; so long it is still live when it comes.
#: Source: `live_max_age` (geofence.thresholds.order). Scaled clock; settled.
WAITED_LEAST = timedelta(minutes=10)
#: The row is carried on this often, and with every commit that concludes something. Real seconds.
WRITE_EVERY_S = 1.0

Span = tuple[datetime, datetime]


class Listening:
    """The spans in which we listened, the last of which goes on."""

    def __init__(self, spans: Iterable[Span] = (), *, least: timedelta = AWAY_LEAST) -> None:
        """`spans` as stored, oldest first; `least` is what the gap since then must exceed to be one."""
        spans = list(spans)
        #: Newest last.
        self.absences: tuple[Absence, ...] = between(spans, AWAY_LEAST)
        self._since = spans[-1][0] if spans else None
        self._until = max((until for _, until in spans), default=None)
        self._least = least
        self._interrupted = True
        self._written_s: float | None = None

    def lost(self) -> None:
        """Nothing can be heard at the moment."""
        if not self._interrupted:
            self._interrupted, self._least = True, AWAY_LEAST

    def heard(self, now: datetime) -> Absence | None:
        """We listen at this instant; the absence that this ends, if it does."""
        absence = None
        if self._interrupted:
            self._interrupted = False
            if self._until is not None and now - self._until > self._least:
                absence = Absence(since=self._until, until=now)
                self.absences = (*self.absences, absence)
                log.warning("we_were_away", since=absence.since.isoformat(), seconds=absence.lasted.total_seconds())
            if absence is not None or self._since is None:
                self._since, self._written_s = now, None
        self._until = now if self._until is None else max(self._until, now)
        return absence

    @property
    def unwritten(self) -> bool:
        """Whether the row should be carried on, even if there is nothing else to write."""
        if self._interrupted or self._since is None:
            return False
        return self._written_s is None or time.monotonic() - self._written_s >= WRITE_EVERY_S

    def row(self, now: datetime, *, concluding: bool) -> Span | None:
        """What a commit writes: what it concludes was concluded while we listened. None: nothing."""
        if self._interrupted or self._since is None or self._until is None or not (concluding or self.unwritten):
            return None
        self._until = max(self._until, now)
        return self._since, max(self._since, self._until)

    def written(self) -> None:
        """The row is committed."""
        self._written_s = time.monotonic()
