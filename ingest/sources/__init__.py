"""Where messages come from. A source hands over topic, payload and a way to acknowledge, and knows nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import msgspec


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """One message as it arrived. A struct, because one is made for every message: decision 0008."""

    topic: str
    payload: bytes
    #: Scaled clock, for judging.
    received_at: datetime
    #: Real time, for latency.
    received_wall: datetime
    #: Tells the broker that the message is safe; in order within its session.
    acknowledge: Callable[[], None]
    #: Another lane's business: only to be acknowledged, in its turn.
    skipped: bool = False


class Sink(Protocol):
    """Takes messages from a source."""

    def put(self, rank: int, *envelopes: Envelope) -> None:
        """Take messages, in the order of their coming; never waits."""
        ...


class Source(Protocol):
    """A supply of messages: one session of a broker."""

    @property
    def problem(self) -> str | None:
        """What is wrong with it, or None."""
        ...

    @property
    def caught_up(self) -> bool:
        """Whether what the broker kept while we were away has come by now."""
        ...

    async def run(self) -> None:
        """Supply messages until cancelled."""
        ...
