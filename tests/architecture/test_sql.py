"""SQL lives in `store` and `queries`, is never built from values, and each table has one writing package."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.architecture.source import PACKAGES, Tree, docstrings, dotted, nodes, parse, sample

#: Where SQL may stand: modules of these names, and folders where one would be too long.
HOMES = frozenset({"store", "queries"})
#: Where else, and why.
EXCEPTIONS = {
    "runtime/migrate.py": "keeps its own table, schema_migrations, in any database",
    "runtime/database.py": "LISTEN, which knows no table",
    "runtime/timescale.py": "turns tables into hypertables where the extension is; definitions only",
    "runtime/embedded/postgres.py": "creates the database itself, before there is any table",
}
SQL = re.compile(
    r"^\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+(\s+AS)?(\s+\w+)?\s+SET\s|DELETE\s+FROM\s|TRUNCATE\s|MERGE\s+INTO\s"
    r"|COPY\s+[\w({]|WITH\s+(RECURSIVE\s+)?\w+\s*(\([^)]*\)\s*)?AS\s|LOCK\s+TABLE\s|LISTEN\s|UNLISTEN\s|NOTIFY\s"
    r"|(CREATE|DROP|ALTER)\s+(TEMP(ORARY)?\s+|UNLOGGED\s+)?(TABLE|INDEX|SEQUENCE|SCHEMA|VIEW|FUNCTION|ROLE|DATABASE)\s)"
)
WRITES = re.compile(
    r"\bINSERT\s+INTO\s+(?P<insert>[\w{}]+)|\bUPDATE\s+(?:ONLY\s+)?(?P<update>[\w{}]+)(?:\s+AS)?(?:\s+(?!SET\b)\w+)?\s+SET\b"
    r"|\bDELETE\s+FROM\s+(?P<delete>[\w{}]+)|\bCOPY\s+(?P<copy>[\w{}]+)\s*(?:\([^)]*\))?\s+FROM\b"
    r"|\bTRUNCATE\s+(?:TABLE\s+)?(?P<truncate>[\w{}]+)|\bMERGE\s+INTO\s+(?P<merge>[\w{}]+)"
)
TEMPORARY = re.compile(r"\bCREATE\s+TEMP(?:ORARY)?\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w{}]+)")
OWNER = re.compile(r"^CREATE TABLE (\w+) \((?: -- writer: (\w+))?", re.MULTILINE)


def text_of(node: ast.AST) -> str | None:
    """The text of a string as written; what is put in at run time is shown as {name}."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = (text_of(part) if isinstance(part, ast.Constant) else "{" + _hole(part) + "}" for part in node.values)
        return "".join(part or "" for part in parts)
    return None


def _hole(node: ast.AST) -> str:
    value = node.value if isinstance(node, ast.FormattedValue) else node
    return value.id if isinstance(value, ast.Name) else "…"


@cache
def statements(path: Path) -> tuple[tuple[str, int], ...]:
    """(text, line) of every string in a file that looks like SQL."""
    return tuple(_statements(path))


