"""The subcommand `certificates`: a private authority, the broker's certificate, and devices' own."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import aiomqtt

from ingest.identity import authority, issuing, store
from ingest.identity.authority import Authority, CertificateError, Made
from ingest.identity.credential import Format, Holder
from ingest.identity.ending import end_session
from ingest.identity.issuing import CredentialsRefused
from ingest.identity.keeper import Target, reload
from ingest.identity.settings import AccessSettings
from runtime import broker_address, database
from runtime.broker_address import Address
from runtime.cli import CommandError
from runtime.clock import wall_now
from runtime.database import Connection
from runtime.settings import Settings, load

R = TypeVar("R")


def register(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    command = subcommands.add_parser("certificates", help="a private authority for TLS with the broker")
    command.add_argument("--folder", type=Path, required=True, help="where the authority and its files are")
    actions = command.add_subparsers(required=True, metavar="ACTION")
    found = actions.add_parser("ca", help="make the authority: ca.pem, ca.key and an empty revoked.pem")
    found.set_defaults(make=_found)
    server = actions.add_parser("server", help="the broker's server.pem and server.key; again, to renew them")
    server.add_argument("names", nargs="+", metavar="NAME", help="names and addresses that devices connect to")
    server.set_defaults(make=_server)
    device = actions.add_parser("device", help="client certificates of registered devices")
    device.add_argument("devices", nargs="+", metavar="DEVICE")
    device.add_argument("--format", choices=[*Format], default=Format.NATIVE, help="what they speak; docs/wire.md")
    device.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="gets DEVICE.pem and DEVICE.key")
    device.set_defaults(make=_device)
    revoked = actions.add_parser("revoked", help="write revoked.pem anew, after `device credentials revoke`")
    revoked.set_defaults(make=_revoked)
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    try:
        for line in arguments.make(arguments):
            print(line)
    except CertificateError as error:
        raise CommandError(str(error)) from None
    except CredentialsRefused as refused:
        raise CommandError(f"Nothing was made:\n{refused}") from None
    return 0


def _found(arguments: argparse.Namespace) -> list[str]:
    authority.found(arguments.folder, at=wall_now())
    return [f"{arguments.folder / authority.CA} is for devices; whoever has {authority.CA_KEY} can be any device"]


def _server(arguments: argparse.Namespace) -> list[str]:
    made = authority.for_server(authority.opened(arguments.folder), arguments.names, at=wall_now())
    return [f"{made.certificate_file} until {made.expires_at.date()}: let the broker read it again (SIGHUP)"]


def _device(arguments: argparse.Namespace) -> list[str]:
    signing = authority.opened(arguments.folder)
    made = asyncio.run(_with_database(lambda connection: _issue(connection, arguments, signing)))
    return [f"{one.certificate_file} until {one.expires_at.date()}" for one in made]


async def _issue(connection: Connection, arguments: argparse.Namespace, signing: Authority) -> list[Made]:
    wanted = [
        issuing.Request(holder=Holder(device_id=name), format=Format(arguments.format)) for name in arguments.devices
    ]
    await issuing.must_be_known(connection, wanted)
    made = []
    for one in wanted:
        device_id = str(one.holder.device_id)
        certificate = authority.for_device(signing, device_id, arguments.output, at=wall_now())
        await store.add_certificate(
            connection,
            store.NewCertificate(
                device_id=device_id,
                format=one.format,
                fingerprint=certificate.fingerprint,
                serial=certificate.serial,
                expires_at=certificate.expires_at,
            ),
            by=None,
        )
        made.append(certificate)
    return made


async def _with_database(work: Callable[[Connection], Awaitable[R]]) -> R:
    async with await database.connect_when_up(load(Settings).database_url) as connection:
        return await work(connection)


def _revoked(arguments: argparse.Namespace) -> list[str]:
    signing = authority.opened(arguments.folder)
    shut = asyncio.run(_with_database(store.shut_certificates))
    file = authority.revoke(signing, [serial for serial, _ in shut], at=wall_now())
    said = [f"{file} names {len(shut)} certificates"]
    settings = load(AccessSettings)
    target = Target.of(settings)
    if target is None or target.pid_file is None:
        return [*said, "let the broker read it again (SIGHUP), then disconnect their sessions by restarting it"]
    reload(target)
    asyncio.run(_end_sessions(broker_address.of(settings), sorted({login for _, login in shut})))
    return [*said, "the broker has read it, and their sessions are closed"]


async def _end_sessions(broker: Address, logins: Sequence[str]) -> None:
    # The broker reads its files in the order it was told and asked.
    try:
        for login in logins:
            await end_session(broker, login)
    except aiomqtt.MqttError as error:
        raise CertificateError(f"sessions could not be closed: {broker_address.why(error, broker)}") from None
