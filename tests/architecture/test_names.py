"""Modules are named by what they do; nothing is left half-done, and nothing tells of one developer's machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.architecture.source import Tree, sample

#: Names that say nothing, so everything ends up in them.
EMPTY_NAMES = frozenset("util utils helper helpers common commons manager managers misc base core lib shared".split())
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
PRIVATE_PATH = re.compile(r"(?<![\w.~}-])/(?:work|root|home|Users|opt)/[\w.-]")
URL = re.compile(r"https?://[^\s\"'<>)\]}`]+")
#: The only place packages of the console may come from.
NPM_HOST = "registry.npmjs.org"


def empty_names(tree: Tree) -> list[str]:
    return [
        f"{tree.name(path)}: name it by what it does"
        for path in tree.files()
        if path.suffix in {".py", ".ts", ".vue"} and {path.stem.lower(), path.parent.name.lower()} & EMPTY_NAMES
    ]


def unfinished(tree: Tree) -> list[str]:
    return [f"{where} says {match[0]}" for where, match in _matches(tree, UNFINISHED) if "test_names.py" not in where]


def private_paths(tree: Tree) -> list[str]:
    return [f"{where} names a path of one machine: {match[0]}…" for where, match in _matches(tree, PRIVATE_PATH)]


def foreign_registries(tree: Tree) -> list[str]:
    """Lock files that name another registry than the public one."""
    return sorted(
        {
            f"{tree.name(path)} takes packages from {host}"
            for path in tree.files()
            if path.name in {"package-lock.json", ".npmrc", "pip.conf"}
            for url in URL.findall(path.read_text(encoding="utf-8"))
            if (host := urlsplit(url).netloc) != NPM_HOST and re.search(r"\.tgz|registry|simple|pypi", url)
        }
    )


def _matches(tree: Tree, pattern: re.Pattern[str]) -> Iterator[tuple[str, re.Match[str]]]:
    for path in tree.texts():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            yield from ((f"{tree.name(path)}:{number}", match) for match in pattern.finditer(line))


def test_modules_are_named_by_what_they_do() -> None:
    assert empty_names(Tree()) == []


def test_nothing_is_left_for_later() -> None:
    assert unfinished(Tree()) == []


def test_no_path_of_a_developers_machine() -> None:
    assert private_paths(Tree()) == []


def test_packages_come_from_the_public_registry() -> None:
    assert foreign_registries(Tree()) == []


def test_names_bite(tmp_path) -> None:
    files = ["api/utils.py", "alerts/helpers/text.py", "api/console/src/common.ts", "api/store.py"]
    found = empty_names(sample(tmp_path, dict.fromkeys(files, "")))
    assert [problem.split(":")[0] for problem in found] == sorted(files[:3])


def test_leftovers_bite(tmp_path) -> None:
    word = "TO" + "DO"
    tree = sample(tmp_path, {"api/app.py": f"x = 1  # {word}: more\n", "README.md": "todo lists are fine\n"})
    assert unfinished(tree) == [f"api/app.py:1 says {word}"]


def test_paths_bite(tmp_path) -> None:
    bad = ["/" + "home/ann/x", "see `/" + "root/.venv`", "--data=/" + "work/main", "file:///" + "opt/wheels"]
    good = [
        "api/work/x",
        "/health/live",
        "https://example.org/home/page",
        "~/home/x",
        "/var/lib/tongxing",
        "$HOME/work/",
    ]
    tree = sample(tmp_path, {"docs/a.md": "\n".join(bad + good)})
    assert [problem.split(" ")[0] for problem in private_paths(tree)] == [f"docs/a.md:{n}" for n in (1, 2, 3, 4)]


def test_registries_bite(tmp_path) -> None:
    lock = '"resolved": "https://mirror.example/npm/vue.tgz", "x": "https://registry.npmjs.org/y.tgz"'
    tree = sample(tmp_path, {"api/console/package-lock.json": lock})
    assert foreign_registries(tree) == ["api/console/package-lock.json takes packages from mirror.example"]
