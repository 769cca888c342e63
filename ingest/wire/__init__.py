"""Wire formats, one file each, chosen by the topic's first level."""

from __future__ import annotations

from types import ModuleType

from ingest.wire import backlog, native, owntracks, traccar, watch
from ingest.wire.message import Decoded, Rejection, RejectionReason

#: Payloads above this are rejected unread. Bytes; docs/wire.md.
MAX_PAYLOAD_BYTES = 65_536

#: First topic level -> format: a module with `device_of(levels)` and `decode(levels, payload)`.
FORMATS: dict[str, ModuleType] = {"tongxing": native, "owntracks": owntracks, "traccar": traccar, "watch": watch}


_BACKLOG = f"/{backlog.LEVEL}"


def device_of(topic: str) -> str | None:
    """The device id that a topic names, or None for a topic of another form."""
    levels = topic.split("/")
    wire_format = FORMATS.get(levels[0])
    device_id: str | None = None if wire_format is None else wire_format.device_of(levels)
    return device_id


def is_backlog(topic: str) -> bool:
    """Whether a topic is that of what was while a device was away."""
    return topic.endswith(_BACKLOG) and topic.startswith("tongxing/")


def decode(topic: str, payload: bytes) -> tuple[Decoded, ...]:
    """What one message says: one thing or more, in order. Never raises."""
    if device_of(topic) is None:
        return _rejected(RejectionReason.UNKNOWN_TOPIC, "no such topic; docs/wire.md lists them")
    if len(payload) > MAX_PAYLOAD_BYTES:
        return _rejected(RejectionReason.TOO_LARGE, f"{len(payload)} bytes, at most {MAX_PAYLOAD_BYTES} are read")
    levels = topic.split("/")
    decoded: tuple[Decoded, ...] = FORMATS[levels[0]].decode(levels, payload)
    return decoded


def _rejected(reason: RejectionReason, detail: str) -> tuple[Decoded, ...]:
    return (Rejection(reason=reason, detail=detail),)
