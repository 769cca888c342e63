"""The `tongxing` command. It knows no package: each registers its subcommands through an entry point.

A package's entry point in group `tongxing.commands` is a function `register(subcommands)` that adds argparse parsers
and sets `run` (a function of the parsed arguments that returns an exit code) as their default. It has an entry for each
of its subcommands, under the subcommand's name: only the one that is asked for is imported: all take seconds.
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


def parser(asked: str | None = None) -> argparse.ArgumentParser:
    """The command line: of the subcommand that is asked for, or the whole of it where that is unknown."""
    top = argparse.ArgumentParser(
        prog="tongxing", description="Tongxing: from a bracelet's message to someone who goes."
    )
    subcommands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    points = entry_points(group="tongxing.commands")
    chosen = points.select(name=asked) or points if asked else points
    # One function may register several subcommands; in the order of packages, as they are listed.
    for _, point in sorted({point.value: point for point in chosen}.items()):
        point.load()(subcommands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    parsed = parser(words[0] if words else None).parse_args(words)
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
