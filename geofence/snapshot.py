"""A person's state as bytes and back. A snapshot and the readings after it give what the whole log would have given.

Each part of the state bears its name, and a part of which nothing is known is left out, so a snapshot outlives the
detectors: a part that it lacks is fresh, one that this version no longer has is ignored, and one whose shape no longer
fits is forgotten alone (`thaw_parts`). `VERSION` changes only if the frame around the parts does.
"""

from __future__ import annotations

from typing import Any, get_type_hints

import msgspec

from geofence.engine import FRESH, PersonState

#: Of the frame: a version and a map of parts.
VERSION = 1


class SnapshotError(Exception):
    """A stored snapshot cannot be read by this version."""


class _Envelope(msgspec.Struct, array_like=True):
    version: int
    parts: dict[str, msgspec.Raw]


_encoder = msgspec.msgpack.Encoder()
_envelope_decoder = msgspec.msgpack.Decoder(_Envelope)
_state_decoder = msgspec.msgpack.Decoder(tuple[int, PersonState])
_part_decoders: dict[str, msgspec.msgpack.Decoder[Any]] = {
    name: msgspec.msgpack.Decoder(kind) for name, kind in get_type_hints(PersonState).items()
}
_FRESH_PARTS: tuple[tuple[str, Any], ...] = tuple(
    (name, getattr(FRESH, name)) for name in PersonState.__struct_fields__
)


def freeze(state: PersonState) -> bytes:
    """A state as bytes; equal states give equal bytes."""
    parts = {
        name: part for name, fresh in _FRESH_PARTS if (part := getattr(state, name)) is not fresh and part != fresh
    }
    return _encoder.encode((VERSION, parts))


def thaw(data: bytes) -> PersonState:
    """The state that `freeze` was given.

    Raises:
        SnapshotError: not a snapshot, one of another version, or one with a part that does not fit.
    """
    state, forgotten = thaw_parts(data)
    if forgotten:
        raise SnapshotError(f"the snapshot does not fit this version of Tongxing: {'; '.join(forgotten.values())}")
    return state


def thaw_parts(data: bytes) -> tuple[PersonState, dict[str, str]]:
    """As much of a state as fits this version, and why not the rest, by the part's name.

    Raises:
        SnapshotError: not a snapshot, or one of another version.
    """
    try:
        version, state = _state_decoder.decode(data)
    except msgspec.DecodeError:
        return _piece_by_piece(data)
    _check(version)
    return state, {}


def _piece_by_piece(data: bytes) -> tuple[PersonState, dict[str, str]]:
    try:
        envelope = _envelope_decoder.decode(data)
    except msgspec.DecodeError as error:
        raise SnapshotError(f"the snapshot does not fit this version of Tongxing: {error}") from error
    _check(envelope.version)
    parts: dict[str, Any] = {}
    forgotten: dict[str, str] = {}
    for name, raw in envelope.parts.items():
        if name not in _part_decoders:
            continue
        try:
            parts[name] = _part_decoders[name].decode(raw)
        except msgspec.DecodeError as error:
            forgotten[name] = f"{name}: {error}"
    return PersonState(**parts), forgotten


def _check(version: int) -> None:
    if version != VERSION:
        raise SnapshotError(f"the snapshot has version {version}, this Tongxing reads {VERSION}")
