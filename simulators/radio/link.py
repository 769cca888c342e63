"""The way of a device's messages to the broker: outages, what is kept meanwhile, what is lost, what comes twice."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from simulators.message import READINGS, Kind, Message, Wire
from simulators.outage import Outage
from simulators.truth import Fate

#: Readings in one message of a backlog. Count; some 4 kB.
READINGS_A_MESSAGE = 25
#: Between two of them: a modem shares its line. Seconds.
BACKLOG_EVERY_S = 1.0
#: After an outage devices come back within so long: they look for the network now and then. Seconds.
RETURN_WITHIN_S = 60.0
#: A modem that missed the answer of the broker sends the message again. Share of messages of quality of service 1.
SHARE_TWICE = 0.001
#: Lost on the air, where the firmware asks for no answer. Share of messages of quality of service 0.
SHARE_LOST = 0.01


class Link:
    """One device's. Instants are unix seconds."""

    def __init__(self, *, device_id: str, rng: random.Random, keeps: int = 3_000) -> None:
        self.device_id = device_id
        #: When a backlog has more to say.
        self.due_s = math.inf
        self._rng = rng
        self._outages: list[Outage] = []
        self._kept: deque[Message] = deque(maxlen=keeps)
        self._events: list[Message] = []
        self._up_s = -math.inf
        self._counted = False

    def cut(self, outage: Outage) -> None:
        """The device is concerned by an outage."""
        self._outages.append(outage)
        self._up_s = max(self._up_s, outage.until_s)

    def down(self, at_s: float) -> Outage | None:
        """The outage that holds at an instant."""
        if not self._outages:
            return None
        return next((outage for outage in self._outages if outage.since_s <= at_s < outage.until_s), None)

    def carry(self, messages: Sequence[Message], at_s: float) -> list[tuple[Message, Fate]]:
        """What becomes of messages made now, and what comes out of the buffer.

        Returns:
            Each message with its fate; those published, returned or duplicated go to the broker.
        """
        if self._outages and (outage := self.down(at_s)) is not None:
            return [self._held(message, outage) for message in messages]
        fates: list[tuple[Message, Fate]] = []
        if self._kept or self._events:
            fates += self._returned(at_s)
        for message in messages:
            chance = self._rng.random()
            if message.qos == 0 and chance < SHARE_LOST:
                fates.append((message, Fate.LOST))
                continue
            fates.append((message, Fate.PUBLISHED))
            if message.qos and chance < SHARE_TWICE:
                fates.append((replace(message, repeated=True), Fate.DUPLICATED))
        return fates

    def _held(self, message: Message, outage: Outage) -> tuple[Message, Fate]:
        self.due_s = min(self.due_s, outage.until_s + self._rng.uniform(0, RETURN_WITHIN_S))
        if message.kind is Kind.EVENT:
            if not message.repeated:
                self._events.append(message)
            return message, Fate.LOST if message.repeated else Fate.BUFFERED
        if not outage.buffered or message.kind not in READINGS:
            return message, Fate.LOST
        self._kept.append(message)
        return message, Fate.BUFFERED

    def _returned(self, at_s: float) -> list[tuple[Message, Fate]]:
        """Safety events first and on their own topic; then a part of the rest, newest first."""
        if at_s < self.due_s:
            return []
        out = [(message, Fate.PUBLISHED) for message in self._events]
        self._events = []
        parts = [self._kept.pop() for _ in range(min(READINGS_A_MESSAGE, len(self._kept)))]
        if parts and parts[0].wire is not Wire.NATIVE:
            out += [(part, Fate.RETURNED) for part in parts]
        elif parts:
            readings = [{"kind": part.kind.value, **part.body} for part in parts]
            backlog = Message(device_id=self.device_id, kind=Kind.BACKLOG, body={"readings": readings})
            out.append((backlog, Fate.RETURNED))
        self.due_s = at_s + BACKLOG_EVERY_S if self._kept else math.inf
        return out
