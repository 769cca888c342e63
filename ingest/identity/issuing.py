"""Issue, rotate and revoke, in the caller's transaction: all of what was asked, or nothing and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from ingest.identity import store
from ingest.identity.credential import (
    MOST_OVERLAP,
    OVERLAP,
    Credential,
    Format,
    Holder,
    Issued,
    Kind,
    digests,
    first_login,
    free_login,
    new_secret,
)
from ingest.identity.store import NewPassword
from ingest.wire import owntracks
from runtime.database import Connection


class Refusal(StrEnum):
    """Why nothing was done."""

    UNKNOWN_DEVICE = "unknown_device"
    HAS_ONE = "has_one"
    HAS_NONE = "has_none"
    BOTH_IN_USE = "both_in_use"
    NO_USER = "no_user"
    TWICE = "twice"
    OVERLAP_TOO_LONG = "overlap_too_long"
    UNKNOWN_CREDENTIAL = "unknown_credential"


_SENTENCES: Mapping[Refusal, str] = {
    Refusal.UNKNOWN_DEVICE: "is not registered, or retired: add it first",
    Refusal.HAS_ONE: "has a credential: rotate it instead",
    Refusal.HAS_NONE: "has no password that could be rotated: issue one",
    Refusal.BOTH_IN_USE: "is still in the overlap of its last rotation: revoke the older one first, or wait",
    Refusal.NO_USER: "is no OwnTracks id, which is user-device: owntracks/li_na/phone is li_na-phone",
    Refusal.TWICE: "stands twice: leave one away",
    Refusal.OVERLAP_TOO_LONG: f"may overlap for 0 to {MOST_OVERLAP.days} days",
    Refusal.UNKNOWN_CREDENTIAL: "has no such credential that still works",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One holder that stands in the way."""

    holder: Holder
    refusal: Refusal

    def __str__(self) -> str:
        """A sentence for a person."""
        return f"{self.holder} {_SENTENCES[self.refusal]}"

    @property
    def message(self) -> str:
        """The sentence without its subject."""
        return _SENTENCES[self.refusal]


class CredentialsRefused(Exception):  # noqa: N818 - said as people say it
    """Nothing was changed."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A credential that is wanted."""

    holder: Holder
    format: Format = Format.NATIVE


async def issue(connection: Connection, wanted: Sequence[Request], *, by: int | None) -> list[Issued]:
    """New secrets, one each, in order; they are shown once.

    Args:
        connection: in a transaction.
        wanted: whose.
        by: the user who asks; None: the command line.

    Raises:
        CredentialsRefused: a device is unknown or has a password already; nothing was issued.
    """
    holders = [one.holder for one in wanted]
    _refuse(_twice(holders))
    known = await store.hold(connection, holders)
    passwords = _passwords(await store.of_holders(connection, holders, living=True))
    _refuse(fault for one in wanted if (fault := _issue_fault(one, known, passwords)) is not None)
    return await _write(connection, [(one.holder, one.format, first_login(one.holder)) for one in wanted], by=by)


async def must_be_known(connection: Connection, wanted: Sequence[Request]) -> None:
    """Go on only with devices in use, for certificates: of these a device may have several.

    Raises:
        CredentialsRefused: one is unknown, retired or cannot speak its format.
    """
    _refuse(_twice([one.holder for one in wanted]))
    known = await store.hold(connection, [one.holder for one in wanted])
    _refuse(fault for one in wanted if (fault := _issue_fault(one, known, {})) is not None)


