"""What a channel is: the interface that `alerts.delivery` uses. One file beside this one is one channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from alerts.channels.settings import ChannelSettings
from alerts.envelope import Envelope
from alerts.outcome import Outcome


class Sender(Protocol):
    """Hands messages to one kind of service. It answers with an `Outcome` and does not raise for the expected."""

    async def send(self, envelope: Envelope) -> Outcome:
        """Hand one message over; it is cancelled when it takes too long."""
        ...

    async def close(self) -> None:
        """Give back connections and threads."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One kind of channel, as receivers' entries name it."""

    kind: str
    #: Messages under way at once over all services of this kind. Count.
    limit: int
    #: What is wrong with an entry, with what to write; None when it can be used.
    problem: Callable[[Mapping[str, Any]], str | None]
    #: What hangs together when it hangs. Carries no token.
    destination: Callable[[Mapping[str, Any]], str]
    #: A sender.
    open: Callable[[ChannelSettings], Sender]
    #: Which settings this machine lacks for it, with what to write; None when it can be used.
    missing: Callable[[ChannelSettings], str | None] = lambda _: None
