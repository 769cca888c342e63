"""An application of plain top-level packages (decision 0001): each name is ours alone, each dependency has a reason."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from importlib.metadata import packages_distributions, version
from itertools import pairwise

from tests.architecture.source import PACKAGES, REPOSITORY

PYPROJECT = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(PYPROJECT)
#: A line of the file that holds one requirement.
REQUIREMENT = re.compile(r'^\s*(?:[a-z]+ = \[)?"([A-Za-z][A-Za-z0-9._-]*)(?:\[[a-z,]+\])?(?:[<>=~!;].*)?",?\]?$')


def shared_names(owners: Mapping[str, Sequence[str]], names: Sequence[str]) -> list[str]:
    """Names that another distribution ships too: installing or removing it would overwrite ours (tried)."""
    return [
        f"{name} is shipped by {', '.join(sorted(set(owners[name])))}"
        for name in names
        if set(owners.get(name, ())) - {"tongxing"}
    ]


def unreasoned(text: str) -> list[str]:
    """Requirements in a dependency list without a comment on the line above."""
    lines = text.split("[project.scripts]", 1)[0].split("dependencies = [", 1)[1].splitlines()
    return [
        name
        for above, line in pairwise(lines)
        if (match := REQUIREMENT.match(line)) and (name := match[1]) != "tongxing" and not above.strip().startswith("#")
    ]


def test_our_names_are_ours_alone() -> None:
    assert shared_names(packages_distributions(), [*PACKAGES, "tests"]) == []


def test_our_names_shadow_nothing_of_python() -> None:
    assert set(PACKAGES) & sys.stdlib_module_names == set()


def test_the_wheel_ships_our_packages_and_nothing_else() -> None:
    shipped = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert sorted(shipped) == sorted(PACKAGES)
    assert sorted(PROJECT["tool"]["importlinter"]["root_packages"]) == sorted(PACKAGES)
    assert sorted(PROJECT["tool"]["mypy"]["packages"]) == sorted(PACKAGES)


def test_nobody_uploads_it_by_accident() -> None:
    assert "Private :: Do Not Upload" in PROJECT["project"]["classifiers"]


def test_every_dependency_has_its_reason() -> None:
    assert unreasoned(PYPROJECT) == []


def test_the_installed_version_is_the_written_one() -> None:
    assert version("tongxing") == PROJECT["project"]["version"]


def test_it_bites() -> None:
    owners = {"api": ["tongxing", "other"], "alerts": ["tongxing"], "ingest": ["tongxing", "tongxing"]}
    assert shared_names(owners, ["api", "alerts", "ingest"]) == ["api is shipped by other, tongxing"]
    text = 'dependencies = [\n  # why\n  "one>=1",\n  "two[extra]>=2,<3",\n]\nextra = ["three>=3"]\n[project.scripts]'
    assert unreasoned(text) == ["two", "three"]
