"""The command line imports the package of the subcommand that is asked for, and no other."""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from runtime import cli


def _names(parser: argparse.ArgumentParser) -> set[str]:
    (choices,) = (action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return set(choices)


def test_every_subcommand_has_an_entry_of_its_name() -> None:
    assert _names(cli.parser()) == {point.name for point in entry_points(group="tongxing.commands")}


def test_one_that_is_asked_for_comes_with_its_own_package_alone() -> None:
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from runtime import cli; cli.parser('clock'); print(*({'fastapi', 'ingest'} & set(sys.modules)))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == []


def test_one_that_is_unknown_is_answered_with_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["nonsense"])
    assert ended.value.code == cli.EXIT_WRONG_USE
    assert "'ingest'" in capsys.readouterr().err
