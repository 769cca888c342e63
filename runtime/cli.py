"""The `tongxing` command. It knows no package: each registers its subcommands through an entry point.

A package's entry point in group `tongxing.commands` is a function `register(subcommands)` that adds argparse parsers
and sets `run` (a function of the parsed arguments that returns an exit code) as their default.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

from runtime.settings import SettingsError

EXIT_WRONG_USE = 2
#: As shells report SIGINT.
EXIT_INTERRUPTED = 130


class CommandError(Exception):
    """A command could not do its work; the message says what to do."""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="tongxing", description="Tongxing: from a bracelet's message to someone who goes."
    )
    subcommands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for point in sorted(entry_points(group="tongxing.commands"), key=lambda point: point.name):
        point.load()(subcommands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit code."""
    parsed = parser().parse_args(arguments)
    try:
        return int(parsed.run(parsed) or 0)
    except (SettingsError, CommandError) as error:
        print(f"tongxing: {error}", file=sys.stderr)  # noqa: T201 - the command line speaks to a person
        return EXIT_WRONG_USE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


if __name__ == "__main__":
    # Under its own name, not as `__main__`: packages raise the CommandError of `runtime.cli`.
    from runtime.cli import main as main_of_the_module

    sys.exit(main_of_the_module())
