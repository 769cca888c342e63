"""The subcommand `import`: load a register of who responds from a CSV file, or dangers from GeoJSON."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from api.dangers.commands import load_file
from api.importing.csv_rows import RegisterError
from api.importing.loading import Loaded, Register, load
from geofence.datum import Datum
from runtime import database, telemetry
from runtime.cli import CommandError
from runtime.settings import Settings
from runtime.settings import load as load_settings

#: The one that is no table but a map.
DANGERS = "dangers"


def register(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    command = subcommands.add_parser("import", help="load divisions, stations or coordinators, or a map of dangers")
    command.add_argument("register", choices=[*(str(register) for register in Register), DANGERS])
    command.add_argument(
        "file", type=Path, help="CSV with column names in its first line, dangers: GeoJSON; loading it again updates"
    )
    command.add_argument(
        "--datum", choices=[str(datum) for datum in Datum], help="dangers only: what the coordinates refer to"
    )
    command.add_argument("--keep", action="store_true", help="dangers only: keep those that are not in the file")
    command.set_defaults(run=_import)


def _import(arguments: argparse.Namespace) -> int:
    settings = load_settings(Settings)
    telemetry.configure_logging(settings, service="import")
    if arguments.register == DANGERS:
        return _import_dangers(settings, arguments)
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


def _import_dangers(settings: Settings, arguments: argparse.Namespace) -> int:
    if arguments.datum is None:
        raise CommandError(
            "Say what the coordinates refer to: --datum gcj02 for maps made in China, --datum wgs84 for OpenStreetMap."
        )
    print(f"{load_file(settings, arguments.file, arguments.datum, keep_others=arguments.keep)} dangers")
    return 0


async def _load(settings: Settings, register: Register, raw: bytes) -> Loaded:
    async with await database.connect_when_up(settings.database_url) as connection:
        return await load(connection, register, raw)
