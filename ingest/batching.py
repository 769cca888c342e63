"""Messages gathered into batches: by count or by age, the urgent ones first. Grows under load, shrinks when idle."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Hashable
from datetime import datetime

from ingest import settling
from ingest.lanes import BACKLOG
from ingest.settling import Backlog
from ingest.sources import Envelope
from runtime.clock import wall_now

#: While a batch is being committed the next one is gathered until it ends, or so many messages wait: then that is
#: judged meanwhile. Fewer would make small batches, and a commit costs as much as a hundred rows. Count; provisional.
AHEAD = 400


class Batcher:
    """Takes messages from every lane and hands them out in batches.

    A batch never waits for its age when nothing else is going on: it is `age_s` from the first message that came after
    the previous batch was taken, and a safety event ends the wait at once. A backlog fills the room that is left, and a
    batch with a safety event has none of it. While another batch is being committed (`committing`), one is handed out
    when enough wait for it to be worth while.
    """

    def __init__(
        self,
        *,
        messages: int,
        age_s: float,
        now: Callable[[], datetime] = wall_now,
        whose: Callable[[str], Hashable] = lambda topic: topic,
        settle_s: float = settling.SETTLE_S,
    ) -> None:
        self._messages, self._age_s, self._ahead = messages, age_s, min(messages, AHEAD)
        self._ranks: tuple[deque[Envelope], ...] = (deque(), deque())
        self._backlog = Backlog(now=now, whose=whose, settle_s=settle_s)
        self._arrived = asyncio.Event()
        self._urgent = asyncio.Event()
        #: Whether a batch is worth while now: none is being committed, or enough wait.
        self._worth = asyncio.Event()
        self._worth.set()
        self._is_committing = False
        self._last_put_s = time.monotonic()

    def put(self, rank: int, *envelopes: Envelope) -> None:
        """Take messages, in the order of their coming; never waits."""
        if rank == BACKLOG.rank:
            for envelope in envelopes:
                self._backlog.put(envelope)
            return
        self._ranks[rank].extend(envelopes)
        self._last_put_s = time.monotonic()
        self._arrived.set()
        if rank == 0 or self.waiting_live >= self._messages:
            self._urgent.set()
        if rank == 0 or self.waiting_live >= self._ahead:
            self._worth.set()

    def committing(self, is_committing: bool) -> None:
        """Another batch is being committed now, or no longer."""
        self._is_committing = is_committing
        if not is_committing:
            self._worth.set()
        elif not self._ranks[0] and self.waiting_live < self._ahead:
            self._worth.clear()

    def __len__(self) -> int:
        """Messages waiting."""
        return self.waiting_live + len(self._backlog)

    @property
    def waiting_live(self) -> int:
        """Messages waiting but for the backlog."""
        return len(self._ranks[0]) + len(self._ranks[1])

    def waits_for(self, person: Hashable) -> bool:
        """Whether some of the backlog of a person is waiting."""
        return self._backlog.waits_for(person)

    def quiet_for_s(self) -> float:
        """Seconds (real) since the last message but for the backlog came, 0 while some are waiting."""
        return 0.0 if self.waiting_live else time.monotonic() - self._last_put_s

    async def next(self, *, wait_s: float) -> list[Envelope]:
        """The next batch; empty if nothing came within `wait_s`."""
        ready_in_s = self._backlog.ready_in_s()
        if not await _set_within(self._arrived, wait_s if ready_in_s is None else min(wait_s, ready_in_s)):
            return self._backlog.take()
        if not self._urgent.is_set() and self._age_s > 0 and ready_in_s != 0:
            await _set_within(self._urgent, self._age_s)
        if self._is_committing and ready_in_s != 0:
            await self._worth.wait()
        safety = bool(self._ranks[0])
        batch: list[Envelope] = []
        for waiting in self._ranks:
            while waiting and len(batch) < self._messages:
                batch.append(waiting.popleft())
        if not self.waiting_live:
            self._arrived.clear()
        if not self._ranks[0] and self.waiting_live < self._messages:
            self._urgent.clear()
        if self._is_committing and not self._ranks[0] and self.waiting_live < self._ahead:
            self._worth.clear()
        return batch if safety or len(batch) >= self._messages else batch + self._backlog.take()

    def took(self, seconds: float) -> None:
        """The last batch took so long (real): the backlog's share of the next one follows from it."""
        self._backlog.took(seconds)


async def _set_within(event: asyncio.Event, within_s: float) -> bool:
    if event.is_set():
        return True
    if within_s <= 0:
        return False
    try:
        await asyncio.wait_for(event.wait(), within_s)
    except TimeoutError:
        return False
    return True
