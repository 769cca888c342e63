"""Where a backlog settles: messages of one person wait for each other, so that they can be judged in order.

A device back from an outage may send the newest first, and a person's bed and bracelet return together. Their messages
are kept by person for a moment (a bounded reorder window, decision 0010) and then handed out together, stamped with
one instant of arrival; within it, event time decides. Nothing that waits here is acknowledged, and acknowledgements
leave in the order in which the messages came, whoever's are done first.

How much is handed out at once follows from how long the last lot took, so that a safety event never waits longer than
a few hundredths of a second for a backlog's commit.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable
from datetime import datetime

import msgspec

from ingest.sources import Envelope

#: Messages wait so long for others of their person, from the first one's arrival. Real seconds.
SETTLE_S = 1.0
#: ... or until so many wait altogether: well within the broker's window of unacknowledged messages. Count.
CROWDED = 1_000
#: A batch that holds some of the backlog should take so long. Real seconds; the safety lane waits for one at most.
AIM_S = 0.06
#: Least and most of the backlog in a batch, and what it begins with. Bytes.
LEAST_BYTES, MOST_BYTES, FIRST_BYTES = 8_192, 1_048_576, 65_536
#: By so much the share may change from one batch to the next.
_SHRINK_TO, _GROW_TO = 0.5, 1.25


class Acknowledgements:
    """Acknowledges in the order of arrival, whatever the order in which messages are done."""

    def __init__(self) -> None:
        self._waiting: deque[_Ticket] = deque()

    def ticket(self, acknowledge: Callable[[], None]) -> Callable[[], None]:
        """The place of one message; call it when the message is done."""
        ticket = _Ticket(self, acknowledge)
        self._waiting.append(ticket)
        return ticket.done

    def leave(self) -> None:
        """Acknowledge those before which none is waiting."""
        while self._waiting and self._waiting[0].is_done:
            self._waiting.popleft().acknowledge()


class _Ticket:
    __slots__ = ("_order", "acknowledge", "is_done")

    def __init__(self, order: Acknowledgements, acknowledge: Callable[[], None]) -> None:
        self._order, self.acknowledge, self.is_done = order, acknowledge, False

    def done(self) -> None:
        self.is_done = True
        self._order.leave()


class _Group:
    """Messages of one person."""

    __slots__ = ("began_s", "envelopes")

    def __init__(self) -> None:
        self.began_s = time.monotonic()
        self.envelopes: deque[Envelope] = deque()


class Backlog:
    """Messages of the backlog lane, by person, the person who has waited longest first."""

    def __init__(self, *, now: Callable[[], datetime], whose: Callable[[str], Hashable], settle_s: float) -> None:
        """`now` gives the domain's time, `whose` the person of a topic, or anything that stands for a stranger."""
        self._now, self._whose, self._settle_s = now, whose, settle_s
        self._groups: dict[Hashable, _Group] = {}
        self._acknowledgements = Acknowledgements()
        self._count = 0
        self._bytes, self._taken_bytes = FIRST_BYTES, 0

    def __len__(self) -> int:
        """Messages waiting."""
        return self._count

    def waits_for(self, person: Hashable) -> bool:
        """Whether messages of somebody are waiting."""
        return person in self._groups

    def put(self, envelope: Envelope) -> None:
        """Take one message."""
        acknowledge = self._acknowledgements.ticket(envelope.acknowledge)
        group = self._groups.setdefault(self._whose(envelope.topic), _Group())
        group.envelopes.append(msgspec.structs.replace(envelope, acknowledge=acknowledge))
        self._count += 1

    def ready_in_s(self) -> float | None:
        """Real seconds until something has settled; 0 if something has, None if nothing waits."""
        if not self._groups:
            return None
        first = next(iter(self._groups.values()))
        if self._count >= CROWDED:
            return 0.0
        return max(0.0, first.began_s + self._settle_s - time.monotonic())

    def take(self) -> list[Envelope]:
        """What has settled, up to what a batch may hold; all of it is from one instant."""
        taken: list[Envelope] = []
        self._taken_bytes, now = 0, self._now()
        while self.ready_in_s() == 0.0 and self._taken_bytes < self._bytes:
            self._take_from_first(taken)
        return [msgspec.structs.replace(envelope, received_at=now) for envelope in taken]

    def took(self, seconds: float) -> None:
        """The batch with what was taken last took so long: take more or less the next time."""
        if self._taken_bytes:
            factor = min(_GROW_TO, max(_SHRINK_TO, AIM_S / max(seconds, 1e-6)))
            if factor < 1 or self._taken_bytes >= self._bytes:
                self._bytes = int(min(MOST_BYTES, max(LEAST_BYTES, self._bytes * factor)))
        self._taken_bytes = 0

    def _take_from_first(self, taken: list[Envelope]) -> None:
        key, group = next(iter(self._groups.items()))
        while group.envelopes and self._taken_bytes < self._bytes:
            envelope = group.envelopes.popleft()
            taken.append(envelope)
            self._taken_bytes += len(envelope.payload)
            self._count -= 1
        if not group.envelopes:
            del self._groups[key]
