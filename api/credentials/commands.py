"""The subcommand `device credentials`: issue, rotate, revoke, list, export, apply."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from api.credentials import batch, labels
from api.importing.csv_rows import RegisterError, Row
from ingest.identity import issuing, keeper, store
from ingest.identity.credential import OVERLAP, Credential, Format, Holder, Issued, Service
from ingest.identity.issuing import CredentialsRefused
from ingest.identity.keeper import AccessNotWritten, Target
from ingest.identity.settings import AccessSettings
from runtime import database, telemetry
from runtime.cli import CommandError
from runtime.database import Connection
from runtime.settings import load

_HOUR_S = 3600
_PRIVATE = 0o600

R = TypeVar("R")
#: Hands out new credentials in one transaction.
_Work = Callable[[Connection], Awaitable[list[Issued]]]


def register(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    device = subcommands.add_parser("device", help="manage what devices are let in with")
    credentials = device.add_subparsers(required=True, metavar="WHAT").add_parser(
        "credentials", help="logins at the broker"
    )
    actions = credentials.add_subparsers(required=True, metavar="ACTION")
    issue = actions.add_parser("issue", help="a login and a secret for devices that have none; secrets are shown once")
    _add_whose(issue, lists=True)
    issue.add_argument("--format", choices=[*Format], default=Format.NATIVE, help="what they speak; docs/wire.md")
    _add_output(issue)
    issue.set_defaults(run=_issue)
    rotate = actions.add_parser("rotate", help="new secrets; the old ones work until the overlap is over")
    _add_whose(rotate, lists=True)
    hours = OVERLAP.total_seconds() / _HOUR_S
    rotate.add_argument("--overlap", type=float, default=hours, metavar="HOURS", help=f"default: {hours:g}; 0: none")
    _add_output(rotate)
    rotate.set_defaults(run=_rotate)
    revoke = actions.add_parser("revoke", help="end credentials now; the broker closes their sessions")
    _add_whose(revoke, lists=False)
    revoke.add_argument("--credential", type=int, metavar="ID", help="only this one of the device")
    revoke.set_defaults(run=_revoke)
    listing = actions.add_parser("list", help="what was issued; no secrets")
    listing.add_argument("devices", nargs="*", metavar="DEVICE")
    listing.add_argument("--all", action="store_true", help="also those that work no more")
    listing.set_defaults(run=_list)
    export = actions.add_parser("export", help="issue to every device in use that has none, into a file")
    export.add_argument("file", type=Path, help="CSV that is made; holds secrets, readable for you alone")
    export.add_argument("--labels", type=Path, metavar="FILE", help="labels to print, HTML")
    export.add_argument("--broker", default="", metavar="URL", help="what stands on the labels: mqtts://host:8883")
    export.set_defaults(run=_export)
    apply = actions.add_parser("apply", help="write the broker's files now (TONGXING_BROKER_ACCESS_DIR)")
    apply.set_defaults(run=_apply)


def _add_whose(command: argparse.ArgumentParser, *, lists: bool) -> None:
    command.add_argument("devices", nargs="*", metavar="DEVICE", help="ids of registered devices")
    command.add_argument("--service", choices=[*Service], help="not a device but a part of ours, or a gateway")
    if lists:
        command.add_argument("--from", dest="list", type=Path, metavar="FILE", help="CSV with a column device_id")


def _add_output(command: argparse.ArgumentParser) -> None:
    command.add_argument("--output", type=Path, metavar="FILE", help="CSV that is made; else it is printed")
    command.add_argument("--secret-only", action="store_true", help="print nothing but the secrets")
    command.add_argument("--labels", type=Path, metavar="FILE", help="labels to print, HTML")
    command.add_argument("--broker", default="", metavar="URL", help="what stands on the labels: mqtts://host:8883")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whose:
    """Who is meant, and the lines of the list they stand in."""

    wanted: list[issuing.Request]
    rows: list[Row[batch.DeviceRow]]

    @property
    def holders(self) -> list[Holder]:
        return [one.holder for one in self.wanted]


def _whose(arguments: argparse.Namespace) -> _Whose:
    given = Format(getattr(arguments, "format", Format.NATIVE))
    wanted = [issuing.Request(holder=Holder(device_id=name), format=given) for name in arguments.devices]
    if arguments.service:
        wanted.append(issuing.Request(holder=Holder(service=Service(arguments.service))))
    file = getattr(arguments, "list", None)
    rows = [] if file is None else _rows(file)
    wanted += batch.wanted(rows)
    if not wanted:
        raise CommandError("Name devices, a --service, or a list with --from.")
    return _Whose(wanted=wanted, rows=rows)


def _rows(file: Path) -> list[Row[batch.DeviceRow]]:
    try:
        return batch.devices(file.read_bytes())
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}. Write the path of a CSV file.") from None
    except RegisterError as error:
        raise CommandError(f"Nothing of {file} was done:\n{error}") from None


def _issue(arguments: argparse.Namespace) -> int:
    whose = _whose(arguments)
    return _hand_out(arguments, whose.rows, lambda connection: issuing.issue(connection, whose.wanted, by=None))


def _rotate(arguments: argparse.Namespace) -> int:
    whose, overlap = _whose(arguments), timedelta(hours=arguments.overlap)
    return _hand_out(
        arguments,
        whose.rows,
        lambda connection: issuing.rotate(connection, whose.holders, by=None, overlap=overlap),
    )


def _export(arguments: argparse.Namespace) -> int:
    async def work(connection: Connection) -> list[Issued]:
        without = await store.devices_without(connection)
        return await issuing.issue(
            connection, [issuing.Request(holder=Holder(device_id=one)) for one in without], by=None
        )

    arguments.output, arguments.secret_only = arguments.file, False
    return _hand_out(arguments, [], work)


def _hand_out(arguments: argparse.Namespace, rows: list[Row[batch.DeviceRow]], work: _Work) -> int:
    """Issue, and write what was issued before it is committed: a secret that nobody saw would lock the device out."""

    async def written(connection: Connection) -> int:
        issued = await work(connection)
        _write(arguments, issued)
        return len(issued)

    count = _in_a_transaction(written, rows)
    if arguments.output is not None:
        print(f"{count} credentials are in {arguments.output}; nobody can read their secrets again", file=sys.stderr)
    return 0


def _write(arguments: argparse.Namespace, issued: Sequence[Issued]) -> None:
    if arguments.labels is not None:
        _make(arguments.labels, labels.sheet(issued, broker=arguments.broker))
    if arguments.secret_only:
        print("\n".join(one.secret for one in issued), flush=True)
    elif arguments.output is None:
        print(batch.table(issued), end="", flush=True)
    else:
        _make(arguments.output, batch.table(issued))


def _make(file: Path, content: str) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as output:
            output.write(content)
    except FileExistsError:
        raise CommandError(f"{file} exists, and holds secrets perhaps: name another file. Nothing was done.") from None
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}. Nothing was done.") from None


def _revoke(arguments: argparse.Namespace) -> int:
    holders = _whose(arguments).holders

    async def work(connection: Connection) -> list[Credential]:
        ended = [await issuing.revoke(connection, one, by=None, credential_id=arguments.credential) for one in holders]
        return [one for several in ended for one in several]

    for one in _in_a_transaction(work):
        print(f"{one.login}: {one.kind} {one.credential_id} is refused from now on")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    async def work(connection: Connection) -> list[Credential]:
        found = await store.everything(connection, living=not arguments.all)
        return [one for one in found if not arguments.devices or one.device_id in arguments.devices]

    for one in _in_a_transaction(work):
        ends = [("until", one.expires_at), ("refused from", one.revoked_at)]
        said = [f"{word} {at.isoformat(timespec='seconds')}" for word, at in ends if at is not None]
        print(one.credential_id, one.login, one.kind, one.format, one.issued_at.date(), *said, sep="\t")
    return 0


def _apply(_: argparse.Namespace) -> int:
    async def nothing(_: Connection) -> None:
        return

    if Target.of(load(AccessSettings)) is None:
        raise CommandError("TONGXING_BROKER_ACCESS_DIR is not set. Write the folder of the broker's files.")
    _in_a_transaction(nothing)
    return 0


def _in_a_transaction(work: Callable[[Connection], Awaitable[R]], rows: Sequence[Row[batch.DeviceRow]] = ()) -> R:
    """Do something with credentials, all or nothing, and let the broker know."""
    settings = load(AccessSettings)
    telemetry.configure_logging(settings, service="credentials")
    try:
        return asyncio.run(_work(settings, work))
    except CredentialsRefused as refused:
        said = batch.by_line(refused, rows) if rows else refused
        raise CommandError(f"Nothing was changed:\n{said}") from None
    except AccessNotWritten as error:
        raise CommandError(f"It is in the table, and {error}; then `tongxing device credentials apply`.") from None


async def _work(settings: AccessSettings, work: Callable[[Connection], Awaitable[R]]) -> R:
    async with await database.connect_when_up(settings.database_url) as connection:
        done = await work(connection)
        await connection.commit()
        if (target := Target.of(settings)) is not None:
            await keeper.apply(connection, target)
    return done
