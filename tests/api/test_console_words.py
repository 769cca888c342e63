"""Every machine word the server can send has its words in the console, in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

import pytest

from alerts import channels
from alerts.kinds import KINDS
from alerts.ladder import Audience
from alerts.lifecycle import Outcome, State
from alerts.notification import NotificationState
from alerts.receiver import Relation
from alerts.severity import Accompanied, Raise, Severity
from api.zone_shape import ZoneReason
from geofence import last_resort
from geofence.detection import DetectionKind
from geofence.detectors import (
    apnea,
    breathing_rate,
    fall,
    heart_rate,
    in_vehicle,
    low_battery,
    off_route,
    silence,
    wandering,
    zone,
)
from geofence.detectors.low_battery import Level
from geofence.motion import MotionSummary
from geofence.reading import BedStatus, FixSource
from geofence.sighting import Doubt
from ingest.wire.message import RejectionReason

ROOT = Path(__file__).parents[2]
LANGUAGES = ("zh-CN", "en")


def words(language: str) -> dict[str, str]:
    """Key to text of one language's table."""
    files = sorted((ROOT / "api" / "console" / "src" / "i18n").glob(f"{language}*.ts"))
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return dict(re.findall(r"^  '([^']+)': '([^']*)',$", text, re.MULTILINE))


#: Strings in dict displays of the engine that are no evidence: a policy's document, a column of `geofence.rooms`, and the
#: movement's own numbers, which `geofence.detectors.fall` renames before it tells them.
NOT_EVIDENCE = frozenset({"overrides", "newest_us", *MotionSummary.__dataclass_fields__})
CONSOLE_EVIDENCE = ROOT / "api" / "console" / "src" / "domain" / "evidence.ts"


def evidence_keys(folder: Path = ROOT / "geofence") -> set[str]:
    """Every key that a detector can put among its evidence: the literal keys of all dicts there are in the engine."""
    found: set[str] = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            keys: list[ast.expr | None] = []
            if isinstance(node, ast.Dict):
                keys = node.keys
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
                keys = [node.targets[0].slice]
            found |= {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    renamed = {name for name, _ in fall.EVIDENCE_OF.values()}
    return (found - NOT_EVIDENCE) | renamed


def console_evidence() -> tuple[dict[str, str], set[str]]:
    """The label's key of each evidence the console words, and what it leaves out on purpose."""
    text = CONSOLE_EVIDENCE.read_text(encoding="utf-8")
    left_out = text[text.index("const SILENT") : text.index("const KNOWN")]
    return dict(re.findall(r"^  \['(\w+)', '([\w.]+)', \w+\],$", text, re.MULTILINE)), set(
        re.findall(r"'(\w+)'", left_out)
    )


def timeline_kinds() -> set[str]:
    """As the table's contract lists them: beside the column, and in later migrations after `incident_events.kind:`."""
    folder = ROOT / "runtime" / "migrations"
    text = (folder / "0003_incidents.sql").read_text(encoding="utf-8")
    table = text[text.index("CREATE TABLE incident_events") :]
    listed = re.findall(r"-- (\w+,.*)", table[: table.index("kind ")])
    for later in sorted(folder.glob("*.sql")):
        listed += re.findall(r"^-- incident_events\.kind: (.*)$", later.read_text(encoding="utf-8"), re.MULTILINE)
    return set(re.findall(r"\w+", " ".join(listed)))


def written_kinds() -> set[str]:
    """Kinds that the code of alerts hands over literally."""
    found = set()
    for file in (ROOT / "alerts").glob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(("add_event", "_answered", "_end")):
                found |= {
                    one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
                }
    return found


def _values(enumeration: type[StrEnum]) -> Iterable[str]:
    return [str(value) for value in enumeration]


SENT: dict[str, Iterable[str]] = {
    "severity_reason": {*KINDS, *_values(Raise), *_values(Accompanied)},
    "timeline": timeline_kinds(),
    "kind": _values(DetectionKind),
    "reason": {
        *(word for module in (zone, wandering, off_route, in_vehicle) for word in _values(module.Reason)),
        *(
            word
            for module in (heart_rate, breathing_rate, apnea, silence, low_battery)
            for word in _values(module.Reason)
        ),
        "pressed",
        *_values(last_resort.Reason),
        *(f"below_{level}" for level in Level if level is not Level.GOOD),
    },
    "severity": _values(Severity),
    "incident.state": _values(State),
    "outcome": _values(Outcome),
    "audience": _values(Audience),
    "relation": _values(Relation),
    "notification": _values(NotificationState),
    "channel": channels.CHANNELS,
    "rejection": _values(RejectionReason),
    "position.source": _values(FixSource),
    "device.bed": _values(BedStatus),
    "safety": _values(zone.Safety),
    "problem": [f"zone_{reason}" for reason in ZoneReason],
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("group", SENT)
def test_every_word_is_translated(group: str, language: str) -> None:
    known = words(language)
    assert [word for word in SENT[group] if not known.get(f"{group}.{word}")] == []


def test_every_evidence_of_every_detector_has_words_or_is_left_out_on_purpose() -> None:
    labels, left_out = console_evidence()
    assert len(evidence_keys()) > 100
    assert evidence_keys() - set(labels) - left_out == set()
    assert set(labels) & left_out == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_of_evidence_is_translated(language: str) -> None:
    known, (labels, _) = words(language), console_evidence()
    doubts = [f"evidence.doubt.{doubt}" for doubt in Doubt]
    assert [label for label in [*labels.values(), *doubts] if not known.get(label)] == []


def test_what_a_reader_of_evidence_needs_is_not_left_out() -> None:
    """Since when, how long, how far, how fast: what carries a unit of people is told."""
    _, left_out = console_evidence()
    told_elsewhere = {"since", "morning_at", "certain_after_s", "edge_s", "unseen_s"}
    of_the_rule = {"window_min", "limit_min", "turn_every_min"}
    assert {
        key for key in left_out if key.endswith(("_at", "_since", "_s", "_min", "_m", "_kmh"))
    } <= told_elsewhere | of_the_rule


def test_the_list_of_the_timeline_is_complete() -> None:
    assert written_kinds() >= {"opened", "notified", "notification_failed", "unreached", "resolved", "acknowledged"}
    assert written_kinds() <= timeline_kinds()


def test_chinese_is_chinese() -> None:
    """A key copied from the English table and forgotten; names of protocols and numbers aside."""
    forgotten = [
        key
        for key, text in words("zh-CN").items()
        if key != "app.language.other" and re.search(r"[a-z]{4,}", re.sub(r"\{\w+\}", "", text))
    ]
    assert forgotten == []
