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


#: What is stored as a reading; the others are about the device itself.
READINGS = frozenset({Kind.LOCATION, Kind.HEARTBEAT, Kind.BED, Kind.EVENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message up; `published_at` is added when it is first handed over."""

    device_id: str
    kind: Kind
    #: Fields of docs/wire.md, `at` and `seq` among them.
    body: dict[str, object]
    #: A safety event said once more because no acknowledgement was heard: not a new reading.
    repeated: bool = False

    @property
    def topic(self) -> str:
        """Where it is published."""
        return f"{ROOT}/{self.device_id}/{self.kind}"
