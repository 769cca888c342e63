"""What a readable trace says of dangers: `danger canal: water from 450 m east 900 m south to 450 m east 900 m north`."""

from __future__ import annotations

import re
from collections.abc import Callable

from geofence.danger_map import Danger
from geofence.detection import Detection
from tests.geofence.scenes import line

_WAY = re.compile(r"(water|rail|highway) from (.+) to (.+)")
Offset = Callable[[str], tuple[float, float]]


def add(dangers: dict[str, Danger], text: str, offset: Offset) -> bool:
    """Add or take away one danger; whether the text was understood."""
    name, _, rest = text.partition(": ")
    if rest == "removed":
        del dangers[name]
        return True
    match = _WAY.fullmatch(rest)
    if match is None:
        return False
    dangers[name] = line(offset(match[2]), offset(match[3]), kind=match[1], danger_id=len(dangers) + 1, name=name)
    return True


def ahead(detection: Detection) -> str:
    """`, canal 300 m ahead, 5 min`, when evidence has it."""
    evidence = detection.evidence
    if "danger_m" not in evidence:
        return ""
    minutes = evidence["danger_min"]
    return f", {evidence['danger_name']} {evidence['danger_m']} m{'' if minutes is None else f', {minutes} min'}"


def told(detection: Detection) -> str | None:
    """A danger in words; None for anything else."""
    if not detection.kind.startswith("danger_"):
        return None
    night = ", night" if detection.evidence["night"] else ""
    return f"DANGER ({detection.reason.replace('_', ' ')}{ahead(detection)}{night})"
