"""CBOR (RFC 8949) for links that are paid by the byte: the same object as in JSON, in about half the bytes.

It is told by its first byte, which no JSON text in UTF-8 begins with. What it holds is written as JSON and decoded as
any other message, so that both have the same fields, ranges and errors.
"""

from __future__ import annotations

import json
from io import BytesIO

import cbor2

from ingest.wire.fields import RefusedError
from ingest.wire.message import RejectionReason

#: First bytes of a map (major type 5), and of the tag that only says "this is CBOR".
_FIRST_OF_A_MAP, _LAST_OF_A_MAP, _SELF_DESCRIBED = 0xA0, 0xBF, b"\xd9\xd9\xf7"


def begins(payload: bytes) -> bool:
    """Whether a payload is CBOR and not JSON."""
    return payload[:1] != b"" and (
        _FIRST_OF_A_MAP <= payload[0] <= _LAST_OF_A_MAP or payload.startswith(_SELF_DESCRIBED)
    )


def as_json(payload: bytes) -> bytes:
    """The same object as JSON.

    Raises:
        RefusedError: it is no CBOR, more than one item, or holds what JSON has no word for (bytes, dates, references).
    """
    payload = payload.removeprefix(_SELF_DESCRIBED)
    stream = BytesIO(payload)
    try:
        told = json.dumps(cbor2.load(stream), default=_no_word).encode()
    # The library's own errors, and what broken tags and lengths make of the types it builds.
    except (cbor2.CBORError, ValueError, TypeError, ArithmeticError, RecursionError, MemoryError, LookupError) as error:
        raise RefusedError(RejectionReason.MALFORMED, f"not one CBOR object: {str(error)[:200]}") from None
    if stream.tell() != len(payload):
        raise RefusedError(RejectionReason.MALFORMED, "not one CBOR object: something follows it")
    return told


def _no_word(value: object) -> None:
    raise ValueError(f"JSON has no word for {type(value).__name__}")
