"""Tests on every core (pytest-xdist): who runs which files, and who runs while nobody else does.

A worker takes whole files, so that what a file shares is started once; the longest come first, so that no worker waits
long for another in the end. Tests marked `alone` measure time: one worker runs them last, when no other is in a test.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Container, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent
#: With one process, what needs nothing fails first, and the whole system, which keeps the machine busy, comes last.
ORDER = ("", "integration", "end_to_end")
#: Folders that go to one worker as a whole. Two whole systems at once would be too much for a small machine; and the
#: syntax trees of all our files need to be made once only.
TOGETHER = ("tests/end_to_end/", "tests/architecture/")
ALONE = "alone"
#: Under which name the controller tells its workers the file that they hold during a test. In it stand, for the
#: controller, the names of those who run alone: it does not collect tests itself.
TURN = "tongxing_turn"


def folder(item: pytest.Item) -> str:
    """The folder in tests/, if it is one of those that need servers."""
    name = item.path.relative_to(TESTS).parts[0]
    return name if name in ORDER else ""


def arrange(items: list[pytest.Item], *, spread: bool) -> None:
    """Put them in order; those that run alone come last."""
    items.sort(key=lambda item: ORDER.index(folder(item)), reverse=spread)
    items.sort(key=_wants_to_be_alone)


def _wants_to_be_alone(item: pytest.Item) -> bool:
    return item.get_closest_marker(ALONE) is not None


def unit_of(test: str, alone: Container[str]) -> str:
    """What is given to one worker as a whole: all who run alone, a folder, or a file."""
    if test in alone:
        return ALONE
    return next((folder for folder in TOGETHER if test.startswith(folder)), test.partition("::")[0])


class Controller:
    """Hands out the work."""

    def __init__(self) -> None:
        handle, name = tempfile.mkstemp(prefix="tongxing-tests-turn-")
        os.close(handle)
        self.file = Path(name)

    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[TURN] = str(self.file)

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> object:
        """None leaves the choice to xdist."""
        if config.getvalue("dist") != "loadfile":
            return None
        # Only here it is sure to be installed.
        from xdist.scheduler import LoadFileScheduling  # noqa: PLC0415

        @cache
        def alone() -> frozenset[str]:
            return frozenset(self.file.read_text(encoding="utf-8").splitlines())

        class ByUnit(LoadFileScheduling):
            def _split_scope(self, nodeid: str) -> str:
                return unit_of(nodeid, alone())

            def remove_node(self, node: Any) -> str | None:
                # xdist would give the test that killed one worker to the next one, until none is left.
                units = self.assigned_work[node]
                culprit = next((test for unit in units.values() for test, over in unit.items() if not over), None)
                for scope, unit in list(units.items()):
                    if culprit in unit:
                        unit[culprit] = True
                    if all(unit.values()):
                        del units[scope]
                super().remove_node(node)
                return culprit

        # Else files with many tests would come first, and those are quick.
        config.option.loadscopereorder = False
        return ByUnit(config, log)

    def pytest_unconfigure(self) -> None:
        self.file.unlink(missing_ok=True)


class Worker:
    """Runs its tests beside those of others, and `alone` ones when nobody else is in a test."""

    def __init__(self, file: str) -> None:
        self.file = Path(file)

    # Before xdist tells the controller that all is collected.
    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        names = (item.nodeid for item in session.items if _wants_to_be_alone(item))
        self.file.write_text("\n".join(names), encoding="utf-8")

    # Outside of a test's time limit: who waits for a turn does not hang.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        with turn(self.file, alone=_wants_to_be_alone(item)):
            return (yield)


@contextmanager
def turn(file: Path, *, alone: bool) -> Iterator[None]:
    """Hold the file: together with others, or when nobody else does."""
    with file.open("rb") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


def is_one_of_several(config: pytest.Config) -> bool:
    """Whether this process is a worker."""
    return hasattr(config, "workerinput")


def register(config: pytest.Config) -> None:
    """Take part in a run with workers; a run in one process is left as it is."""
    if is_one_of_several(config):
        config.pluginmanager.register(Worker(config.workerinput[TURN]))  # type: ignore[attr-defined]
    elif config.getoption("dist", "no") != "no":
        config.pluginmanager.register(Controller())
