"""What became of the messages: distinct ones handed over, acknowledged by the broker, said again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from simulators.message import READINGS, Kind, Message


@dataclass(slots=True)
class Counts:
    """Counts of one run. A message is counted once, however often it had to be sent; a repeated event not at all."""

    published: Counter[Kind] = field(default_factory=Counter)
    acknowledged: Counter[Kind] = field(default_factory=Counter)
    #: Sent again because the connection broke before the broker's acknowledgement.
    resent: int = 0
    #: Safety events said again because Tongxing's own acknowledgement had not come.
    repeated: int = 0
    #: Telemetry thrown away because the broker was gone for too long.
    discarded: int = 0
    #: Connections that had to be made again.
    reconnected: int = 0

    def handed_over(self, message: Message, *, again: bool) -> None:
        """A message goes to the broker."""
        if again:
            self.resent += 1
        elif message.repeated:
            self.repeated += 1
        else:
            self._add(self.published, message)

    def arrived(self, message: Message) -> None:
        """The broker acknowledged a message."""
        if not message.repeated:
            self._add(self.acknowledged, message)

    def _add(self, counter: Counter[Kind], message: Message) -> None:
        """Readings of a backlog count as what they are."""
        if message.kind is not Kind.BACKLOG:
            counter[message.kind] += 1
            return
        counter[Kind.BACKLOG] += 1
        for reading in message.parts:
            counter[Kind(str(reading["kind"]))] += 1

    @property
    def readings_acknowledged(self) -> int:
        """Readings that the broker has."""
        return sum(count for kind, count in self.acknowledged.items() if kind in READINGS)

    def as_dict(self) -> dict[str, object]:
        """For the statistics file. `published` and `acknowledged` count readings; `by_kind` has the rest too."""
        return {
            "published": sum(count for kind, count in self.published.items() if kind in READINGS),
            "acknowledged": sum(count for kind, count in self.acknowledged.items() if kind in READINGS),
            "resent": self.resent,
            "repeated": self.repeated,
            "discarded": self.discarded,
            "reconnected": self.reconnected,
            "by_kind": {
                kind.value: {"published": self.published[kind], "acknowledged": self.acknowledged[kind]}
                for kind in Kind
            },
        }
