"""Messages gathered into batches: by count or by age, the urgent ones first. Grows under load, shrinks when idle."""

from __future__ import annotations

import asyncio
import time
from collections import deque

from ingest.sources import Envelope


class Batcher:
    """Takes messages from every lane and hands them out in batches.

    A batch never waits for its age when nothing else is going on: it is `age_s` from the first message that came after
    the previous batch was taken, and a safety event ends the wait at once.
    """

    def __init__(self, *, messages: int, age_s: float) -> None:
        self._messages, self._age_s = messages, age_s
        self._ranks: tuple[deque[Envelope], ...] = (deque(), deque())
        self._arrived = asyncio.Event()
        self._urgent = asyncio.Event()
        self._last_put_s = time.monotonic()

    def put(self, rank: int, envelope: Envelope) -> None:
        """Take one message; never waits."""
        self._ranks[rank].append(envelope)
        self._last_put_s = time.monotonic()
        self._arrived.set()
        if rank == 0 or len(self) >= self._messages:
            self._urgent.set()

    def __len__(self) -> int:
        """Messages waiting."""
        return sum(len(waiting) for waiting in self._ranks)

    def quiet_for_s(self) -> float:
        """Seconds (real) since the last message came, 0 while some are waiting."""
        return 0.0 if len(self) else time.monotonic() - self._last_put_s

    async def next(self, *, wait_s: float) -> list[Envelope]:
        """The next batch; empty if nothing came within `wait_s`."""
        if not await _set_within(self._arrived, wait_s):
            return []
        if not self._urgent.is_set() and self._age_s > 0:
            await _set_within(self._urgent, self._age_s)
        batch: list[Envelope] = []
        for waiting in self._ranks:
            while waiting and len(batch) < self._messages:
                batch.append(waiting.popleft())
        if not len(self):
            self._arrived.clear()
        if not self._ranks[0] and len(self) < self._messages:
            self._urgent.clear()
        return batch


async def _set_within(event: asyncio.Event, within_s: float) -> bool:
    if event.is_set():
        return True
    try:
        await asyncio.wait_for(event.wait(), within_s)
    except TimeoutError:
        return False
    return True
