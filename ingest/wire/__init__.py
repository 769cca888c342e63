"""Wire formats, one file each, chosen by topic."""

from __future__ import annotations

from ingest.wire import native
from ingest.wire.message import Decoded, Rejection, RejectionReason

#: Payloads above this are rejected unread. Bytes; docs/wire.md.
MAX_PAYLOAD_BYTES = 65_536

_LEVELS = 4


def device_of(topic: str) -> str | None:
    """The device id that a topic names, or None for a topic of another form."""
    levels = topic.split("/")
    return levels[2] if len(levels) == _LEVELS and levels[:2] == ["tongxing", "v1"] else None


def decode(topic: str, payload: bytes) -> Decoded:
    """One message, by its topic's last level. Never raises."""
    decoder = native.DECODERS.get(topic.rpartition("/")[2])
    if decoder is None or device_of(topic) is None:
        return Rejection(reason=RejectionReason.UNKNOWN_TOPIC, detail="no such topic; docs/wire.md lists them")
    if len(payload) > MAX_PAYLOAD_BYTES:
        return Rejection(
            reason=RejectionReason.TOO_LARGE, detail=f"{len(payload)} bytes, at most {MAX_PAYLOAD_BYTES} are read"
        )
    return decoder(payload)
