"""Subcommands of ingest."""

from __future__ import annotations

import argparse

from ingest import replay_commands
from ingest.service import serve
from ingest.settings import IngestSettings
from runtime import service, telemetry
from runtime.settings import load


def register(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommands of this package."""
    command = subcommands.add_parser("ingest", help="take readings from the broker, judge and store them")
    command.set_defaults(run=_ingest)
    replay_commands.register(subcommands)


def _ingest(_: argparse.Namespace) -> int:
    settings = load(IngestSettings)
    telemetry.configure_logging(settings, service="ingest")
    service.run(lambda stop: serve(settings, stop))
    return 0
