"""The documents keep up with the code: links lead somewhere, every setting, metric and command is described."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator

import pytest

from alerts.channels import problem
from api.schemas.roster import Roster
from tests.architecture.source import Tree, docstrings, dotted, nodes, parse, sample

PREFIX = "TONGXING_"
OPERATIONS = "docs/operations.md"
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
DECISION = re.compile(r"^(\d{4})-[a-z0-9-]+\.md$")
CITED_DOCUMENT = re.compile(r"(?<![\w/.-])docs/[\w./-]+\.md")
CITED_DECISION = re.compile(r"decisions/(\d{4})|[Dd]ecision (\d{4})")
METRIC_CLASSES = frozenset({"Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"})
VARIABLE = re.compile(rf"{PREFIX}[A-Z][A-Z0-9_]*[A-Z0-9](?![A-Z0-9_])")


def broken_links(tree: Tree) -> list[str]:
    found = []
    for path in tree.files():
        if path.suffix == ".md":
            for target in _targets(path.read_text(encoding="utf-8")):
                file, _, anchor = target.partition("#")
                aim = (path.parent / file).resolve() if file else path
                if not aim.exists() or (
                    anchor and aim.suffix == ".md" and anchor not in anchors(aim.read_text("utf-8"))
                ):
                    found.append(f"{tree.name(path)} links to {target}, which is not there")
    return found


def _targets(text: str) -> Iterator[str]:
    """What a document links to inside the repository."""
    for match in LINK.finditer(FENCE.sub("", text)):
        target = match[1] or match[2]
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(text: str) -> set[str]:
    """Anchors of a document's headings, made as GitHub and most viewers make them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def missing_documents(tree: Tree) -> list[str]:
    """Documents that code, comments or settings speak of and that are not there."""
    return sorted(
        {
            f"{tree.name(path)} speaks of {name}, which is not there"
            for path in tree.texts()
            if not tree.name(path).startswith("tests/architecture")
            for name in CITED_DOCUMENT.findall(path.read_text(encoding="utf-8"))
            if not (tree.root / name).exists()
        }
    )


def decision_faults(tree: Tree) -> list[str]:
    """Decisions are numbered 0001, 0002, … without a gap, each names itself, and only real ones are cited."""
    files = [
        path for path in tree.files() if tree.name(path).startswith("docs/decisions/") and path.name != "README.md"
    ]
    numbers = [match[1] for path in files if (match := DECISION.match(path.name))]
    found = [f"{tree.name(path)} is not NNNN-title.md" for path in files if not DECISION.match(path.name)]
    if numbers != [f"{number:04}" for number in range(1, len(numbers) + 1)]:
        found.append(f"decisions are numbered {', '.join(numbers)}")
    found += [
        f"{tree.name(path)} does not start with its number as a heading"
        for path in files
        if not path.read_text(encoding="utf-8").startswith(f"# {path.name[:4]} ")
    ]
    for path in tree.texts():
        for match in CITED_DECISION.finditer(path.read_text(encoding="utf-8")):
            number = match[1] or match[2]
            if number not in numbers and "tests/architecture" not in tree.name(path):
                found.append(f"{tree.name(path)} cites decision {number}, which is not written")
    return found


def settings(tree: Tree) -> dict[str, str]:
    """Environment variable -> where it is declared: fields of classes built on `Settings`."""
    found = {}
    for path in tree.modules():
        for node in parse(path).body:
            if isinstance(node, ast.ClassDef) and any(dotted(base).endswith("Settings") for base in node.bases):
                prefix = _prefix(node)
                for field in node.body:
                    if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                        found[prefix + field.target.id.upper()] = f"{tree.name(path)}:{field.lineno}"
    return found


def _prefix(settings_class: ast.ClassDef) -> str:
    for node in ast.walk(settings_class):
        if isinstance(node, ast.keyword) and node.arg == "env_prefix" and isinstance(node.value, ast.Constant):
            return str(node.value.value)
    return PREFIX


def variables(tree: Tree) -> dict[str, str]:
    """Environment variables that code names in a string, outside docstrings."""
    found = {}
    for path in tree.modules():
        module = parse(path)
        skip = docstrings(module)
        for node in nodes(module):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skip:
                found |= dict.fromkeys(VARIABLE.findall(node.value), f"{tree.name(path)}:{node.lineno}")
    return found


def metrics(tree: Tree) -> dict[str, str]:
    """Metric name as Prometheus shows it -> where it is declared."""
    found = {}
    for path in tree.modules():
        for node in nodes(parse(path)):
            if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in METRIC_CLASSES and node.args:
                name = node.args[0]
                if isinstance(name, ast.Constant) and isinstance(name.value, str):
                    counter = dotted(node.func).endswith("Counter") and not name.value.endswith("_total")
                    found[f"{name.value}_total" if counter else name.value] = f"{tree.name(path)}:{node.lineno}"
    return found


def undocumented(names: dict[str, str], text: str) -> list[str]:
    return [f"{where}: {name} is not in {OPERATIONS}" for name, where in names.items() if f"`{name}`" not in text]


