"""What a credential is: a login with its secret or certificate, for one device or one service. Pure but for chance."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import bcrypt

#: Random bytes of a secret. 192 bits: nobody guesses it, and it is 32 characters to type or scan. Settled.
SECRET_BYTES = 24
#: Rounds of PBKDF2. A random secret of 192 bits needs no slow hash, and a broker that reads its files again computes
#: one for each connected device: at one round 13 ms for 4,500 (docs/decisions/0011). Count.
PBKDF2_ROUNDS = 1
#: Cost of bcrypt, the least there is, for the same reason. Powers of two.
BCRYPT_COST = 4
#: How long an old secret works beside the new one, so that a device can be reached and changed. Provisional.
OVERLAP = timedelta(hours=24)
MOST_OVERLAP = timedelta(days=90)
#: Separates a device's second login from its id; no device id holds it.
SECOND = "~2"
_SALT_BYTES = 12
#: Our own login of a service: no device id holds a tilde.
_SERVICE_LOGIN = "service~"


class Kind(StrEnum):
    """How the holder proves who it is."""

    PASSWORD = "password"  # noqa: S105 - a word, not a secret
    CERTIFICATE = "certificate"


class Format(StrEnum):
    """Which topics a device's credential opens; docs/wire.md."""

    NATIVE = "native"
    OWNTRACKS = "owntracks"
    TRACCAR = "traccar"
    WATCH = "watch"


class Service(StrEnum):
    """Who else speaks to the broker."""

    INGEST = "ingest"
    ALERTS = "alerts"
    #: Pretended devices, and a person who tries things out: speaks for everybody.
    SIMULATOR = "simulator"
    #: Gateways, which speak for many devices, in their own format alone.
    TRACCAR = "traccar"
    WATCH = "watch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """What is kept of a secret: in the forms that Mosquitto and NATS read."""

    pbkdf2_sha512: str
    bcrypt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose credential: exactly one of both."""

    device_id: str | None = None
    service: Service | None = None

    def __str__(self) -> str:
        """As people write it."""
        return self.device_id if self.device_id is not None else f"service {self.service}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One credential as it is kept: nothing that lets anybody in."""

    credential_id: int
    device_id: str | None
    service: Service | None
    kind: Kind
    format: Format
    login: str
    #: SHA-256 of a certificate, hexadecimal; None of a password.
    fingerprint: str | None
    #: Real time, like all that follow.
    issued_at: datetime
    issued_by: str | None
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A credential with its secret, which nobody can read again."""

    credential_id: int
    holder: Holder
    format: Format
    login: str
    secret: str
    #: Until when the secret before it works too; None: there is none.
    overlap_until: datetime | None = None


def new_secret() -> str:
    """A random secret of letters, digits, - and _."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digests(secret: str) -> Digests:
    """What is kept of a secret."""
    salt = secrets.token_bytes(_SALT_BYTES)
    derived = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt, PBKDF2_ROUNDS)
    parts = (str(PBKDF2_ROUNDS), *(base64.b64encode(part).decode() for part in (salt, derived)))
    hashed = bcrypt.hashpw(secret.encode(), bcrypt.gensalt(BCRYPT_COST, prefix=b"2a"))
    return Digests(pbkdf2_sha512="$7$" + "$".join(parts), bcrypt=hashed.decode())


def first_login(holder: Holder) -> str:
    """What a holder says at the broker, unless a rotation needs a second one."""
    return holder.device_id if holder.device_id is not None else f"{_SERVICE_LOGIN}{holder.service}"


def free_login(holder: Holder, taken: frozenset[str]) -> str | None:
    """A login of this holder that no living credential has; None: a rotation is under way and both are in use."""
    first = first_login(holder)
    return next((login for login in (first, first + SECOND) if login not in taken), None)
