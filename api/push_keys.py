"""The public half of the key that signs messages to browsers (VAPID, RFC 8292)."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


@lru_cache(maxsize=1)
def public_key(private: str) -> str:
    """As browsers want it: the uncompressed point in URL-safe base64, without padding.

    Args:
        private: the private number, 32 bytes in URL-safe base64, as `tongxing alerts vapid` prints it.
    """
    number = int.from_bytes(base64.urlsafe_b64decode(private + "=" * (-len(private) % 4)), "big")
    point = ec.derive_private_key(number, ec.SECP256R1()).public_key()
    raw = point.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