def _statements(path: Path) -> Iterator[tuple[str, int]]:
    tree = parse(path)
    inner = {id(part) for node in nodes(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    skip = docstrings(tree) | inner
    for node in nodes(tree):
        text = None if id(node) in skip else text_of(node)
        if text and SQL.match(text):
            yield text, node.lineno  # type: ignore[attr-defined]


def strays(tree: Tree) -> list[str]:
    """SQL outside its homes."""
    return [
        f"{tree.name(path)}:{line} holds SQL; move it to store.py or queries.py"
        for path in tree.modules()
        if not {path.stem, path.parent.name} & HOMES and tree.name(path) not in EXCEPTIONS
        for _, line in statements(path)
    ]


def built(tree: Tree) -> list[str]:
    """SQL put together in a function from anything but literals and constants. At import no value is there to put in."""
    return [
        f"{tree.name(path)}:{node.lineno} builds SQL from values; pass them as parameters"
        for path in tree.modules()
        for function in nodes(parse(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.expr) and _is_built(node)
    ]


def _is_built(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        holes = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        return bool(SQL.match(text_of(node) or "")) and not all(_constant(hole) for hole in holes)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return bool(SQL.match(_start(node.left)))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return bool(SQL.match(_start(node.left))) and not _constant(node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"format", "replace"}:
        return bool(SQL.match(_start(node.func.value)))
    return False


def _start(node: ast.expr) -> str:
    """The text a sum of strings begins with."""
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        node = node.left
    return text_of(node) or ""


def _constant(node: ast.expr) -> bool:
    """A literal, `LIKE_THIS`, `module.LIKE_THIS`, or an entry of such a table."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _constant(node.left) and _constant(node.right)
    if isinstance(node, ast.Subscript):
        return _constant(node.value)
    return isinstance(node, ast.Constant) or dotted(node).rpartition(".")[2].isupper()


def owners(tree: Tree) -> dict[str, str | None]:
    """Table -> writing package, from the comments in the migrations."""
    found: dict[str, str | None] = {}
    for path in tree.files():
        if path.suffix == ".sql" and "migrations" in path.parts:
            found |= {table: owner or None for table, owner in OWNER.findall(path.read_text(encoding="utf-8"))}
    return found


def foreign_writes(tree: Tree) -> list[str]:
    """Writes to a table by a package that does not own it, or to one that no migration declares."""
    owned = owners(tree) | {"schema_migrations": "runtime"}
    found = []
    for path in tree.modules():
        texts = statements(path)
        temporary = {name for text, _ in texts for name in TEMPORARY.findall(text)}
        for table, line in _written(path, texts, owned):
            if table not in temporary and owned.get(table) != tree.package(path):
                found.append(f"{tree.name(path)}:{line} writes {table}, whose writer is {owned.get(table)}")
    return found


def _written(
    path: Path, texts: Iterable[tuple[str, int]], owned: Mapping[str, str | None]
) -> Iterator[tuple[str, int]]:
    """(table, line) of every write. Where the name is put in by `psycopg.sql`, any table that the file names."""
    for text, line in texts:
        for match in WRITES.finditer(text):
            table = next(name for name in match.groups() if name)
            if "{" not in table:
                yield table, line
                continue
            words = (node.value for node in nodes(parse(path)) if isinstance(node, ast.Constant))
            yield from ((word, line) for word in words if isinstance(word, str) and word in owned)


def test_sql_stands_in_stores_only() -> None:
    assert strays(Tree()) == []


def test_sql_is_never_built_from_values() -> None:
    assert built(Tree()) == []


def test_every_table_says_who_writes_it() -> None:
    assert {table: owner for table, owner in owners(Tree()).items() if owner not in PACKAGES} == {}


def test_each_table_has_one_writer() -> None:
    assert foreign_writes(Tree()) == []


def test_exceptions_are_still_needed() -> None:
    tree = Tree()
    assert [name for name in EXCEPTIONS if not any(statements(tree.root / name))] == []


def test_strays_bite(tmp_path) -> None:
    tree = sample(
        tmp_path,
        {
            "api/store.py": "Q = 'SELECT 1 FROM persons'\n",
            "api/queries.py": "Q = 'SELECT 1 FROM persons'\n",
            "api/queries/incidents.py": "Q = 'SELECT 1 FROM persons'\n",
            "api/routes/persons.py": "Q = '''\n  SELECT 1\n  FROM persons'''\n",
            "alerts/service.py": "def f(c):\n    c.execute('UPDATE incidents SET note = %s')\n",
            "ingest/lanes.py": "T = 'x'\nQ = f'INSERT INTO {T} VALUES (1)'\n",
            "ingest/words.py": "'''SELECT is a word.'''\nA = 'Update the app. Select a person. With care as always'\n",
        },
    )
    assert [problem.split(":")[0] for problem in strays(tree)] == [
        "alerts/service.py",
        "api/routes/persons.py",
        "ingest/lanes.py",
    ]


def test_built_sql_bites(tmp_path) -> None:
    bad = [
        "f'SELECT 1 FROM persons WHERE name = {name}'",
        "'SELECT 1 FROM persons WHERE name = %s' % name",
        "'SELECT 1 FROM {}'.format(name)",
        "'SELECT 1 FROM persons WHERE ' + name",
        "'SELECT 1 FROM ' + TABLE + ' WHERE ' + name",
    ]
    good = [
        "f'SELECT {COLUMNS} FROM persons'",
        "'SELECT ' + module.COLUMNS + ' FROM persons WHERE ' + CONDITIONS[name]",
        "sql.SQL('SELECT 1 FROM {}').format(sql.Identifier(name))",
    ]
    text = "\n".join(f"def f(name): return {line}" for line in bad + good)
    assert [problem.split()[0] for problem in built(sample(tmp_path, {"api/store.py": text}))] == [
        f"api/store.py:{number}" for number in range(1, len(bad) + 1)
    ]


def test_foreign_writes_bite(tmp_path) -> None:
    tree = sample(
        tmp_path,
        {
            "runtime/migrations/0001_all.sql": (
                "CREATE TABLE users ( -- writer: api\n  a int\n);\nCREATE TABLE incidents ( -- writer: alerts\n"
                "  a int\n);\nCREATE TABLE nobody (\n  a int\n);\n"
            ),
            "api/store.py": "A = 'INSERT INTO users (a) VALUES (1) ON CONFLICT DO UPDATE SET a = 2'\n"
            "B = 'SELECT a FROM incidents FOR UPDATE OF incidents SKIP LOCKED'\n"
            "C = 'UPDATE incidents AS i SET a = 1'\n"
            "D = 'WITH gone AS (DELETE FROM incidents RETURNING a) SELECT a FROM gone'\n"
            "E = 'INSERT INTO nobody VALUES (1)'\n",
            "ingest/store.py": "A = 'CREATE TEMP TABLE stage (a int)'\nB = 'COPY stage (a) FROM STDIN (FORMAT BINARY)'\n"
            "C = 'COPY users (a) FROM STDIN'\nT = 'users'\nD = sql.SQL('INSERT INTO {} VALUES (1)').format(T)\n",
        },
    )
    assert owners(tree) == {"users": "api", "incidents": "alerts", "nobody": None}
    assert [problem.split()[0] for problem in foreign_writes(tree)] == [
        "api/store.py:3",
        "api/store.py:4",
        "api/store.py:5",
        "ingest/store.py:3",
        "ingest/store.py:5",
    ]
