"""`geofence` is pure: the same readings give the same detections, on any machine, at any hour."""

from __future__ import annotations

import ast
import sys

from tests.architecture.source import Tree, dotted, imports, parse, sample

#: Standard modules without a clock, a file, a socket, a process or chance in them.
PURE_STANDARD = frozenset(
    "__future__ abc bisect collections dataclasses datetime difflib enum functools hashlib heapq itertools json math "
    "operator re statistics string struct types typing uuid zoneinfo".split()
)
#: Arrays, geometry, and the codec of snapshots.
PURE_OTHERS = frozenset({"numpy", "shapely", "msgspec"})
#: What reaches for the time, for chance or for the world although its module is allowed.
IMPURE_CALLS = (
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "uuid1", "uuid4", "uuid.uuid1", "uuid.uuid4",
    "np.random", "numpy.random", "open", "print", "input", "eval", "exec", "__import__", ".astimezone()",
)  # fmt: skip


def impurities(tree: Tree) -> list[str]:
    found = []
    for path in tree.modules("geofence"):
        module = parse(path)
        found += [f"{tree.name(path)}:{line} imports {name}" for name, line in imports(module) if not _pure(name)]
        found += [f"{tree.name(path)}:{line} uses {what}" for what, line in _impure_uses(module)]
    return found


def _pure(name: str) -> bool:
    top = name.split(".", 1)[0]
    if top in sys.stdlib_module_names:
        return top in PURE_STANDARD and name not in {"uuid.uuid1", "uuid.uuid4"}
    return (top in PURE_OTHERS and "random" not in name.split(".")) or top == "geofence"


def _impure_uses(module: ast.Module) -> list[tuple[str, int]]:
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "astimezone":
            # Without an argument it asks the machine for its time zone.
            found += [] if node.args or node.keywords else [(".astimezone()", node.lineno)]
        elif isinstance(node, ast.Attribute | ast.Name):
            name = dotted(node)
            found += [(name, node.lineno) for call in IMPURE_CALLS if name == call or name.endswith(f".{call}")]
        elif isinstance(node, ast.Global):
            found.append(("global", node.lineno))
    return found


def test_geofence_is_pure() -> None:
    assert impurities(Tree()) == []


def test_it_bites(tmp_path) -> None:
    bad = {
        "clock.py": "from datetime import datetime\nNOW = datetime.now()\n",
        "alias.py": "import datetime as d\nNOW = d.datetime.now\n",
        "chance.py": "import random\n",
        "array_chance.py": "import numpy as np\nX = np.random.default_rng()\n",
        "array_import.py": "from numpy import random\n",
        "world.py": "import os\n",
        "file.py": "TEXT = open('x').read()\n",
        "late.py": "def f():\n    import socket\n    return socket\n",
        "loop.py": "import asyncio\n",
        "log.py": "import logging\n",
        "plumbing.py": "from runtime.clock import wall_now\n",
        "name.py": "from uuid import uuid4\n",
        "zone.py": "def f(at):\n    return at.astimezone()\n",
        "state.py": "A = 1\ndef f():\n    global A\n    A = 2\n",
    }
    found = impurities(sample(tmp_path, {f"geofence/{name}": text for name, text in bad.items()}))
    assert {problem.split("/", 1)[1].split(":", 1)[0] for problem in found} == set(bad)


def test_it_lets_good_code_pass(tmp_path) -> None:
    good = (
        "from datetime import UTC, datetime\nfrom zoneinfo import ZoneInfo\nimport numpy as np\nimport shapely\n"
        "from geofence.reading import Reading\n\n"
        "def local(at: datetime) -> datetime:\n    return at.astimezone(ZoneInfo('Asia/Shanghai'))\n"
    )
    assert impurities(sample(tmp_path, {"geofence/good.py": good})) == []
