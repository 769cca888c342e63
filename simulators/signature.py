"""The webhook's signature, from the receiver's side: `Tongxing-Signature: t=<unix>,v1=<hex hmac of "<t>.<body>">`.

A receiver of one's own can be written after this file: HMAC-SHA256 over the time, a full stop and the raw body.
"""

from __future__ import annotations

import hashlib
import hmac
from enum import StrEnum

HEADER = "Tongxing-Signature"
#: A message signed longer ago than this may be a replay. Seconds of real time.
TOLERANCE_S = 300.0


class Verdict(StrEnum):
    """What is to be thought of a signature."""

    VALID = "valid"
    MISSING = "missing"
    MALFORMED = "malformed"
    WRONG = "wrong"
    STALE = "stale"


def verify(header: str | None, body: bytes, secret: str, now_s: float) -> Verdict:
    """Judge the header of one request; `now_s` is real time, unix seconds."""
    if header is None:
        return Verdict.MISSING
    fields = [part.strip().partition("=") for part in header.split(",")]
    signed_at = next((value for name, _, value in fields if name == "t"), "")
    digests = [value for name, _, value in fields if name == "v1"]
    if not digests or not (signed_at.isascii() and signed_at.isdecimal()) or len(signed_at) > len("9999999999"):
        return Verdict.MALFORMED
    expected = sign(signed_at, body, secret)
    if not any(hmac.compare_digest(expected.encode(), digest.encode()) for digest in digests):
        return Verdict.WRONG
    return Verdict.VALID if abs(now_s - int(signed_at)) <= TOLERANCE_S else Verdict.STALE


def sign(signed_at: str, body: bytes, secret: str) -> str:
    """The hex digest of one message."""
    return hmac.new(secret.encode(), f"{signed_at}.".encode() + body, hashlib.sha256).hexdigest()
