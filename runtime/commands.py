"""Subcommands of runtime: `migrate`, `up`, `doctor`, `clock`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from runtime import clock, database, doctor, service, telemetry
from runtime import migrate as migrations
from runtime.cli import CommandError
from runtime.embedded import Embedded, EmbeddedError
from runtime.settings import Settings, WithoutDatabase, load

#: Seconds that `tongxing migrate` waits for a database that is just starting.
MIGRATE_WAITS_S = 30.0


def register(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommands of this package."""
    command = subcommands.add_parser("migrate", help="bring the database's tables up to date")
    command.set_defaults(run=_migrate)

    command = subcommands.add_parser("up", help="run a database and an MQTT broker without installing any")
    command.add_argument("--broker-port", type=int, help="default: the one of last time, else 1883, else any free one")
    command.add_argument("--database-port", type=int, help="default: the one of last time, else any free one")
    command.set_defaults(run=_up)

    command = subcommands.add_parser("doctor", help="check everything Tongxing needs and say how to mend it")
    command.set_defaults(run=_doctor)

    command = subcommands.add_parser("clock", help="print the time of the run's clock, as devices write it")
    command.add_argument("--iso", action="store_true", help="as 2026-11-20T18:40:00Z instead of seconds since 1970")
    command.set_defaults(run=_clock)


def _migrate(_: argparse.Namespace) -> int:
    settings = load(Settings)
    telemetry.configure_logging(settings, service="migrate")
    try:
        ran = asyncio.run(migrations.migrate(settings.database_url, wait_s=MIGRATE_WAITS_S))
    except (migrations.MigrationError, database.DatabaseAway) as error:
        raise CommandError(str(error)) from error
    print(f"{len(ran)} migrations ran" if ran else "already up to date")
    return 0


def _up(arguments: argparse.Namespace) -> int:
    settings = load(WithoutDatabase)
    telemetry.configure_logging(settings, service="up")

    async def main(stop: service.Stop) -> None:
        await _run_servers(stop, settings.data_dir, arguments.broker_port, arguments.database_port)

    try:
        service.run(main)
    except (EmbeddedError, migrations.MigrationError) as error:
        raise CommandError(str(error)) from error
    return 0


async def _run_servers(stop: service.Stop, data_dir: Path, broker_port: int | None, database_port: int | None) -> None:
    async with Embedded(data_dir, broker_port, database_port, progress=_say) as servers:
        await migrations.migrate(servers.database_url)
        print("\n".join(f"{name}={value}" for name, value in servers.variables.items()), flush=True)
        _say(f"running in {data_dir}; the lines above are for .env; Ctrl-C ends both")
        servers.failed.add_done_callback(lambda _: stop.request())
        await stop.wait()
        if servers.failed.done():
            raise EmbeddedError(str(servers.failed.result()))
        _say("ending")


def _say(what: str) -> None:
    print(f"tongxing: {what}", file=sys.stderr, flush=True)


def _doctor(_: argparse.Namespace) -> int:
    findings = asyncio.run(doctor.examine())
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        print(f"{finding.verdict:<5} {finding.subject:<{width}}  {finding.says}")
    return 1 if any(finding.verdict is doctor.Verdict.WRONG for finding in findings) else 0


def _clock(arguments: argparse.Namespace) -> int:
    now = clock.from_settings(load(WithoutDatabase)).now()
    print(now.strftime("%Y-%m-%dT%H:%M:%SZ") if arguments.iso else f"{now.timestamp():.3f}")
    return 0