async def rotate(
    connection: Connection, holders: Sequence[Holder], *, by: int | None, overlap: timedelta = OVERLAP
) -> list[Issued]:
    """New secrets beside the old ones, which end when the overlap is over.

    A broker knows one password a login, so the new secret comes with the device's other login.

    Raises:
        CredentialsRefused: a holder has none, or an earlier rotation still overlaps; nothing was changed.
    """
    _refuse(_twice(holders))
    if not timedelta() <= overlap <= MOST_OVERLAP:
        _refuse(Fault(holder=holder, refusal=Refusal.OVERLAP_TOO_LONG) for holder in holders)
    known = await store.hold(connection, holders)
    _refuse(Fault(holder=one, refusal=Refusal.UNKNOWN_DEVICE) for one in holders if one not in known)
    passwords = _passwords(await store.of_holders(connection, holders, living=True))
    _refuse(Fault(holder=one, refusal=Refusal.HAS_NONE) for one in holders if one not in passwords)
    wanted = []
    for one in holders:
        taken = frozenset(old.login for old in passwords[one]) if overlap else frozenset()
        login = free_login(one, taken)
        if login is None:
            raise CredentialsRefused([Fault(holder=one, refusal=Refusal.BOTH_IN_USE)])
        wanted.append((one, passwords[one][0].format, login))
    old = [credential.credential_id for one in holders for credential in passwords[one]]
    until = await store.revoke(connection, old, after=overlap, by=by)
    issued = await _write(connection, wanted, by=by)
    return [
        Issued(
            credential_id=one.credential_id,
            holder=one.holder,
            format=one.format,
            login=one.login,
            secret=one.secret,
            overlap_until=until if overlap else None,
        )
        for one in issued
    ]


async def revoke(
    connection: Connection, holder: Holder, *, by: int | None, credential_id: int | None = None
) -> list[Credential]:
    """End all credentials of a holder now, or one of them; the broker closes the sessions they opened.

    A retired device's can be revoked too.

    Raises:
        CredentialsRefused: there is none that works.
    """
    await store.hold(connection, [holder])
    living = await store.of_holders(connection, [holder], living=True)
    ended = [one for one in living if credential_id in {None, one.credential_id}]
    if not ended:
        raise CredentialsRefused([Fault(holder=holder, refusal=Refusal.UNKNOWN_CREDENTIAL)])
    await store.revoke(connection, [one.credential_id for one in ended], after=timedelta(), by=by)
    return ended


async def _write(
    connection: Connection, wanted: Sequence[tuple[Holder, Format, str]], *, by: int | None
) -> list[Issued]:
    shown = [(holder, wire_format, login, new_secret()) for holder, wire_format, login in wanted]
    new = [
        NewPassword(holder=holder, format=wire_format, login=login, digests=digests(secret))
        for holder, wire_format, login, secret in shown
    ]
    identifiers = await store.add_passwords(connection, new, by=by)
    return [
        Issued(credential_id=identifier, holder=holder, format=wire_format, login=login, secret=secret)
        for identifier, (holder, wire_format, login, secret) in zip(identifiers, shown, strict=True)
    ]


def _refuse(faults: Iterable[Fault]) -> None:
    found = tuple(faults)
    if found:
        raise CredentialsRefused(found)


def _twice(holders: Sequence[Holder]) -> list[Fault]:
    repeated = {holder for holder in holders if holders.count(holder) > 1} if len(set(holders)) < len(holders) else ()
    return [Fault(holder=holder, refusal=Refusal.TWICE) for holder in sorted(repeated, key=str)]


def _passwords(living: Iterable[Credential]) -> dict[Holder, list[Credential]]:
    found: dict[Holder, list[Credential]] = {}
    for one in living:
        if one.kind is Kind.PASSWORD:
            found.setdefault(Holder(device_id=one.device_id, service=one.service), []).append(one)
    return found


def _issue_fault(one: Request, known: frozenset[Holder], passwords: Mapping[Holder, object]) -> Fault | None:
    if one.holder not in known:
        return Fault(holder=one.holder, refusal=Refusal.UNKNOWN_DEVICE)
    if one.holder in passwords:
        return Fault(holder=one.holder, refusal=Refusal.HAS_ONE)
    if one.format is Format.OWNTRACKS and not _has_user(one.holder.device_id or ""):
        return Fault(holder=one.holder, refusal=Refusal.NO_USER)
    return None


def _has_user(device_id: str) -> bool:
    """Whether a topic of OwnTracks leads to this id."""
    user, _, device = device_id.partition("-")
    return owntracks.device_of(["owntracks", user, device]) == device_id
