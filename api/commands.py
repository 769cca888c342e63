"""Subcommands of api: `api`, `register FILE`, `user add NAME`; those of imports and of keeping stand with them."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import re
import sys
from pathlib import Path

from alerts import messages
from alerts.errors import TemplateError
from api import passwords, store
from api import register as rosters
from api.access import Role
from api.credentials import certificates
from api.credentials import commands as credentials
from api.importing import commands as importing
from api.keeping import commands as keeping
from api.keeping.service import Keeper
from api.schemas.fields import DIVISION_PATTERN, USERNAME_PATTERN
from api.schemas.roster import MIN_PASSWORD, Roster
from api.server import ServerError, serve
from api.settings import ApiSettings
from runtime import clock, database, service, telemetry
from runtime.cli import CommandError
from runtime.settings import Settings, load


def register(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommands of this package."""
    api = subcommands.add_parser("api", help="serve REST, the live stream and the console")
    api.set_defaults(run=_api)
    roster = subcommands.add_parser("register", help="load a roster of users, persons, devices and zones")
    roster.add_argument("file", type=Path, help="a roster in JSON; loading it again updates")
    roster.set_defaults(run=_register)
    importing.register(subcommands)
    keeping.register(subcommands)
    credentials.register(subcommands)
    certificates.register(subcommands)
    user = subcommands.add_parser("user", help="manage logins")
    add = user.add_subparsers(required=True, metavar="ACTION").add_parser(
        "add", help="add a login, or change it; asks for the password"
    )
    add.add_argument("name")
    add.add_argument("--role", required=True, choices=[str(role) for role in Role])
    add.add_argument("--display-name", help="what others see; default: the name")
    add.add_argument("--division", default="", help="statistical code, or a prefix, where a responder works")
    add.add_argument("--language", default="zh-CN", choices=["zh-CN", "en"])
    add.set_defaults(run=_add_user)


def _api(_: argparse.Namespace) -> int:
    settings = load(ApiSettings)
    telemetry.configure_logging(settings, service="api")
    try:
        messages.install(settings.alerts_templates_dir)
        service.run(lambda stop: _serve(settings, stop))
    except (ServerError, TemplateError) as error:
        raise CommandError(str(error)) from None
    return 0


async def _serve(settings: ApiSettings, stop: service.Stop) -> None:
    """The server, and beside it what sums up and deletes; one of several processes does."""
    ticking = clock.from_settings(settings)
    keeper = Keeper(settings.database_url, settings, ticking)
    task = asyncio.create_task(keeper.run()) if settings.keep_by_itself else None
    try:
        await serve(settings, clock=ticking, stop=stop)
    finally:
        if task is not None:
            await service.ended([task])


def _register(arguments: argparse.Namespace) -> int:
    settings = load(Settings)
    telemetry.configure_logging(settings, service="register")
    try:
        loaded = asyncio.run(_load(settings, rosters.read(arguments.file)))
    except rosters.RosterError as error:
        raise CommandError(str(error)) from None
    print(
        f"{loaded.users} users, {loaded.persons} persons, {loaded.devices} devices, {loaded.zones} zones, "
        f"{loaded.receivers} receivers"
    )
    return 0


async def _load(settings: Settings, roster: Roster) -> rosters.Loaded:
    async with await database.connect_when_up(settings.database_url) as connection:
        return await rosters.load(connection, roster, at=clock.from_settings(settings).now())


def _add_user(arguments: argparse.Namespace) -> int:
    settings = load(Settings)
    telemetry.configure_logging(settings, service="user")
    if not re.match(USERNAME_PATTERN, arguments.name):
        raise CommandError(f"{arguments.name!r} cannot be a name: write 1 to 64 of A-Z a-z 0-9 . _ @ -")
    if not re.match(DIVISION_PATTERN, arguments.division):
        raise CommandError(f"--division is {arguments.division!r}: write up to 12 digits")
    values = {
        "username": arguments.name,
        "password_hash": passwords.hash_of(_asked_password()),
        "display_name": arguments.display_name or arguments.name,
        "role": arguments.role,
        "division": arguments.division,
        "language": arguments.language,
    }
    asyncio.run(_put_user(settings, values))
    print(f"{arguments.name} may sign in as {arguments.role}")
    return 0


async def _put_user(settings: Settings, values: dict[str, str]) -> None:
    async with await database.connect_when_up(settings.database_url) as connection:
        await store.put_users(connection, [values])


def _asked_password() -> str:
    """From the terminal, twice; from a pipe, its first line."""
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise CommandError("The two passwords differ. Try again.")
    if len(password) < MIN_PASSWORD:
        raise CommandError(f"A password needs at least {MIN_PASSWORD} characters.")
    return password
