"""A person's state as bytes and back. A snapshot and the readings after it give what the whole log would have given."""

from __future__ import annotations

import msgspec

from geofence.engine import PersonState

#: Grows when the shape of `PersonState` changes in a way that old snapshots do not fit.
VERSION = 1


class SnapshotError(Exception):
    """A stored snapshot cannot be read by this version."""


class _Envelope(msgspec.Struct, array_like=True):
    version: int
    state: PersonState


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Envelope)


def freeze(state: PersonState) -> bytes:
    """A state as bytes; equal states give equal bytes."""
    return _encoder.encode(_Envelope(VERSION, state))


def thaw(data: bytes) -> PersonState:
    """The state that `freeze` was given.

    Raises:
        SnapshotError: not a snapshot, or one of another version.
    """
    try:
        envelope = _decoder.decode(data)
    except msgspec.DecodeError as error:
        raise SnapshotError(f"the snapshot does not fit this version of Tongxing: {error}") from error
    if envelope.version != VERSION:
        raise SnapshotError(f"the snapshot has version {envelope.version}, this Tongxing reads {VERSION}")
    return envelope.state
