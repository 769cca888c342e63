"""Native wire format, version 1: one object a message, as JSON or CBOR; which decoder a topic's last level has."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ingest.wire import backlog, cbor
from ingest.wire.bodies import DECODERS
from ingest.wire.fields import RefusedError
from ingest.wire.message import Decoded, Rejection, RejectionReason

_LEVELS = 4


def device_of(levels: list[str]) -> str | None:
    """`tongxing/v1/{device}/...`."""
    return levels[2] if len(levels) == _LEVELS and levels[1] == "v1" else None


def decoder(level: str) -> Callable[[bytes], tuple[Decoded, ...]]:
    """What reads the messages of a topic's last level. What it gives never raises."""
    if level == backlog.LEVEL:
        return partial(_as_json, backlog.decode)
    one = DECODERS.get(level, _of_no_such_level)

    def read(payload: bytes) -> tuple[Decoded, ...]:
        # Most are JSON: nobody else is asked about those.
        if payload.startswith(b"{"):
            return (one(payload),)
        return _as_json(lambda as_json: (one(as_json),), payload)

    return read


def decode(levels: list[str], payload: bytes) -> tuple[Decoded, ...]:
    """One message, by its topic's last level. Never raises."""
    return decoder(levels[-1])(payload)


def _as_json(read: Callable[[bytes], tuple[Decoded, ...]], payload: bytes) -> tuple[Decoded, ...]:
    """Read one message, written as JSON if it is CBOR."""
    if not payload.startswith(b"{") and cbor.begins(payload):
        try:
            payload = cbor.as_json(payload)
        except RefusedError as refused:
            return (refused.rejection,)
    return read(payload)


def _of_no_such_level(payload: bytes) -> Decoded:  # noqa: ARG001 - nothing of it is looked at
    return Rejection(reason=RejectionReason.UNKNOWN_TOPIC, detail="no such topic; docs/wire.md lists them")
