"""What is logged at info and above carries no position, no name, no telephone number, no text written for a person."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.source import Tree, parse, sample

#: Written whatever the level is set to, short of `error`.
LEVELS = frozenset("info warning warn error exception critical fatal".split())
#: Names of values that tell who or where somebody is. A webhook's URL may hold a key.
PERSONAL = frozenset(
    "latitude longitude lat lon position place fix geometry coordinates evidence display_name person_name "
    "phone telephone mobile title body sentence payload password secret token url".split()
)
LOGGERS = frozenset({"log", "logger", "_log", "LOG"})


def telling(tree: Tree) -> list[str]:
    return [
        f"{tree.name(path)}:{node.lineno} logs {word}"
        for path in tree.modules()
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call) and _is_log(node.func)
        for word in sorted(_words(node) & PERSONAL)
    ]


def _is_log(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr in LEVELS
        and isinstance(function.value, ast.Name)
        and function.value.id in LOGGERS
    )


def _words(call: ast.Call) -> set[str]:
    """Names of the keywords, and of every variable and attribute among the values."""
    words = {keyword.arg for keyword in call.keywords if keyword.arg}
    for value in [*call.args, *(keyword.value for keyword in call.keywords)]:
        for node in ast.walk(value):
            if isinstance(node, ast.Name):
                words.add(node.id)
            elif isinstance(node, ast.Attribute):
                words.add(node.attr)
    return words


@pytest.mark.slow
def test_logs_tell_nothing_personal() -> None:
    assert telling(Tree()) == []


def test_it_bites(tmp_path) -> None:
    tree = sample(
        tmp_path,
        {
            "ingest/a.py": "log.info('fix', latitude=1)\n",
            "ingest/b.py": "log.warning('lost', where=reading.fix)\n",
            "alerts/c.py": "logger.error(f'{person.display_name} is out')\n",
            "api/d.py": "log.exception('failed', address=channel.url)\n",
            "api/e.py": "log.debug('fix', latitude=1)\nlog.info('migrated', migration='x', person_id=1)\n",
        },
    )
    assert [problem.split(":")[0] for problem in telling(tree)] == [
        "alerts/c.py",
        "api/d.py",
        "ingest/a.py",
        "ingest/b.py",
    ]
