"""The timeline of an incident as entries and as a table for a spreadsheet. Pure.

The table is CSV (RFC 4180) in UTF-8 with a mark at its beginning, without which a common spreadsheet in China shows
Chinese as noise. A text that would be taken for a formula gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence

from api import present
from api.queries.incidents import DetectionRow, IncidentRow
from api.queries.timeline import PlaceRow
from api.schemas.incidents import TimelineEvent
from api.schemas.timeline import TimelineEntry, TimelineExport

COLUMNS = ("at", "kind", "actor", "text", "latitude", "longitude", "accuracy_m", "source", "data")
#: A spreadsheet takes a cell that begins so for a formula. Source: OWASP, CSV injection.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MARK = "\ufeff"


def export(
    row: IncidentRow,
    events: Iterable[TimelineEvent],
    detections: Iterable[DetectionRow],
    places: Sequence[PlaceRow],
    *,
    language: str,
    truncated: bool,
) -> TimelineExport:
    """Everything that happened, oldest first; of two at the same instant what happened comes before where it was."""
    known = {str(one.detection_id): one for one in detections}
    happened = [_happened(event, known, row.time_zone, language) for event in events]
    entries = sorted([*happened, *(_was(place) for place in places)], key=lambda entry: entry.at)
    return TimelineExport(
        incident_id=row.incident_id,
        person_id=row.person_id,
        person_name=row.person_name,
        state=row.state,  # type: ignore[arg-type] # one of its words, by the table's constraint
        outcome=row.outcome,  # type: ignore[arg-type]
        opened_at=row.opened_at,
        resolved_at=row.resolved_at,
        entries=entries,
        truncated=truncated,
    )


def _happened(event: TimelineEvent, known: Mapping[str, DetectionRow], time_zone: str, language: str) -> TimelineEntry:
    detection = known.get(str(event.data.get("detection_id")))
    text = str(event.data.get("text") or event.data.get("note") or "")
    if detection is not None:
        text = present.sentences(detection, time_zone).get(language, "")
    return TimelineEntry(
        at=event.at,
        kind=event.kind,
        actor=event.actor,
        text=text,
        latitude=detection.latitude if detection else None,
        longitude=detection.longitude if detection else None,
        accuracy_m=detection.accuracy_m if detection else None,
        source=None,
        data=event.data,
    )


def _was(place: PlaceRow) -> TimelineEntry:
    return TimelineEntry(
        at=place.at,
        kind="position",
        actor=None,
        text="",
        latitude=place.latitude,
        longitude=place.longitude,
        accuracy_m=place.accuracy_m,
        source=place.source,
        data={},
    )


def table(exported: TimelineExport) -> str:
    """The entries as CSV with a line of headings."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for entry in exported.entries:
        writer.writerow([_cell(name, entry) for name in COLUMNS])
    return _MARK + text.getvalue()


def _cell(name: str, entry: TimelineEntry) -> object:
    value = getattr(entry, name)
    if name == "at":
        return present.instant(entry.at)
    if name == "data":
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value
