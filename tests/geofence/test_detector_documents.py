"""docs/detectors/ keeps up with the code: every threshold with its default, every reason, and the drawings of states.

`python -m tests.geofence.test_detector_documents` draws them anew.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Mapping
from dataclasses import fields
from datetime import time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from geofence import detectors, occupancy
from geofence.detection import DetectionKind
from geofence.detectors import fall, in_vehicle, off_route, strap
from geofence.detectors.low_battery import Level, next_level
from geofence.detectors.zone import TRANSITIONS, Safety
from geofence.policy import DEFAULT, Policy

FOLDER = Path(__file__).parents[2] / "docs" / "detectors"
DRAWING = re.compile(r"```mermaid\n(.*?)```", re.DOTALL)
#: Pages by kind, as their first lines say: "Detections `zone_exit` and `zone_enter`."
DOCUMENTS = {
    kind: page.name
    for page in sorted(FOLDER.glob("*.md"))
    for kind in re.findall(
        r"`(\w+)`", next(iter(re.findall(r"^Detections? [^.]*\.", page.read_text("utf-8"), re.MULTILINE)), "")
    )
}
SECTIONS = ("The rule", "Worked example", "States", "Measured", "Honest limits")


def draw_zone() -> str:
    """The table of transitions as a diagram."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (before, sighting), after in TRANSITIONS.items():
        arrows.setdefault((before, after), []).append(sighting)
    lines = [f"    {before} --> {after}: {', '.join(words)}" for (before, after), words in arrows.items()]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {Safety.UNKNOWN}", *lines]) + "\n"


def draw_bed() -> str:
    """The bed's table of transitions."""
    lines = [f"    {before} --> {after}: {word}" for (before, word), after in occupancy.TRANSITIONS.items()]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {occupancy.Occupancy.UNKNOWN}", *lines]) + "\n"


def draw_fall() -> str:
    """The table of transitions as a diagram."""
    return _diagram(fall.TRANSITIONS, fall.Phase.QUIET)


def draw_strap() -> str:
    """The table of transitions as a diagram; a bracelet that has not said yet is where it begins."""
    known = {pair: after for pair, after in strap.TRANSITIONS.items() if pair[0] not in {None, after}}
    return _diagram(known, strap.Strap.ON)


def draw_vehicle() -> str:
    """The table of transitions as a diagram."""
    return _diagram(in_vehicle.TRANSITIONS, in_vehicle.Motion.FOOT)


def draw_route() -> str:
    """The table of transitions as a diagram."""
    return _diagram(off_route.TRANSITIONS, off_route.Footing.CARRIED)


def _diagram(transitions: Mapping[tuple[Any, str], str], first: str) -> str:
    arrows: dict[tuple[str, str], list[str]] = {}
    for (before, sign), after in transitions.items():
        arrows.setdefault((before, after), []).append(sign)
    lines = [f"    {before} --> {after}: {', '.join(signs)}" for (before, after), signs in arrows.items()]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {first}", *lines]) + "\n"


def draw_battery() -> str:
    """Which charges lead from each level to another, tried in tenths of a per cent."""
    lines = []
    for before in Level:
        reached: dict[Level, list[float]] = {}
        for tenths in range(1_001):
            reached.setdefault(next_level(before, tenths / 10, DEFAULT), []).append(tenths / 10)
        lines += [
            f"    {before} --> {after}: {_span(charges)}" for after, charges in reached.items() if after is not before
        ]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {Level.GOOD}", *sorted(lines)]) + "\n"


def _span(charges: list[float]) -> str:
    if charges[0] == 0:
        return f"{charges[-1]:g} % or less"
    return f"{charges[0]:g} % or more" if charges[-1] == 100 else f"{charges[0]:g} % to {charges[-1]:g} %"


DRAWN = {
    "bed.md": draw_bed,
    "zone.md": draw_zone,
    "in_vehicle.md": draw_vehicle,
    "off_route.md": draw_route,
    "low_battery.md": draw_battery,
    "fall.md": draw_fall,
    "strap_removed.md": draw_strap,
}


def text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@cache
def parameters() -> dict[str, list[str]]:
    """Cells of every row of a table of parameters, by the field's name."""
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", "\n".join(text(name) for name in DOCUMENTS.values()), re.MULTILINE)
    known = {field.name for field in fields(Policy)}
    return {name: cells.split(" | ") for name, cells in rows if name in known}


def written(value: object) -> str:
    if isinstance(value, timedelta):
        return f"{value.total_seconds() / 60:g} min"
    return f"{value:%H:%M}" if isinstance(value, time) else f"{value:g}"


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_drawings_are_current(name: str) -> None:
    assert DRAWING.findall(text(name)) == [DRAWN[name]()], "python -m tests.geofence.test_detector_documents"


@pytest.mark.parametrize("field", [field.name for field in fields(Policy)])
def test_every_threshold_is_described_with_its_default(field: str) -> None:
    cells = parameters()[field]
    assert len(cells) == 5, "default, unit, meaning, source, status"
    assert all(cells)
    assert cells[0] == written(getattr(DEFAULT, field))
    assert cells[-1] in {"settled", "provisional"}


def test_status_and_unit_are_those_of_the_code() -> None:
    files = (Path(__file__).parents[2] / "geofence" / "thresholds").glob("*.py")
    source = "\n".join(file.read_text(encoding="utf-8") for file in sorted(files))
    notes = re.findall(r"((?:    #: .*\n)+)    (\w+): ", source)
    assert len(notes) > 15
    for note, field in notes:
        if field in parameters() and re.search(r"settled|provisional", note, re.IGNORECASE):
            assert parameters()[field][-1] in note.lower(), field


def test_every_kind_has_a_document_with_the_same_sections() -> None:
    assert set(DOCUMENTS) == set(DetectionKind)
    assert {path.name for path in FOLDER.glob("*.md")} >= set(DOCUMENTS.values())
    for name in set(DOCUMENTS.values()):
        headings = re.findall(r"^#+ (.+)$", text(name), re.MULTILINE)
        assert [heading for heading in SECTIONS if heading not in headings] == [], name


def reasons() -> list[tuple[str, str]]:
    """Each detector's module with each reason it can give."""
    modules = [
        importlib.import_module(f"geofence.detectors.{m.name}") for m in pkgutil.iter_modules(detectors.__path__)
    ]
    return [
        (module.__name__, reason)
        for module in modules
        if getattr(getattr(module, "Reason", None), "__module__", "") == module.__name__
        for reason in module.Reason
    ]


@pytest.mark.parametrize(("module", "reason"), reasons())
def test_every_reason_is_described(module: str, reason: str) -> None:
    path = module.replace(".", "/") + ".py"
    pages = [page for page in FOLDER.glob("*.md") if path in page.read_text("utf-8")]
    assert pages, f"no page of docs/detectors names {path}"
    assert any(f"| `{reason}` |" in page.read_text("utf-8") for page in pages)


def main() -> int:
    for name, draw in DRAWN.items():
        before = text(name)
        after = DRAWING.sub(f"```mermaid\n{draw()}```", before)
        (FOLDER / name).write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
