"""Who may speak for a device at the broker."""

from __future__ import annotations

from pydantic import BaseModel, Field

from api.schemas.fields import Identifier, Instant, Request
from ingest.identity.credential import MOST_OVERLAP, OVERLAP, Format, Kind

_HOUR_S = 3600
_MOST_OVERLAP_HOURS = MOST_OVERLAP.total_seconds() / _HOUR_S


class Credential(BaseModel):
    """A credential as it is kept: its secret cannot be read again."""

    credential_id: int = Field(description="Identifier, 1 or more")
    kind: Kind = Field(description="password or certificate")
    format: Format = Field(description="Which topics it opens: native, owntracks, traccar or watch; docs/wire.md")
    login: str = Field(description="User name at the broker; of a certificate, its common name")
    fingerprint: str | None = Field(description="SHA-256 of a certificate, hexadecimal; null: a password")
    issued_at: Instant = Field(description="When it was issued, real time")
    issued_by: str | None = Field(description="Whose login issued it; null: the command line")
    expires_at: Instant | None = Field(description="When a certificate ends; null: never")
    revoked_at: Instant | None = Field(description="Refused from here on, in the future during an overlap; null: works")
    revoked_by: str | None = Field(description="Whose login ended it; null: the command line, or nobody")


class CredentialList(BaseModel):
    """Credentials of one device, newest first."""

    items: list[Credential] = Field(description="Credentials, also those that work no more")


class CredentialIssue(Request):
    """A credential that is wanted."""

    format: Format = Field(default=Format.NATIVE, description="What the device speaks; docs/wire.md")


class CredentialRotation(Request):
    """How a secret is replaced."""

    overlap_hours: float = Field(
        default=OVERLAP.total_seconds() / _HOUR_S,
        ge=0,
        le=_MOST_OVERLAP_HOURS,
        description="Hours for which the old secret works beside the new one, 0 to 2,160; real time",
    )


class CredentialRevocation(Request):
    """What is ended."""

    credential_id: Identifier | None = Field(default=None, description="One of them; null: all of the device")


class IssuedCredential(BaseModel):
    """A new credential. The secret is shown this once."""

    credential_id: int = Field(description="Identifier, 1 or more")
    login: str = Field(description="User name at the broker")
    secret: str = Field(description="Password at the broker; write it into the device now, nobody can read it again")
    format: Format = Field(description="Which topics it opens")
    overlap_until: Instant | None = Field(
        description="Until when the old secret works too, real time; null: not at all"
    )
