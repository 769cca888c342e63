"""Subcommands of runtime: `migrate`, `up`, `doctor`."""

from __future__ import annotations

import argparse
import asyncio

from runtime import migrate as migrations
from runtime import telemetry
from runtime.cli import CommandError
from runtime.settings import Settings, load


def register(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommands of this package."""
    command = subcommands.add_parser("migrate", help="bring the database's tables up to date")
    command.set_defaults(run=_migrate)


def _migrate(_: argparse.Namespace) -> int:
    settings = load(Settings)
    telemetry.configure_logging(settings, service="migrate")
    try:
        ran = asyncio.run(migrations.migrate(settings.database_url))
    except migrations.MigrationError as error:
        raise CommandError(str(error)) from error
    print(f"{len(ran)} migrations ran" if ran else "already up to date")
    return 0
