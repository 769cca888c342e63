"""Turns rows into answers: sentences in both languages, previews without positions. No I/O."""

from __future__ import annotations

from datetime import datetime

import structlog

from alerts.errors import AlertsError
from alerts.messages import sentence
from api.access import Role
from api.queries.fleet import QuarantineRow
from api.queries.incidents import DetectionRow, IncidentRow
from api.redaction import without_positions
from api.schemas.fleet import Quarantined
from api.schemas.incidents import Incident, IncidentDetection, Place, Sentence

log = structlog.get_logger(__name__)

LANGUAGES = ("zh-CN", "en")


def incident(row: IncidentRow) -> Incident:
    """An incident in short."""
    opening = row.opening()
    said = sentences(opening, row.time_zone) if opening else dict.fromkeys(LANGUAGES, "")
    values = {name: getattr(row, name) for name in Incident.model_fields if name != "sentence"}
    return Incident(**values, sentence=said)


def detection(row: DetectionRow, time_zone: str) -> IncidentDetection:
    """A detection with its place and its sentences."""
    values = {name: getattr(row, name) for name in IncidentDetection.model_fields if name not in ("place", "sentence")}
    return IncidentDetection(**values, place=_place(row), sentence=sentences(row, time_zone))


def sentences(row: DetectionRow, time_zone: str) -> Sentence:
    """What was detected, in one sentence a language."""
    return {language: _sentence(row, language, time_zone) for language in LANGUAGES}


def _sentence(row: DetectionRow, language: str, time_zone: str) -> str:
    try:
        return sentence(
            row.kind,
            row.reason,
            row.evidence,
            language,
            at=row.at,
            time_zone=time_zone,
            place_at=row.place_at,
            zone_name=row.zone_name,
        )
    except AlertsError as error:
        # A missing template must not hide the incident itself.
        log.warning("sentence_missing", kind=row.kind, reason=row.reason, error=str(error))
        return row.kind


def _place(row: DetectionRow) -> Place | None:
    if row.latitude is None or row.longitude is None:
        return None
    return Place(latitude=row.latitude, longitude=row.longitude, accuracy_m=row.accuracy_m, at=row.place_at)


def quarantined(row: QuarantineRow, role: Role) -> Quarantined:
    """A rejected message as this role may read it: an operator sees no position, not even a malformed one."""
    shown = (lambda text: text) if role is Role.ADMIN else without_positions
    values = {
        name: getattr(row, name) for name in Quarantined.model_fields if name not in ("detail", "payload_preview")
    }
    preview = bytes(row.payload).decode("utf-8", "replace").replace("\x00", "�")
    return Quarantined(**values, detail=shown(row.detail), payload_preview=shown(preview))


def instant(at: datetime) -> str:
    """RFC 3339."""
    return at.isoformat()
