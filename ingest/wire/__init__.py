"""Wire formats, one file each, chosen by the topic's first level."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from types import ModuleType

import msgspec

from geofence.reading import ReadingKind
from ingest.wire import backlog, native, owntracks, traccar, watch
from ingest.wire.message import Decoded, Rejection, RejectionReason

#: Payloads above this are rejected unread. Bytes; docs/wire.md.
MAX_PAYLOAD_BYTES = 65_536
#: Topics that are remembered, 250 bytes each. Looking at another costs 1.5 µs; where that counts, under load, quiet
#: fixes are found by their seat (`ingest.seats`). Count.
ROUTES = 8_192
#: Last levels that are remembered, those that do not exist included. Count.
LEVELS = 32

#: First topic level -> format: a module with `device_of(levels)` and `decode(levels, payload)`.
FORMATS: dict[str, ModuleType] = {"tongxing": native, "owntracks": owntracks, "traccar": traccar, "watch": watch}


class Route(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a topic says of its messages, before any is looked at."""

    #: None for a topic of another form.
    device_id: str | None
    decode: Callable[[bytes], tuple[Decoded, ...]]
    #: What was while a device was away.
    is_backlog: bool = False
    #: One native fix a message: many of them are read at once (`ingest.wire.columns`).
    is_location: bool = False
    #: Of another maker: the topic's first level; None: ours.
    foreign: str | None = None


@lru_cache(maxsize=ROUTES)
def route(topic: str) -> Route:
    """How the messages of a topic are read: looked up by the whole topic, because most have been heard before."""
    levels = topic.split("/")
    wire_format = FORMATS.get(levels[0])
    device_id: str | None = None if wire_format is None else wire_format.device_of(levels)
    if wire_format is None or device_id is None:
        return Route(device_id=None, decode=_of_no_such_topic)
    if wire_format is native:
        return Route(
            device_id=device_id,
            decode=_natively(levels[-1]),
            is_backlog=levels[-1] == backlog.LEVEL,
            is_location=levels[-1] == ReadingKind.LOCATION,
        )
    decode = partial(wire_format.decode, levels)
    return Route(device_id=device_id, decode=_bounded(decode), foreign=levels[0])


def device_of(topic: str) -> str | None:
    """The device id that a topic names, or None for a topic of another form."""
    return route(topic).device_id


def is_backlog(topic: str) -> bool:
    """Whether a topic is that of what was while a device was away."""
    return route(topic).is_backlog


def decode(topic: str, payload: bytes) -> tuple[Decoded, ...]:
    """What one message says: one thing or more, in order. Never raises."""
    return route(topic).decode(payload)


@lru_cache(maxsize=LEVELS)
def _natively(level: str) -> Callable[[bytes], tuple[Decoded, ...]]:
    """One reader for the same level of every device: a hundred thousand of them would take 60 MB."""
    return _bounded(native.decoder(level))


def _bounded(decoder: Callable[[bytes], tuple[Decoded, ...]]) -> Callable[[bytes], tuple[Decoded, ...]]:
    """A decoder that leaves what is too large unread."""

    def decode(payload: bytes) -> tuple[Decoded, ...]:
        if len(payload) > MAX_PAYLOAD_BYTES:
            return _rejected(RejectionReason.TOO_LARGE, f"{len(payload)} bytes, at most {MAX_PAYLOAD_BYTES} are read")
        return decoder(payload)

    return decode


def _of_no_such_topic(payload: bytes) -> tuple[Decoded, ...]:  # noqa: ARG001 - nothing of it is looked at
    return _rejected(RejectionReason.UNKNOWN_TOPIC, "no such topic; docs/wire.md lists them")


def _rejected(reason: RejectionReason, detail: str) -> tuple[Decoded, ...]:
    return (Rejection(reason=reason, detail=detail),)
