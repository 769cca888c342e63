"""Files stay under 400 lines, functions under 60; the median function is 10 lines or less, nine of ten 35 or less."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator

from tests.architecture.source import Tree, nodes, parse, sample

FILE_LINES = 400
FUNCTION_LINES = 60
MEDIAN_LINES = 10
P90_LINES = 35


def long_files(tree: Tree) -> list[str]:
    found = []
    for path in tree.files():
        if path.suffix in {".py", ".ts", ".vue", ".sql"}:
            lines = len(path.read_text(encoding="utf-8").splitlines())
            found += [f"{tree.name(path)} has {lines} lines"] if lines > FILE_LINES else []
    return found


def functions(tree: Tree) -> Iterator[tuple[str, int]]:
    """(where, lines) of every function, decorators and the functions inside it included."""
    for path in tree.modules():
        for node in nodes(parse(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                yield f"{tree.name(path)}:{node.lineno} {node.name}", node.end_lineno - first + 1


def long_functions(tree: Tree) -> list[str]:
    return [f"{where} has {lines} lines" for where, lines in functions(tree) if lines > FUNCTION_LINES]


def p90(lengths: list[int]) -> int:
    return sorted(lengths)[int(len(lengths) * 0.9)]


def test_files_are_short() -> None:
    assert long_files(Tree()) == []


def test_functions_are_short() -> None:
    assert long_functions(Tree()) == []


def test_most_functions_are_very_short(capsys) -> None:
    lengths = [lines for _, lines in functions(Tree())]
    median = statistics.median(lengths)
    with capsys.disabled():
        print(f"\n{len(lengths)} functions: median {median:g} lines, p90 {p90(lengths)}, longest {max(lengths)}")
    assert median <= MEDIAN_LINES
    assert p90(lengths) <= P90_LINES


def test_it_bites(tmp_path) -> None:
    body = "    x = 1\n" * FUNCTION_LINES
    tree = sample(
        tmp_path,
        {
            "api/long_file.py": "x = 1\n" * (FILE_LINES + 1),
            "tests/long_file.py": "x = 1\n" * (FILE_LINES + 1),
            "api/console/src/Long.vue": "<p/>\n" * (FILE_LINES + 1),
            "api/file.py": "x = 1\n" * FILE_LINES,
            "api/long_function.py": f"def f():\n{body}",
            "api/function.py": f"def f():\n{body[: -len('    x = 1' + chr(10))]}",
        },
    )
    assert [problem.split()[0] for problem in long_files(tree)] == [
        "api/console/src/Long.vue",
        "api/long_file.py",
        "tests/long_file.py",
    ]
    assert long_functions(tree) == ["api/long_function.py:1 f has 61 lines"]
    assert p90([1] * 9 + [50]) == 50
