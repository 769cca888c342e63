"""One message up, as a device hands it to MQTT (docs/wire.md)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ROOT = "tongxing/v1"


class Kind(StrEnum):
    """Last level of the topic."""

    LOCATION = "location"
    HEARTBEAT = "heartbeat"
    BED = "bed"
    EVENT = "event"
    STATUS = "status"
    ANSWER = "answer"
    #: Readings of an outage, many in one message.
    BACKLOG = "backlog"


class Wire(StrEnum):
    """The format a device speaks."""

    NATIVE = "native"
    OWNTRACKS = "owntracks"
    WATCH = "watch"


#: What is stored as a reading; the others are about the device itself.
READINGS = frozenset({Kind.LOCATION, Kind.HEARTBEAT, Kind.BED, Kind.EVENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message up; `published_at` is added when it is first handed over."""

    device_id: str
    kind: Kind
    #: Fields of docs/wire.md, `at` and `seq` among them, whatever the format.
    body: dict[str, object]
    #: Said once more, by the device because no acknowledgement was heard, or by its modem: not a new reading.
    repeated: bool = False
    wire: Wire = Wire.NATIVE
    #: Of MQTT. Old firmware asks for no answer to its heartbeats.
    qos: int = 1

    @property
    def topic(self) -> str:
        """Where it is published in the native format; others: `simulators.devices.formats`."""
        return f"{ROOT}/{self.device_id}/{self.kind}"

    @property
    def parts(self) -> list[dict[str, object]]:
        """The readings of a backlog."""
        held = self.body.get("readings")
        return held if isinstance(held, list) else []

    @property
    def readings(self) -> int:
        """How many readings it holds."""
        return len(self.parts) if self.kind is Kind.BACKLOG else int(self.kind in READINGS)
