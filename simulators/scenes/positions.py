"""In which line of a TOML file each key stands, so that an error can name it.

`tomllib` gives values without places; tree-sitter's grammar of TOML gives places without values. A path is a tuple of
keys and of positions in arrays, counted from 0: `("steps", 2, "at")`.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator

import tree_sitter
import tree_sitter_toml

Path = tuple[str | int, ...]

_LANGUAGE = tree_sitter.Language(tree_sitter_toml.language())
_KEYS = frozenset({"bare_key", "quoted_key", "dotted_key"})


class Positions:
    """The lines of one text, counted from 1."""

    def __init__(self, text: str) -> None:
        root = tree_sitter.Parser(_LANGUAGE).parse(text.encode()).root_node
        self._lines: dict[Path, int] = {}
        for path, line in _found(root):
            self._lines.setdefault(path, line)

    def line(self, path: Path) -> int:
        """The line of a key, or of the nearest thing around it; 1 where nothing is known."""
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path[:-1]
        return 1


def _found(root: tree_sitter.Node) -> Iterator[tuple[Path, int]]:
    counts: Counter[Path] = Counter()
    for node in root.named_children:
        if node.type == "pair":
            yield from _pair(node, ())
        elif node.type in {"table", "table_array_element"}:
            yield from _table(node, counts)


def _table(node: tree_sitter.Node, counts: Counter[Path]) -> Iterator[tuple[Path, int]]:
    header = next(child for child in node.named_children if child.type in _KEYS)
    path: Path = _latest(_keys(header), counts)
    if node.type == "table_array_element":
        counts[path] += 1
        path = (*path, counts[path] - 1)
    yield path, _line(node)
    for child in node.named_children:
        if child.type == "pair":
            yield from _pair(child, path)


def _latest(keys: Path, counts: Counter[Path]) -> Path:
    """`[steps.with]` speaks of the step that came last."""
    path: Path = ()
    for number, key in enumerate(keys):
        path = (*path, key)
        if number < len(keys) - 1 and counts[path]:
            path = (*path, counts[path] - 1)
    return path


def _pair(node: tree_sitter.Node, around: Path) -> Iterator[tuple[Path, int]]:
    key, *rest = node.named_children
    path = around
    for part in _keys(key):
        path = (*path, part)
        yield path, _line(node)
    for value in rest:
        yield from _value(value, path)


def _value(node: tree_sitter.Node, path: Path) -> Iterator[tuple[Path, int]]:
    if node.type == "inline_table":
        for child in node.named_children:
            if child.type == "pair":
                yield from _pair(child, path)
    elif node.type == "array":
        items = [child for child in node.named_children if child.type != "comment"]
        for number, child in enumerate(items):
            yield (*path, number), _line(child)
            yield from _value(child, (*path, number))


def _keys(node: tree_sitter.Node) -> Path:
    if node.type == "dotted_key":
        return tuple(key for child in node.named_children for key in _keys(child))
    text = (node.text or b"").decode()
    return (next(iter(tomllib.loads(f"{text} = 0"))),)


def _line(node: tree_sitter.Node) -> int:
    return node.start_point[0] + 1
