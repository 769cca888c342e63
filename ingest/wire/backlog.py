"""What a device says after an outage of what was meanwhile: many readings in one message, or one, in any order.

Each reading is the object that its own topic would have carried, with `kind` for the topic's last level. What is wrong
with one of them costs that one.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from ingest.wire.bodies import (
    DECODERS,
    BedBody,
    HeartbeatBody,
    LocationBody,
    bed_report,
    heartbeat_report,
    location_report,
    malformed,
    rejected,
)
from ingest.wire.fields import RefusedError
from ingest.wire.message import Decoded, Rejection, RejectionReason

#: Last level of the topic.
LEVEL = "backlog"
#: Kinds that a backlog may hold. What a device says of itself now is no backlog.
KINDS = ("location", "heartbeat", "bed", "event")


class _Location(LocationBody, tag_field="kind", tag="location"):
    pass


class _Heartbeat(HeartbeatBody, tag_field="kind", tag="heartbeat"):
    pass


class _Bed(BedBody, tag_field="kind", tag="bed"):
    pass


class _Readings(Struct):
    """The whole of a usual message, in one go."""

    readings: list[_Location | _Heartbeat | _Bed]


class _Parts(Struct):
    """A message of which something must be looked at one by one."""

    readings: list[Raw] | UnsetType = UNSET


class _Kind(Struct):
    kind: str


_WHOLE = msgspec.json.Decoder(_Readings)
_PARTS = msgspec.json.Decoder(_Parts)
_KIND = msgspec.json.Decoder(_Kind)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decode(payload: bytes) -> tuple[Decoded, ...]:
    """Every reading of a message, in the order in which it stands there. Never raises."""
    try:
        return tuple([_report(told) for told in _WHOLE.decode(payload).readings]) or _empty()
    except (RefusedError, *_UNREADABLE):
        return _one_by_one(payload)


def _report(told: _Location | _Heartbeat | _Bed) -> Decoded:
    if isinstance(told, _Bed):
        return bed_report(told)
    return location_report(told) if isinstance(told, _Location) else heartbeat_report(told)


def _one_by_one(payload: bytes) -> tuple[Decoded, ...]:
    try:
        parts = _PARTS.decode(payload).readings
    except msgspec.ValidationError as error:
        return (rejected(error),)
    except _UNREADABLE as error:
        return (malformed(error),)
    if isinstance(parts, UnsetType):
        return (_single(payload),)
    return tuple([_single(bytes(part)) for part in parts]) or _empty()


def _single(payload: bytes) -> Decoded:
    try:
        kind = _KIND.decode(payload).kind
    except msgspec.ValidationError as error:
        return rejected(error)
    except _UNREADABLE as error:
        return malformed(error)
    if kind not in KINDS:
        detail = f"kind is {kind[:20]!r}; a backlog may hold {', '.join(KINDS)} - at `$.kind`"
        return Rejection(reason=RejectionReason.INVALID_FIELD, detail=detail)
    return DECODERS[kind](payload)


def _empty() -> tuple[Decoded, ...]:
    return (Rejection(reason=RejectionReason.INVALID_FIELD, detail="there is nothing in it - at `$.readings`"),)
