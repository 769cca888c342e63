"""Identifiers: deterministic where the same fact must get the same name twice, random where it must not be guessed."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID, uuid5

#: Namespace of every deterministic identifier of ours.
NAMESPACE = UUID("5b1f5f0e-6d0c-5a55-9d6f-7a8f1f2c3d4e")


def deterministic(*parts: object) -> UUID:
    """The same parts, in the same order, always give the same identifier."""
    return uuid5(NAMESPACE, "\x1f".join(str(part) for part in parts))


def token() -> str:
    """A secret of 256 bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored of a secret token. A random token needs no slow hash."""
    return hashlib.sha256(secret.encode()).digest()
