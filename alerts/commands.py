"""Subcommands of alerts: `alerts` serves, `alerts check` looks for what would keep somebody from being told."""

from __future__ import annotations

import argparse
import asyncio
import base64
import secrets

from alerts import messages
from alerts.checking import findings
from alerts.errors import AlertsError
from alerts.serving import serve
from alerts.settings import AlertsSettings
from runtime import database, service, telemetry
from runtime.cli import CommandError
from runtime.settings import load


def register(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommands of this package."""
    command = subcommands.add_parser("alerts", help="turn detections into incidents and tell people")
    command.set_defaults(run=_alerts)
    actions = command.add_subparsers(dest="action", metavar="ACTION")
    check = actions.add_parser("check", help="list ladders, templates and receivers that would not work")
    check.set_defaults(run=_check)
    vapid = actions.add_parser("vapid", help="make a key that signs messages to browsers, as a line of settings")
    vapid.set_defaults(run=_vapid)


def _alerts(_: argparse.Namespace) -> int:
    settings = load(AlertsSettings)
    telemetry.configure_logging(settings, service="alerts")
    try:
        service.run(lambda stop: serve(settings, stop))
    except AlertsError as error:
        raise CommandError(str(error)) from error
    return 0


def _check(_: argparse.Namespace) -> int:
    settings = load(AlertsSettings)
    try:
        messages.install(settings.alerts_templates_dir)
    except AlertsError as error:
        raise CommandError(str(error)) from error
    found = asyncio.run(_findings(settings))
    print("\n".join(found) if found else "templates, ladders and receivers are in order")
    return 1 if found else 0


def _vapid(_: argparse.Namespace) -> int:
    number = secrets.token_bytes(32)
    print(f"TONGXING_ALERTS_VAPID_PRIVATE_KEY={base64.urlsafe_b64encode(number).decode().rstrip('=')}")
    return 0


async def _findings(settings: AlertsSettings) -> list[str]:
    async with await database.connect(settings.database_url) as connection:
        return await findings(connection, settings)