def changelog_fault(changelog: str, version: str) -> str | None:
    """The newest entry is what is being written, or the version that is released."""
    entries = re.findall(r"^## \[([^\]]+)\]", changelog, re.MULTILINE)
    if not entries or entries[0] not in {"Unreleased", version}:
        return f"the newest entry should be [Unreleased] or [{version}]"
    return None


def _read(name: str) -> str:
    return (Tree().root / name).read_text(encoding="utf-8")


def test_links_lead_somewhere() -> None:
    assert broken_links(Tree()) == []


def test_documents_that_are_spoken_of_exist() -> None:
    assert missing_documents(Tree()) == []


def test_decisions_are_numbered() -> None:
    assert decision_faults(Tree()) == []


def test_every_setting_is_documented() -> None:
    tree = Tree()
    assert undocumented(settings(tree) | variables(tree), _read(OPERATIONS)) == []


def test_no_setting_is_documented_that_is_gone() -> None:
    tree = Tree()
    sources = [*tree.modules(), tree.root / "docker-compose.yml"]
    mentioned = {name for path in sources for name in VARIABLE.findall(path.read_text(encoding="utf-8"))}
    assert set(VARIABLE.findall(_read(OPERATIONS))) - settings(tree).keys() - mentioned == set()


def test_every_metric_is_documented() -> None:
    assert undocumented(metrics(Tree()), _read(OPERATIONS)) == []


def test_no_metric_is_documented_that_is_gone() -> None:
    documented = set(re.findall(r"`(tongxing_[a-z0-9_]+)`", _read(OPERATIONS)))
    assert documented - metrics(Tree()).keys() == set()


# Apprise's plugins load old libraries.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_roster_in_the_documents_can_be_loaded() -> None:
    (example,) = re.findall(r"^```json\n(.*?)^```", _read(OPERATIONS), re.MULTILINE | re.DOTALL)
    roster = Roster.model_validate_json(example)
    channels = [channel for person in roster.persons for one in person.receivers or [] for channel in one.channels]
    channels += [channel for desk in roster.receivers for channel in desk.channels]
    assert [problem(channel) for channel in channels] == [None] * len(channels)


def test_the_changelog_is_current() -> None:
    version = tomllib.loads(_read("pyproject.toml"))["project"]["version"]
    assert changelog_fault(_read("CHANGELOG.md"), version) is None


def test_links_bite(tmp_path) -> None:
    tree = sample(
        tmp_path,
        {
            "README.md": "[a](docs/a.md) [b](docs/b.md) [c](docs/a.md#what-it-is) [d](docs/a.md#gone) [e](https://x.org)\n"
            "```\n[f](nothing.md)\n```\n![g](docs/g.png)",
            "docs/a.md": "# What it is\n[up](../README.md)",
        },
    )
    assert [problem.split()[3].rstrip(",") for problem in broken_links(tree)] == [
        "docs/b.md",
        "docs/a.md#gone",
        "docs/g.png",
    ]


def test_missing_documents_bite(tmp_path) -> None:
    tree = sample(tmp_path, {"api/app.py": "'''see docs/gone.md and docs/wire.md'''\n", "docs/wire.md": "x"})
    assert missing_documents(tree) == ["api/app.py speaks of docs/gone.md, which is not there"]


def test_decisions_bite(tmp_path) -> None:
    tree = sample(
        tmp_path,
        {
            "docs/decisions/0001-first.md": "# 0001 First",
            "docs/decisions/0003-third.md": "# Third",
            "docs/decisions/notes.md": "# notes ",
            "api/app.py": "# see docs/decisions/0007\n",
        },
    )
    assert len(decision_faults(tree)) == 5


def test_settings_and_metrics_bite(tmp_path) -> None:
    tree = sample(
        tmp_path,
        {
            "api/settings.py": "class ApiSettings(Settings):\n    api_port: int = 8000\n    api_host: str = ''\n",
            "alerts/settings.py": "class A(Settings):\n    model_config = D(env_prefix='TONGXING_ALERTS_')\n    retry_s: int = 1\n",
            "api/app.py": "'''TONGXING_IN_WORDS'''\nimport os\nX = os.environ['TONGXING_SECRET']\n",
            "ingest/metrics.py": "A = Counter('tongxing_readings', 'x')\nB = prometheus_client.Gauge('tongxing_lag_s', 'x')\n",
        },
    )
    assert sorted(settings(tree)) == ["TONGXING_ALERTS_RETRY_S", "TONGXING_API_HOST", "TONGXING_API_PORT"]
    assert sorted(variables(tree)) == ["TONGXING_SECRET"]
    assert sorted(metrics(tree)) == ["tongxing_lag_s", "tongxing_readings_total"]
    assert undocumented(settings(tree), "`TONGXING_API_PORT` `TONGXING_ALERTS_RETRY_S`") == [
        "api/settings.py:3: TONGXING_API_HOST is not in docs/operations.md"
    ]


def test_changelog_bites() -> None:
    assert changelog_fault("## [0.1.0] - 2026-01-01", "0.2.0") is not None
    assert changelog_fault("## [Unreleased]\n## [0.1.0]", "0.2.0") is None
    assert changelog_fault("## [0.2.0]\n", "0.2.0") is None
