"""Native wire format, version 1: one object a message, as JSON or CBOR; which decoder a topic's last level has."""

from __future__ import annotations

from ingest.wire import backlog, cbor
from ingest.wire.bodies import DECODERS
from ingest.wire.fields import RefusedError
from ingest.wire.message import Decoded, Rejection, RejectionReason

_LEVELS = 4


def device_of(levels: list[str]) -> str | None:
    """`tongxing/v1/{device}/...`."""
    return levels[2] if len(levels) == _LEVELS and levels[1] == "v1" else None


def decode(levels: list[str], payload: bytes) -> tuple[Decoded, ...]:
    """One message, by its topic's last level. Never raises."""
    level = levels[-1]
    if level != backlog.LEVEL and level not in DECODERS:
        return (Rejection(reason=RejectionReason.UNKNOWN_TOPIC, detail="no such topic; docs/wire.md lists them"),)
    if cbor.begins(payload):
        try:
            payload = cbor.as_json(payload)
        except RefusedError as refused:
            return (refused.rejection,)
    if level == backlog.LEVEL:
        return backlog.decode(payload)
    return (DECODERS[level](payload),)
