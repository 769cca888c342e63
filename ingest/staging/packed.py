"""Columns as rows of PostgreSQL's binary COPY: a block of arrays becomes bytes, and no value a Python object.

Rows whose columns are as long as each other's differ in their values alone: they are one structured array, filled
column by column. A block has few such groups, one or two where quiet bracelets report. The format: PostgreSQL's
documentation of COPY, "Binary Format", and of each type its `send` function. Pure; `ingest.staging.store` sends it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

#: What a COPY begins with, flags and the length of no extension included, and what it ends with.
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"

#: Numbers nearer to nought than this are nought: as text, a real refuses the smallest that a device can write.
SMALLEST = 1e-30

_BOOL, _INT8, _INT2, _INT4, _FLOAT4, _FLOAT8, _TIMESTAMPTZ = 16, 20, 21, 23, 700, 701, 1184
_BYTEA, _TEXT = 17, 25
#: By OID how a value of a type lies in a row. Those of `_WRITTEN_OUT` are as long as what they say.
_FORMATS = {
    _BOOL: "?", _INT8: ">i8", _INT2: ">i2", _INT4: ">i4", _FLOAT4: ">f4", _FLOAT8: ">f8", _TIMESTAMPTZ: ">i8",
}  # fmt: skip
_WRITTEN_OUT = {_BYTEA, _TEXT}
_NARROW = {oid: np.iinfo(_FORMATS[oid]) for oid in (_INT2, _INT4)}

#: The database counts from 2000-01-01 UTC; in microseconds since 1970-01-01 UTC.
EPOCH_US = 946_684_800_000_000
#: What stands for the length of NULL.
_NULL = -1
_COUNT_BYTES, _LENGTH_BYTES = 2, 4
#: Patterns are int64 without the sign.
_PATTERN_BITS = 63
#: Devices choose how long some texts are: not every layout that ever was is kept.
_LAYOUTS = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a block: n values, and which of them are missing."""

    #: (n,): int64, float64, bool or codes, by the column's type; timestamptz: int64 microseconds since 1970-01-01 UTC.
    values: Array
    #: bool (n,): NULL there; None: none is.
    missing: Array | None = None
    #: For text and bytea columns: `values` are codes (0 to len - 1) that stand for these.
    texts: tuple[bytes, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lengths:
    """How long the values of one column are, NULL included, and which row has which of these lengths."""

    options: tuple[int, ...]
    #: (n,): indices into `options`; None: every row has the only one.
    which: Array | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Rows of one pattern: where the values lie that differ, and the bytes of a row without them."""

    dtype: np.dtype[np.void]
    template: bytes
    #: The columns that have a field, each named by its number.
    filled: tuple[int, ...]


def pack(columns: Sequence[Column], types: Sequence[int]) -> bytes:
    """Rows of PostgreSQL's binary COPY format, without signature and trailer; rows may come in any order.

    Args:
        columns: One for each column that is written, all of n values.
        types: OIDs of their types, in the same order.

    Raises:
        ValueError: There is a type we cannot write, columns do not fit their types or each other, a code stands for no
            text, or a number is too large for its column.
    """
    rows = _checked(columns, types)
    lengths = [_lengths(column, oid) for column, oid in zip(columns, types, strict=True)]
    groups = _groups(lengths, rows)
    return b"".join([_pack_group(columns, tuple(types), pattern, chosen, rows) for pattern, chosen in groups])


def _checked(columns: Sequence[Column], types: Sequence[int]) -> int:
    """How many rows there are."""
    if len(columns) != len(types):
        raise ValueError(f"{len(columns)} columns for {len(types)} types: give one column for each of the stage's")
    for number, (column, oid) in enumerate(zip(columns, types, strict=True)):
        if oid not in _FORMATS and oid not in _WRITTEN_OUT:
            raise ValueError(f"column {number} has the type with OID {oid}, which is not packed: write it by rows")
        if (column.texts is not None) != (oid in _WRITTEN_OUT):
            raise ValueError(f"column {number} with OID {oid}: text and bytea need texts, other types have none")
    sizes = {column.values.size for column in columns}
    sizes |= {column.missing.size for column in columns if column.missing is not None}
    if len(sizes) > 1:
        raise ValueError(f"columns of one block are of different lengths: {sorted(sizes)}")
    return sizes.pop() if sizes else 0


def _lengths(column: Column, oid: int) -> _Lengths:
    missing = column.missing
    absent = 0 if missing is None else np.count_nonzero(missing)
    if absent == column.values.size:
        return _Lengths(options=(_NULL,))
    if column.texts is not None:
        return _lengths_of_texts(column, column.texts, missing if absent else None)
    size = np.dtype(_FORMATS[oid]).itemsize
    return _Lengths(options=(size, _NULL), which=missing) if absent else _Lengths(options=(size,))


def _lengths_of_texts(column: Column, texts: tuple[bytes, ...], missing: Array | None) -> _Lengths:
    """What stands where a value is missing is nobody's code."""
    codes = column.values if missing is None else column.values[~missing]
    if codes.min() < 0 or codes.max() >= len(texts):
        raise ValueError(f"a code stands for no text: {codes.min()} to {codes.max()} of {len(texts)} texts")
    options = tuple(sorted({len(text) for text in texts}))
    if missing is None and len(options) == 1:
        return _Lengths(options=options)
    of_text = np.array([options.index(len(text)) for text in texts])
    if missing is None:
        return _Lengths(options=options, which=of_text.take(codes))
    which = np.full(missing.size, len(options))
    which[~missing] = of_text.take(codes)
    return _Lengths(options=(*options, _NULL), which=which)


def _groups(lengths: Sequence[_Lengths], rows: int) -> Iterator[tuple[tuple[int, ...], Array | None]]:
    """The length of each column in each pattern that occurs, with the rows that have it; None are all."""
    pattern = [one.options[0] for one in lengths]
    codes, varying, bits = np.zeros(rows, np.int64), [], 0
    for number, one in enumerate(lengths):
        if one.which is not None:
            codes |= np.left_shift(one.which, bits, dtype=np.int64)
            varying.append((number, one.options, bits))
            bits += (len(one.options) - 1).bit_length()
    assert bits <= _PATTERN_BITS
    if not varying:
        yield tuple(pattern), None
        return
    for code in np.unique(codes).tolist():
        for number, options, shift in varying:
            pattern[number] = options[code >> shift & ((1 << (len(options) - 1).bit_length()) - 1)]
        yield tuple(pattern), np.flatnonzero(codes == code)


def _pack_group(
    columns: Sequence[Column], types: tuple[int, ...], lengths: tuple[int, ...], chosen: Array | None, rows: int
) -> bytearray:
    layout = _layout(types, lengths)
    packed = bytearray(layout.template) * (rows if chosen is None else chosen.size)
    block = np.frombuffer(packed, layout.dtype)
    # A number that is too large for a real becomes infinite there, as it does when it is written by rows.
    with np.errstate(over="ignore"):
        for number in layout.filled:
            column, oid = columns[number], types[number]
            values = column.values if chosen is None else column.values.take(chosen)
            block[str(number)] = (
                _stored(values, oid) if column.texts is None else _of_length(column.texts, lengths[number]).take(values)
            )
    return packed


def _of_length(texts: tuple[bytes, ...], length: int) -> Array:
    """The texts by their codes; those of another length stand for nothing here."""
    return np.frombuffer(b"".join([text if len(text) == length else bytes(length) for text in texts]), f"V{length}")


def _stored(values: Array, oid: int) -> Array:
    """Values as a column of a type takes them."""
    if oid == _TIMESTAMPTZ:
        return values - EPOCH_US
    if oid == _FLOAT4:
        return np.where(np.abs(values) < SMALLEST, 0.0, values)
    if (range_ := _NARROW.get(oid)) and (values.min() < range_.min or values.max() > range_.max):
        raise ValueError(f"{values.min()} to {values.max()} do not fit a column of {range_.bits} bits")
    return values


@lru_cache(maxsize=_LAYOUTS)
def _layout(types: tuple[int, ...], lengths: tuple[int, ...]) -> _Layout:
    """A row: the number of columns, then of each its length and its value; NULL and the empty text have none."""
    template = struct.pack(">h", len(types))
    template += b"".join([struct.pack(">i", length) + bytes(max(length, 0)) for length in lengths])
    sizes = [_LENGTH_BYTES + max(length, 0) for length in lengths]
    begins = accumulate(sizes, initial=_COUNT_BYTES + _LENGTH_BYTES)
    fields = [
        (number, _FORMATS.get(oid, f"V{length}"), offset)
        for number, (oid, length, offset) in enumerate(zip(types, lengths, begins, strict=False))
        if length > 0
    ]
    return _Layout(
        dtype=np.dtype(
            {
                "names": [str(number) for number, _, _ in fields],
                "formats": [format_ for _, format_, _ in fields],
                "offsets": [offset for _, _, offset in fields],
                "itemsize": len(template),
            }
        ),
        template=template,
        filled=tuple([number for number, _, _ in fields]),
    )
