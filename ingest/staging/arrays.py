"""Arrays as parameters of a statement, in PostgreSQL's binary format: psycopg asks Python about each of their values.

For the few columns of few rows that a statement takes by `unnest`. The format: PostgreSQL's `array_send`, and of each
type its `send` function; of instants that are whole microseconds since 2000-01-01 UTC.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from datetime import datetime

from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

from geofence.instants import micros
from ingest.staging.packed import EPOCH_US
from runtime.database import Connection

_BYTEA, _INT8, _TIMESTAMPTZ = 17, 20, 1184
_BYTEAS, _INT8S, _TIMESTAMPTZS = 1001, 1016, 1185
#: What stands for the length of NULL.
_NULL = struct.pack(">i", -1)
_EIGHT_BYTES = struct.pack(">i", 8)


class Packed(bytes):
    """An array as it is sent."""


class Byteas(Packed):
    """bytea[]."""


class Bigints(Packed):
    """bigint[]."""


class Instants(Packed):
    """timestamptz[]."""


def byteas(values: Sequence[bytes]) -> Byteas:
    """Bytes as bytea[]."""
    pieces = [piece for value in values for piece in (len(value).to_bytes(4), value)]
    return Byteas(_head(_BYTEA, len(values)) + b"".join(pieces))


def bigints(values: Sequence[int]) -> Bigints:
    """Whole numbers as bigint[].

    Raises:
        OverflowError: one does not fit into 64 bits.
    """
    return Bigints(_head(_INT8, len(values)) + b"".join([_EIGHT_BYTES + _eight(value) for value in values]))


def instants(values: Iterable[datetime | None]) -> Instants:
    """Instants, or None, as timestamptz[].

    Raises:
        TypeError: one has no time zone.
    """
    pieces = [_NULL if at is None else _EIGHT_BYTES + _eight(micros(at) - EPOCH_US) for at in values]
    return Instants(_head(_TIMESTAMPTZ, len(pieces), nulls=_NULL in pieces) + b"".join(pieces))


def register(connection: Connection) -> None:
    """Let a connection send them."""
    for array, oid_ in ((Byteas, _BYTEAS), (Bigints, _INT8S), (Instants, _TIMESTAMPTZS)):
        connection.adapters.register_dumper(array, type(f"_{array.__name__}Dumper", (_Dumper,), {"oid": oid_}))


class _Dumper(Dumper):
    """Sends an array as it is."""

    format = Format.BINARY

    def dump(self, obj: Packed) -> Buffer | None:
        """The array."""
        return obj


def _head(oid: int, size: int, *, nulls: bool = False) -> bytes:
    """Of an array of one dimension, or of none if it is empty."""
    return struct.pack(">iiiii", 1, nulls, oid, size, 1) if size else struct.pack(">iii", 0, 0, oid)


def _eight(value: int) -> bytes:
    return value.to_bytes(8, signed=True)
