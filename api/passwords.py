"""Password hashes (argon2id). Work happens in threads, two at a time: each takes 64 MiB and a core."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
_AT_ONCE = 2


class Passwords:
    """Hashes and verifies without holding up the event loop."""

    def __init__(self) -> None:
        #: Verified when the username is unknown, so that the answer takes as long as for a known one.
        self._nobody = _HASHER.hash("nobody has this password")
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether the password is the one behind the stored hash; None, an unknown user, never matches."""
        async with self._turn:
            right = await asyncio.to_thread(verify, stored or self._nobody, password)
        return right and stored is not None


def hash_of(password: str) -> str:
    """What is stored of a password. Takes tens of milliseconds."""
    return _HASHER.hash(password)


def verify(stored: str, password: str) -> bool:
    """Whether a password is the one behind a hash. Takes tens of milliseconds."""
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
