"""The subcommand `import`: load a register of who responds from a CSV file."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from api.importing.csv_rows import RegisterError
from api.importing.loading import Loaded, Register, load
from runtime import database, telemetry
from runtime.cli import CommandError
from runtime.settings import Settings
from runtime.settings import load as load_settings


def register(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    command = subcommands.add_parser("import", help="load divisions, stations or coordinators from CSV")
    command.add_argument("register", choices=[str(register) for register in Register])
    command.add_argument("file", type=Path, help="CSV with column names in its first line; loading it again updates")
    command.set_defaults(run=_import)


def _import(arguments: argparse.Namespace) -> int:
    settings = load_settings(Settings)
    telemetry.configure_logging(settings, service="import")
    try:
        raw = arguments.file.read_bytes()
    except OSError as error:
        raise CommandError(
            f"{arguments.file} cannot be read: {error.strerror}. Write the path of a CSV file."
        ) from None
    try:
        loaded = asyncio.run(_load(settings, Register(arguments.register), raw))
    except RegisterError as error:
        raise CommandError(f"Nothing of {arguments.file} was loaded:\n{error}") from None
    print(f"{loaded.rows} {loaded.register}")
    return 0


async def _load(settings: Settings, register: Register, raw: bytes) -> Loaded:
    async with await database.connect_when_up(settings.database_url) as connection:
        return await load(connection, register, raw)
