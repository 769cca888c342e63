"""What the architecture tests look at: the repository's files and their syntax trees.

`Tree` is rooted in the repository for the real checks and in a temporary folder for the samples that prove a check bites.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

#: Our top-level packages, from the centre outwards.
PACKAGES = ("geofence", "runtime", "ingest", "alerts", "api", "simulators")
REPOSITORY = Path(__file__).resolve().parents[2]
#: Files that hold text somebody wrote.
TEXT_SUFFIXES = frozenset(
    ".py .md .toml .sql .yml .yaml .json .ts .vue .css .html .conf .cfg .txt .sh .svg .mjs .js".split()
)


@cache
def parse(path: Path) -> ast.Module:
    """The syntax tree of one Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Every node of a file's tree; many checks look at each of them."""
    return tuple(ast.walk(tree))


@cache
def _tracked(root: Path) -> tuple[Path, ...]:
    """What git tracks or would track; in a folder without git, everything."""
    if not (root / ".git").exists():
        return tuple(sorted(path for path in root.rglob("*") if path.is_file()))
    listing = subprocess.run(
        # Another user's checkout, as in a container, is fine to read.
        ["git", "-c", f"safe.directory={root}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = (root / name for name in listing.split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


@dataclass(frozen=True)
class Tree:
    """One folder of files."""

    root: Path = REPOSITORY

    def files(self) -> tuple[Path, ...]:
        return _tracked(self.root)

    def texts(self) -> Iterator[Path]:
        """Files with text in them, without the lists of versions that tools write."""
        for path in self.files():
            named = path.suffix in TEXT_SUFFIXES or path.name in {"Makefile", "run", "LICENSE", "Dockerfile"}
            if named and path.name != "package-lock.json":
                yield path

    def modules(self, *folders: str) -> Iterator[Path]:
        """Python files below the folders, or of all our packages."""
        for path in self.files():
            if path.suffix == ".py" and self.package(path) in (folders or PACKAGES):
                yield path

    def name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def package(self, path: Path) -> str:
        return self.name(path).split("/", 1)[0]


def sample(root: Path, files: dict[str, str]) -> Tree:
    """A small repository with these files."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Tree(root)


@cache
def docstrings(tree: ast.AST) -> frozenset[int]:
    """`id` of every constant that is a docstring or a bare string statement."""
    return frozenset(
        id(node.value) for node in nodes(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """(dotted module, line) of every import, wherever it stands; `from a import b` gives `a.b`."""
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module or ''}.{alias.name}", node.lineno) for alias in node.names)


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or attribute; '' for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        front = dotted(node.value)
        return f"{front}.{node.attr}" if front else f".{node.attr}"
    return ""
