"""The parts of evidence that every detection shares: local time, night, and the conclusion's own identifier."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from geofence.detection import DetectionKind
from geofence.person import Person

#: Namespace of the identifiers of detections and commands.
NAMESPACE = UUID("2f0f3d4b-6a55-5f0e-8a43-4f4a6f1b9c11")


def identify(person_id: int, kind: DetectionKind | str, at: datetime, *further: object) -> UUID:
    """The same conclusion from the same log always gets the same identifier, so it can be stored only once."""
    return uuid5(NAMESPACE, "\x1f".join(str(part) for part in (person_id, kind, at.isoformat(), *further)))


def when(person: Person, at: datetime) -> dict[str, str | bool]:
    """Local time and whether it is night."""
    return {"local_time": person.local(at).strftime("%H:%M"), "night": person.is_night(at)}
