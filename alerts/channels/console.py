"""Kind `log`: the text on standard output, for trying things out. Not the log: that one never names a person."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from alerts.channels.channel import Channel
from alerts.channels.settings import ChannelSettings
from alerts.envelope import Envelope
from alerts.outcome import Outcome, delivered, temporary

KIND = "log"
#: Messages under way at once. Count. One, so that lines do not mix.
LIMIT = 1


def problem(_: Mapping[str, Any]) -> str | None:
    """Nothing can be written wrong."""
    return None


def destination(_: Mapping[str, Any]) -> str:
    """The one console."""
    return KIND


class ConsoleSender:
    """Writes two lines a message."""

    def __init__(self, _: ChannelSettings) -> None: ...

    async def send(self, envelope: Envelope) -> Outcome:
        """Write one message."""
        try:
            sys.stdout.write(f"[{envelope.severity}] {envelope.title}\n    {envelope.body}\n")
            sys.stdout.flush()
        except OSError as error:
            return temporary(type(error).__name__)
        return delivered("written")

    async def close(self) -> None:
        """Nothing to give back."""


CHANNEL = Channel(kind=KIND, limit=LIMIT, problem=problem, destination=destination, open=ConsoleSender)
