"""The code in a message's link: which notification it is, and that we wrote it. Pure.

A code is the notification's identifier (16 bytes) and the first 10 bytes of HMAC-SHA256 over it, in URL-safe base64: 35
characters, as many as a parameter of a text message may have. 80 bits cannot be guessed through a web server.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

#: A link is good for so long after its message was written. Scaled clock. A night and its morning; provisional.
GOOD_FOR = timedelta(hours=12)
_DIGEST_BYTES = 10
_ID_BYTES = 16
LENGTH = 35


def code(secret: bytes, notification_id: UUID) -> str:
    """The code of one notification."""
    raw = notification_id.bytes + _digest(secret, notification_id.bytes)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read(secrets: Iterable[bytes], text: str) -> UUID | None:
    """The notification that a code names; None when none of our keys made it."""
    if len(text) != LENGTH or not text.isascii():
        return None
    try:
        raw = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    name, digest = raw[:_ID_BYTES], raw[_ID_BYTES:]
    if any(hmac.compare_digest(_digest(secret, name), digest) for secret in secrets):
        return UUID(bytes=name)
    return None


def _digest(secret: bytes, name: bytes) -> bytes:
    return hmac.new(secret, name, hashlib.sha256).digest()[:_DIGEST_BYTES]
