"""Columns become the rows that psycopg makes of the same values, whatever is missing and however long texts are."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from psycopg._copy_base import BinaryFormatter
from psycopg.adapt import Transformer

from ingest.staging.packed import SIGNATURE, SMALLEST, TRAILER, Column, pack

NAMES = ("bool", "bytea", "int8", "int2", "int4", "text", "float4", "float8", "timestamptz")
OID = {name: psycopg.adapters.types[name].oid for name in NAMES}
NAME = {oid: name for name, oid in OID.items()}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: What stands where a value is missing must not matter: no number of a smallint, and nobody's code.
GARBAGE = {"bool": True, "bytea": 255, "text": 255, "float4": np.nan, "float8": np.nan}
DTYPES = {"bool": np.bool_, "bytea": np.uint8, "text": np.uint8, "float4": np.float64, "float8": np.float64}

Row = tuple[Any, ...]


def column_of(values: Sequence[Any], oid: int) -> Column:
    """Values of Python as a column."""
    name = NAME[oid]
    if name in {"text", "bytea"}:
        written = [value.encode() if isinstance(value, str) else value for value in values]
        texts = tuple(dict.fromkeys(text for text in written if text is not None))
        plain = [None if text is None else texts.index(text) for text in written]
    else:
        texts = None
        plain = [(v - EPOCH) // timedelta(microseconds=1) if isinstance(v, datetime) else v for v in values]
    missing = [value is None for value in plain]
    filled = [GARBAGE.get(name, 2**62) if value is None else value for value in plain]
    return Column(
        values=np.array(filled, DTYPES.get(name, np.int64)),
        missing=np.array(missing, np.bool_) if any(missing) else None,
        texts=texts,
    )


def columns_of(rows: Sequence[Row], types: Sequence[int]) -> list[Column]:
    """Rows of Python's values as columns."""
    values = zip(*rows, strict=True) if rows else [() for _ in types]
    return [column_of(column, oid) for column, oid in zip(values, types, strict=True)]


def by_psycopg(rows: Sequence[Row], types: Sequence[int]) -> bytes:
    """What psycopg sends for rows, with signature and trailer."""
    formatter = BinaryFormatter(Transformer())
    formatter.transformer.set_dumper_types(types, formatter.format)
    return b"".join([bytes(formatter.write_row(row)) for row in rows] + [bytes(formatter.end())])


def parsed(block: bytes) -> list[tuple[bytes | None, ...]]:
    """The fields of the rows of a block, read as PostgreSQL's documentation describes them."""
    rows, place = [], 0
    while place < len(block):
        (count,) = struct.unpack_from(">h", block, place)
        place += 2
        fields: list[bytes | None] = []
        for _ in range(count):
            (length,) = struct.unpack_from(">i", block, place)
            place += 4
            assert -1 <= length <= len(block) - place
            fields.append(None if length < 0 else block[place : place + length])
            place += max(length, 0)
        rows.append(tuple(fields))
    return rows


def as_numbers_go(rows: Sequence[Row], types: Sequence[int]) -> list[Row]:
    """Rows whose numbers near nought are nought where they go into a real."""
    reals = {number for number, oid in enumerate(types) if oid == OID["float4"]}
    return [
        tuple(
            0.0 if number in reals and value is not None and abs(value) < SMALLEST else value
            for number, value in enumerate(row)
        )
        for row in rows
    ]


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "bool": st.booleans(),
    "bytea": st.sampled_from([b"", b"\0", b"\xff\xff", bytes(range(125))]) | st.binary(max_size=3),
    "text": st.sampled_from(["gnss", "wifi", "cell", "", "界", "network"]),
    "int2": st.integers(-(2**15), 2**15 - 1),
    "int4": st.integers(-(2**31), 2**31 - 1),
    "int8": st.integers(-(2**63), 2**63 - 1),
    "float4": st.floats() | st.sampled_from([0.0, -0.0, 1e-31, -1e-40, SMALLEST, -SMALLEST, 3.5e38]),
    "float8": st.floats() | st.sampled_from([0.0, -0.0, 1e-31, 5e-324]),
    "timestamptz": st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
}


@st.composite
def blocks(draw: st.DrawFn) -> tuple[list[int], list[Row]]:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=12))
    rows = st.tuples(*[st.none() | VALUES[name] if draw(st.booleans()) else VALUES[name] for name in names])
    return [OID[name] for name in names], draw(st.lists(rows, max_size=12))


