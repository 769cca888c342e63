"""When deadlines may be judged: only when no reading that would move them can still be on its way."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from geofence.instants import instant
from ingest.batching import Batcher
from ingest.judged import Judged
from ingest.judging import Deadlines
from ingest.states import StateBook
from runtime.clock import Clock

#: Deadlines are judged only when the broker has nothing older waiting: so long without a message. Real seconds.
QUIET_S = 0.1
#: ... or when readings come in nearly as they happen. Scaled clock, seconds.
NEARLY_LIVE_S = 5.0
#: A person's deadlines wait so long at most for a backlog of theirs to be judged. Real seconds.
HELD_AT_MOST_S = 30.0


class Patience:
    """Waits with deadlines for the readings that may move them."""

    def __init__(self, batcher: Batcher, clock: Clock, caught_up: Callable[[], bool]) -> None:
        """`caught_up` says whether everything that the broker kept while we were away has come."""
        self._batcher, self._clock, self._caught_up = batcher, clock, caught_up
        #: Of all readings that were judged.
        self.newest_at: datetime | None = None
        #: Since when (monotonic) the deadline of a person has waited for a backlog.
        self._held_since_s: dict[int, float] = {}

    def heard(self, judged: Judged) -> None:
        """Note how far what was judged has come."""
        newest_at = max((heard.reading.at for heard in judged.heard), default=None)
        if judged.quiet is not None:
            quiet_at = instant(int(judged.quiet.fixes.at_us.max()))
            newest_at = quiet_at if newest_at is None else max(quiet_at, newest_at)
        if newest_at is not None and (self.newest_at is None or newest_at > self.newest_at):
            self.newest_at = newest_at

    def passed(self, book: StateBook) -> Deadlines | None:
        """Deadlines that may be judged now: not while the readings that would move them may still be waiting."""
        now, due_at = self._clock.now(), book.next_due()
        if due_at is None or due_at > now or not self._caught_up():
            return None
        live = self.newest_at is not None and (now - self.newest_at).total_seconds() < NEARLY_LIVE_S
        if self._batcher.quiet_for_s() < QUIET_S and (not live or self._batcher.waiting_live):
            return None
        due = book.take_due(now, unless=self._may_be_moved)
        return Deadlines(person_ids=due, until=now) if due else None

    def _may_be_moved(self, person_id: int) -> bool:
        """Whether somebody's deadline still waits for a backlog of theirs; not for one that never ends."""
        now_s = time.monotonic()
        if not self._batcher.waits_for(person_id):
            self._held_since_s.pop(person_id, None)
            return False
        return now_s - self._held_since_s.setdefault(person_id, now_s) < HELD_AT_MOST_S
