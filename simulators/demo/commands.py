"""The subcommand `demo`."""

from __future__ import annotations

import argparse
from pathlib import Path

import httpx

from runtime import service, telemetry
from runtime.child import ChildError
from runtime.cli import CommandError
from runtime.embedded import EmbeddedError
from runtime.processes import ProcessError
from runtime.service import Stop
from runtime.settings import WithoutDatabase, load
from simulators import city, simulation
from simulators.demo import options
from simulators.demo.options import Options
from simulators.demo.run import Demo
from simulators.demo.screen import Screen
from simulators.errors import SimulatorError


def register(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add it."""
    command = subcommands.add_parser(
        "demo", help="everything on this machine, with people who do not exist, in one command"
    )
    command.add_argument("--headless", action="store_true", help="nobody will open the console")
    command.add_argument("--seconds", type=float, metavar="N", help="end N seconds after the city came alive")
    command.add_argument("--json", action="store_true", help="print one object with the figures at the end")
    command.add_argument("--port", type=int, metavar="N", help="of the console (8000, or the next free one)")
    command.add_argument("--rate", type=float, default=options.RATE, help="simulated seconds in a real one (10)")
    command.add_argument("--seed", type=int, default=simulation.SEED, help="another seed is another city (1)")
    command.add_argument("--bracelets", type=int, default=city.BRACELETS, help="persons with one (1500)")
    command.add_argument("--beds", type=int, default=city.BEDS, help="beds (2000)")
    command.add_argument("--sessions", type=int, default=simulation.SESSIONS, help="MQTT sessions (8)")
    command.add_argument("--fresh", action="store_true", help="empty the data folder first")
    command.add_argument("--webhook", metavar="URL", help="your own receiver instead of the demo's telephone")
    command.add_argument("--webhook-secret", metavar="S", help="signs what is sent there")
    command.add_argument("--data-dir", type=Path, metavar="DIR", help="instead of TONGXING_DATA_DIR (.tongxing)")
    command.set_defaults(run=_demo)


def _demo(parsed: argparse.Namespace) -> int:
    settings = load(WithoutDatabase)
    telemetry.configure_logging(settings.model_copy(update={"log_level": "warning"}), service="demo")
    asked = _options(parsed, settings.data_dir)
    outcome: list[int] = []

    async def main(stop: Stop) -> None:
        outcome.append(await Demo(asked, Screen(quiet_output=asked.json)).run(stop))

    try:
        service.run(main)
    except (SimulatorError, EmbeddedError, ProcessError, ChildError) as error:
        raise CommandError(str(error)) from error
    except httpx.HTTPError as error:
        raise CommandError(
            f"the api stopped answering ({error}): see {asked.data_dir / 'logs' / 'api.log'}."
        ) from error
    return outcome[0] if outcome else 0


def _options(parsed: argparse.Namespace, data_dir: Path) -> Options:
    if (parsed.webhook is None) != (parsed.webhook_secret is None):
        raise CommandError("--webhook and --webhook-secret belong together: give both or neither.")
    if not 0 < parsed.rate <= 1_000:  # noqa: PLR2004 - faster than that nobody could answer a call
        raise CommandError("--rate must be above 0 and at most 1000.")
    if parsed.seconds is not None and not parsed.seconds > 0:
        raise CommandError("--seconds must be above 0.")
    if parsed.bracelets < 1 or parsed.beds < 0 or parsed.sessions < 1:
        raise CommandError("--bracelets and --sessions must be at least 1, --beds at least 0.")
    return Options(
        data_dir=(parsed.data_dir or data_dir).absolute(),
        headless=parsed.headless,
        seconds=parsed.seconds,
        json=parsed.json,
        port=parsed.port,
        rate=parsed.rate,
        seed=parsed.seed,
        bracelets=parsed.bracelets,
        beds=parsed.beds,
        sessions=parsed.sessions,
        fresh=parsed.fresh,
        webhook=(parsed.webhook, parsed.webhook_secret) if parsed.webhook else None,
    )