@examples(max_examples=60)
@given(blocks())
def test_every_row_is_as_psycopg_writes_it(block: tuple[list[int], list[Row]]) -> None:
    types, rows = block
    theirs = by_psycopg(as_numbers_go(rows, types), types)
    ours = SIGNATURE + pack(columns_of(rows, types), types) + TRAILER
    assert (ours[:19], ours[-2:]) == (theirs[:19], theirs[-2:])
    assert Counter(parsed(ours[19:-2])) == Counter(parsed(theirs[19:-2]))


def test_a_row_byte_by_byte() -> None:
    at = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=258)
    row = (513, at, None, 1.5, "gnss", True, b"", -2, 1.0)
    types = [OID[name] for name in "int4 timestamptz int8 float4 text bool bytea int2 float8".split()]
    assert pack(columns_of([row], types), types) == bytes.fromhex(
        "0009"
        "00000004 00000201"
        "00000008 0000000000000102"
        "ffffffff"
        "00000004 3fc00000"
        "00000004 676e7373"
        "00000001 01"
        "00000000"
        "00000002 fffe"
        "00000008 3ff0000000000000"
    )


def test_rows_that_differ_in_nothing_but_their_values_keep_their_order() -> None:
    rows = [(number, source) for number in range(300) for source in ("gnss", "wifi")]
    types = [OID["int8"], OID["text"]]
    assert SIGNATURE + pack(columns_of(rows, types), types) + TRAILER == by_psycopg(rows, types)


def test_nothing_becomes_nothing() -> None:
    types = list(OID.values())
    assert pack(columns_of([], types), types) == b""
    assert pack([], []) == b""


def test_a_column_may_be_missing_as_a_whole() -> None:
    nowhere = np.ones(3, np.bool_)
    number = Column(values=np.arange(3), missing=nowhere)
    text = Column(values=np.zeros(3, np.uint8), missing=nowhere, texts=())
    types = [OID["int4"], OID["text"], OID["bytea"]]
    assert parsed(pack([number, text, text], types)) == [(None, None, None)] * 3


def test_numbers_near_nought_are_nought_in_a_real_alone() -> None:
    numbers = Column(values=np.array([1e-31, -1e-40, -0.0, SMALLEST]))
    rows = parsed(pack([numbers, numbers], [OID["float4"], OID["float8"]]))
    assert [row[0] for row in rows] == [bytes(4)] * 3 + [struct.pack(">f", SMALLEST)]
    assert [row[1] for row in rows] == [struct.pack(">d", value) for value in numbers.values]


def test_a_type_that_is_not_packed_is_named() -> None:
    with pytest.raises(ValueError, match="column 1 has the type with OID 3802"):
        pack([Column(values=np.arange(2))] * 2, [OID["int4"], psycopg.adapters.types["jsonb"].oid])


@pytest.mark.parametrize(
    ("columns", "types", "said"),
    [
        ([Column(values=np.arange(2))], ["int4", "int4"], "1 columns for 2 types"),
        ([Column(values=np.arange(2)), Column(values=np.arange(1))], ["int4", "int4"], r"different lengths: \[1, 2\]"),
        ([Column(values=np.arange(2), missing=np.ones(3, np.bool_))], ["int4"], r"different lengths: \[2, 3\]"),
        ([Column(values=np.arange(2))], ["text"], "need texts"),
        ([Column(values=np.arange(2), texts=(b"a", b"b"))], ["int4"], "other types have none"),
        ([Column(values=np.arange(3), texts=(b"a", b"b"))], ["text"], "0 to 2 of 2 texts"),
        ([Column(values=np.arange(2) - 1, texts=(b"a", b"b"))], ["bytea"], "-1 to 0 of 2 texts"),
        ([Column(values=np.array([0, 2**31]))], ["int4"], "0 to 2147483648 do not fit a column of 32 bits"),
        ([Column(values=np.array([-(2**15) - 1, 0]))], ["int2"], "-32769 to 0 do not fit a column of 16 bits"),
    ],
)
def test_what_fits_no_column_is_refused(columns: list[Column], types: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        pack(columns, [OID[name] for name in types])


def test_as_many_columns_may_be_missing_here_and_there_as_a_pattern_has_bits() -> None:
    rows: list[Row] = [tuple(None if number == missing else True for number in range(63)) for missing in range(63)]
    types = [OID["bool"]] * 63
    packed = pack(columns_of(rows, types), types)
    assert Counter(parsed(packed)) == Counter(parsed(by_psycopg(rows, types)[19:-2]))
    with pytest.raises(AssertionError):
        pack(
            columns_of([(*row, value) for row, value in zip(rows, [None, True] * 32, strict=False)], types + types[:1]),
            types + types[:1],
        )
