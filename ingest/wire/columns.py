"""Native locations in columns: what many messages say, each checked as one alone is, and a report of none of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import astuple

from geofence.datum import Datum
from geofence.fixes import SOURCES, CodeArray, answer_codes, source_code
from geofence.instants import FloatArray, IntArray, micros_of
from ingest.sequence import UNNUMBERED
from ingest.wire import MAX_PAYLOAD_BYTES
from ingest.wire.bodies import LocationBody
from ingest.wire.fields import ACCURACY_BY_SOURCE_M

_NAMES = LocationBody.__struct_fields__
_NUMBERS = tuple(name for name in _NAMES if name not in {"source", "datum"})
_ASSUMED_M = np.array([ACCURACY_BY_SOURCE_M[source] for source in SOURCES])
_WGS84 = str(Datum.WGS84)
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_decode = msgspec.json.Decoder(LocationBody).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Locations:
    """What n messages say, in columns; as `geofence.fixes.Fixes`, with what that leaves out."""

    at_us: IntArray
    #: `UNNUMBERED` where it is missing.
    seq: IntArray
    #: Real time, unix seconds; NaN where it is missing.
    published_s: FloatArray
    latitude: FloatArray
    longitude: FloatArray
    accuracy_m: FloatArray
    source: CodeArray
    altitude_m: FloatArray
    speed_mps: FloatArray
    heading_deg: FloatArray
    battery_pct: FloatArray
    steps: FloatArray
    charging: CodeArray
    worn: CodeArray
    at_home: CodeArray


def read_all(payloads: Sequence[bytes]) -> list[LocationBody | None]:
    """Each of many messages, as `read`."""
    try:
        bodies = list(map(_decode, payloads))
    except _UNREADABLE:
        return [read(payload) for payload in payloads]
    return [
        body if body.datum == _WGS84 and len(payload) <= MAX_PAYLOAD_BYTES else None
        for body, payload in zip(bodies, payloads, strict=True)
    ]


def read(payload: bytes) -> LocationBody | None:
    """One native location, if it can be put into columns: JSON, in WGS-84, everything in its range.

    What else there is, is for `ingest.wire.decode`, which knows CBOR, other datums, and what to say of what is wrong.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        return None
    try:
        body = _decode(payload)
    except _UNREADABLE:
        return None
    return body if body.datum == _WGS84 else None


def in_columns(bodies: Sequence[LocationBody]) -> Locations:
    """What was read, in columns."""
    rows = zip(*map(astuple, bodies), strict=True) if bodies else [()] * len(_NAMES)
    told: dict[str, Sequence[Any]] = dict(zip(_NAMES, rows, strict=True))
    numbers = {name: _numbers(told[name]) for name in _NUMBERS}
    source = np.array([source_code(each) for each in told["source"]], dtype=np.uint8)
    accuracy_m, seq = numbers["accuracy_m"], numbers["seq"]
    return Locations(
        at_us=micros_of(numbers["at"]),
        seq=np.where(np.isnan(seq), UNNUMBERED, seq).astype(np.int64),
        published_s=numbers["published_at"],
        latitude=numbers["latitude"],
        longitude=numbers["longitude"],
        accuracy_m=np.where(np.isnan(accuracy_m), _ASSUMED_M[source], accuracy_m),
        source=source,
        altitude_m=numbers["altitude_m"],
        speed_mps=numbers["speed_mps"],
        heading_deg=numbers["heading_deg"],
        battery_pct=numbers["battery_pct"],
        steps=numbers["steps"],
        charging=answer_codes(numbers["charging"]),
        worn=answer_codes(numbers["worn"]),
        at_home=answer_codes(numbers["at_home"]),
    )


def _numbers(column: Sequence[float | None]) -> FloatArray:
    """A column as floats, NaN for None. What nobody says is most of some columns, and the slowest to convert."""
    size = len(column)
    return np.full(size, np.nan) if column.count(None) == size else np.fromiter(column, np.float64, size)
