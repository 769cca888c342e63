"""SQL of credentials: the one place that writes them. No decisions here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString

from ingest.identity.credential import Credential, Digests, Format, Holder, Kind, Service
from runtime.database import Connection, rows_as_dicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Living:
    """A credential that opens the broker now."""

    holder: Holder
    login: str
    kind: Kind
    format: Format
    #: None of a certificate.
    digests: Digests | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassword:
    """A password credential to be written."""

    holder: Holder
    format: Format
    login: str
    digests: Digests


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCertificate:
    """A client certificate to be written."""

    device_id: str
    format: Format
    fingerprint: str
    serial: str
    expires_at: datetime


_CREDENTIALS: LiteralString = """
    SELECT c.credential_id, d.device_id, c.service, c.kind, c.format, c.login, c.fingerprint, c.issued_at,
        i.username AS issued_by, c.expires_at, c.revoked_at, r.username AS revoked_by
    FROM credentials c
    LEFT JOIN devices d ON d.device_key = c.device_key
    LEFT JOIN users i ON i.user_id = c.issued_by
    LEFT JOIN users r ON r.user_id = c.revoked_by
"""
_LIVING: LiteralString = "(c.revoked_at IS NULL OR c.revoked_at > now())"


async def hold(connection: Connection, holders: Sequence[Holder]) -> frozenset[Holder]:
    """Those holders that there are; nobody else changes their credentials until the transaction ends.

    A retired device is none. Services always are; all of them together are one lock.
    """
    names = sorted({holder.device_id for holder in holders if holder.device_id is not None})
    cursor = await connection.execute(
        "SELECT device_id FROM devices WHERE device_id = ANY(%s) AND retired_at IS NULL ORDER BY device_id FOR UPDATE",
        (names,),
    )
    known = {str(row[0]) for row in await cursor.fetchall()}
    services = [holder for holder in holders if holder.service is not None]
    if services:
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('service credentials'))")
    return frozenset([*(holder for holder in holders if holder.device_id in known), *services])


async def of_holders(connection: Connection, holders: Sequence[Holder], *, living: bool) -> list[Credential]:
    """Credentials of these holders, newest first."""
    names = [holder.device_id for holder in holders if holder.device_id is not None]
    services = [str(holder.service) for holder in holders if holder.service is not None]
    rows = await rows_as_dicts(
        connection,
        _CREDENTIALS
        + " WHERE (d.device_id = ANY(%(names)s) OR c.service = ANY(%(services)s)) AND (NOT %(living)s OR "
        + _LIVING
        + ") ORDER BY c.credential_id DESC",
        {"names": names, "services": services, "living": living},
    )
    return [_credential(row) for row in rows]


async def everything(connection: Connection, *, living: bool) -> list[Credential]:
    """All credentials, services first, by holder."""
    rows = await rows_as_dicts(
        connection,
        _CREDENTIALS + " WHERE (NOT %(living)s OR " + _LIVING + ") ORDER BY c.service, d.device_id, c.credential_id",
        {"living": living},
    )
    return [_credential(row) for row in rows]


async def devices_without(connection: Connection) -> list[str]:
    """Devices in use without a credential that works, by id."""
    cursor = await connection.execute(
        "SELECT d.device_id FROM devices d WHERE d.retired_at IS NULL"
        " AND NOT EXISTS (SELECT FROM credentials c WHERE c.device_key = d.device_key AND " + _LIVING + ")"
        " ORDER BY d.device_id"
    )
    return [str(row[0]) for row in await cursor.fetchall()]


async def opening(connection: Connection) -> list[Living]:
    """What the broker shall accept now, by login; the credentials of retired devices are not."""
    rows = await rows_as_dicts(
        connection,
        "SELECT d.device_id, c.service, c.login, c.kind, c.format, c.pbkdf2_sha512, c.bcrypt FROM credentials c"
        " LEFT JOIN devices d ON d.device_key = c.device_key"
        " WHERE (d.device_key IS NULL OR d.retired_at IS NULL)"
        " AND (c.expires_at IS NULL OR c.expires_at > now()) AND " + _LIVING + " ORDER BY c.login, c.credential_id",
    )
    return [_living(row) for row in rows]


async def any_issued(connection: Connection) -> bool:
    """Whether there ever was a credential."""
    cursor = await connection.execute("SELECT EXISTS (SELECT FROM credentials)")
    row = await cursor.fetchone()
    return bool(row and row[0])


async def next_change(connection: Connection) -> timedelta | None:
    """How long until an overlap or a certificate ends by itself; None: none will."""
    cursor = await connection.execute(
        "SELECT min(ends) - now() FROM (SELECT least(revoked_at, expires_at) AS ends FROM credentials) c"
        " WHERE ends > now()"
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def shut_certificates(connection: Connection) -> list[tuple[str, str]]:
    """(serial number, hexadecimal; login) of certificates that have not expired and must open nothing any more."""
    cursor = await connection.execute(
        "SELECT c.serial, c.login FROM credentials c JOIN devices d ON d.device_key = c.device_key"
        " WHERE c.kind = 'certificate' AND c.expires_at > now()"
        " AND (d.retired_at IS NOT NULL OR NOT " + _LIVING + ") ORDER BY c.serial"
    )
    return [(str(serial), str(login)) for serial, login in await cursor.fetchall()]


async def add_passwords(connection: Connection, new: Sequence[NewPassword], *, by: int | None) -> list[int]:
    """Write credentials and return their identifiers, in order."""
    cursor = await connection.execute(
        """
        INSERT INTO credentials (device_key, service, kind, format, login, pbkdf2_sha512, bcrypt, issued_by)
        SELECT d.device_key, w.service, 'password', w.format, w.login, w.pbkdf2_sha512, w.bcrypt, %(by)s
        FROM unnest(%(devices)s::text[], %(services)s::text[], %(formats)s::text[], %(logins)s::text[],
            %(pbkdf2)s::text[], %(bcrypt)s::text[]) WITH ORDINALITY
            AS w(device_id, service, format, login, pbkdf2_sha512, bcrypt, place)
        LEFT JOIN devices d ON d.device_id = w.device_id ORDER BY w.place
        RETURNING credential_id""",
        {
            "by": by,
            "devices": [one.holder.device_id for one in new],
            "services": [one.holder.service for one in new],
            "formats": [str(one.format) for one in new],
            "logins": [one.login for one in new],
            "pbkdf2": [one.digests.pbkdf2_sha512 for one in new],
            "bcrypt": [one.digests.bcrypt for one in new],
        },
    )
    # Identity numbers follow the order of the rows.
    return sorted(int(row[0]) for row in await cursor.fetchall())


async def add_certificate(connection: Connection, new: NewCertificate, *, by: int | None) -> None:
    """Write what is kept of a client certificate."""
    await connection.execute(
        "INSERT INTO credentials (device_key, kind, format, login, fingerprint, serial, expires_at, issued_by)"
        " SELECT device_key, 'certificate', %s, device_id, %s, %s, %s, %s FROM devices WHERE device_id = %s",
        (str(new.format), new.fingerprint, new.serial, new.expires_at, by, new.device_id),
    )


async def revoke(
    connection: Connection, credential_ids: Sequence[int], *, after: timedelta, by: int | None
) -> datetime | None:
    """End credentials, now or when an overlap is over; what ends sooner keeps its end. Returns when."""
    cursor = await connection.execute(
        "UPDATE credentials SET revoked_at = least(revoked_at, now() + %s), revoked_by = %s"
        " WHERE credential_id = ANY(%s) RETURNING revoked_at",
        (after, by, list(credential_ids)),
    )
    return max((row[0] for row in await cursor.fetchall()), default=None)


def _credential(row: Mapping[str, Any]) -> Credential:
    return Credential(**{**row, "service": _service(row), "kind": Kind(row["kind"]), "format": Format(row["format"])})


def _living(row: Mapping[str, Any]) -> Living:
    kind = Kind(row["kind"])
    return Living(
        holder=Holder(device_id=row["device_id"], service=_service(row)),
        login=row["login"],
        kind=kind,
        format=Format(row["format"]),
        digests=Digests(pbkdf2_sha512=row["pbkdf2_sha512"], bcrypt=row["bcrypt"]) if kind is Kind.PASSWORD else None,
    )


def _service(row: Mapping[str, Any]) -> Service | None:
    return None if row["service"] is None else Service(row["service"])
