"""Reads of incidents and all that belongs to them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row

from api.queries import visible
from api.schemas.incidents import EscalationStep, NotificationRecord, TimelineEvent
from api.viewer import Viewer
from runtime.database import Connection


class StateFilter(StrEnum):
    """Which incidents are wanted."""

    OPEN = "open"
    RESOLVED = "resolved"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionRow:
    """A detection of an incident."""

    detection_id: UUID
    kind: str
    reason: str
    at: datetime
    device_id: str | None
    zone_id: int | None
    zone_name: str | None
    latitude: float | None
    longitude: float | None
    accuracy_m: float | None
    place_at: datetime | None
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """An incident with the names of who is in it, and the detection that speaks for it."""

    incident_id: int
    person_id: int
    person_name: str
    time_zone: str
    approach: str
    state: str
    severity: str
    severity_reasons: list[str]
    kind: str
    kinds: list[str]
    opened_at: datetime
    updated_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    responding_at: datetime | None
    responding_by: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    outcome: str | None
    note: str
    called: bool
    revision: int
    #: The first detection of its kind, the gravest one; null in the moment before alerts has written it.
    opened_by: dict[str, Any] | None

    def opening(self) -> DetectionRow | None:
        """The detection the incident's sentence is made of."""
        if self.opened_by is None:
            return None
        row = {field.name: self.opened_by[field.name] for field in fields(DetectionRow)}
        place_at = row["place_at"]
        row["at"] = datetime.fromisoformat(row["at"])
        row["place_at"] = datetime.fromisoformat(place_at) if place_at else None
        row["detection_id"] = UUID(row["detection_id"])
        return DetectionRow(**row)


_DETECTION: LiteralString = """
    d.detection_id, d.kind, d.reason, d.at, d.device_id, d.zone_id,
    coalesce(d.evidence ->> 'zone_name', z.name) AS zone_name,
    d.latitude, d.longitude, d.accuracy_m, d.place_at, d.evidence
    FROM handled_detections h JOIN detections d ON d.detection_id = h.detection_id
    LEFT JOIN zones z ON z.zone_id = d.zone_id WHERE h.incident_id = """

_INCIDENTS: LiteralString = (
    """
    SELECT i.incident_id, i.person_id, p.display_name AS person_name, p.time_zone, p.approach, i.state, i.severity,
        i.severity_reasons, i.kind, i.kinds, i.opened_at, i.updated_at,
        i.acknowledged_at, acknowledger.display_name AS acknowledged_by,
        i.responding_at, responder.display_name AS responding_by,
        i.resolved_at, resolver.display_name AS resolved_by, i.outcome, i.note, i.revision,
        EXISTS (SELECT 1 FROM escalations e WHERE e.incident_id = i.incident_id) AS called,
        (SELECT to_jsonb(first) FROM (SELECT """
    + _DETECTION
    + """i.incident_id ORDER BY d.kind = i.kind DESC, h.handled_at, d.at LIMIT 1) first) AS opened_by
    FROM incidents i JOIN persons p ON p.person_id = i.person_id
    LEFT JOIN users acknowledger ON acknowledger.user_id = i.acknowledged_by
    LEFT JOIN users responder ON responder.user_id = i.responding_by
    LEFT JOIN users resolver ON resolver.user_id = i.resolved_by
    CROSS JOIN """
    + visible.VIEWER
    + " WHERE "
)


async def page(
    connection: Connection,
    viewer: Viewer,
    *,
    state: StateFilter,
    person_id: int | None,
    before: int,
    limit: int,
) -> list[IncidentRow]:
    """Incidents a viewer may see, newest first."""
    async with connection.cursor(row_factory=class_row(IncidentRow)) as cursor:
        await cursor.execute(
            _INCIDENTS
            + visible.INCIDENT[viewer.scope]
            + """
            AND i.incident_id < %(before)s AND (%(person_id)s::bigint IS NULL OR i.person_id = %(person_id)s)
            AND (%(state)s = 'all' OR (i.state = 'resolved') = (%(state)s = 'resolved'))
            ORDER BY i.incident_id DESC LIMIT %(limit)s""",
            viewer.parameters | {"state": str(state), "person_id": person_id, "before": before, "limit": limit},
        )
        return await cursor.fetchall()


async def one(connection: Connection, viewer: Viewer, incident_id: int) -> IncidentRow | None:
    """One incident a viewer may see."""
    async with connection.cursor(row_factory=class_row(IncidentRow)) as cursor:
        await cursor.execute(
            _INCIDENTS + visible.INCIDENT[viewer.scope] + " AND i.incident_id = %(incident_id)s",
            viewer.parameters | {"incident_id": incident_id},
        )
        return await cursor.fetchone()


async def changed(
    connection: Connection, viewer: Viewer, *, revision: int, incident_ids: list[int]
) -> list[IncidentRow]:
    """Incidents a viewer may see that changed after a revision, and those named, oldest change first."""
    async with connection.cursor(row_factory=class_row(IncidentRow)) as cursor:
        await cursor.execute(
            _INCIDENTS
            + visible.INCIDENT[viewer.scope]
            + """
            AND (i.revision > %(revision)s OR i.incident_id = ANY(%(incident_ids)s)) ORDER BY i.revision""",
            viewer.parameters | {"revision": revision, "incident_ids": incident_ids},
        )
        return await cursor.fetchall()


async def detections(connection: Connection, incident_id: int) -> list[DetectionRow]:
    """The detections of an incident the caller has found visible, oldest first."""
    async with connection.cursor(row_factory=class_row(DetectionRow)) as cursor:
        await cursor.execute("SELECT " + _DETECTION + "%s ORDER BY d.at, d.detection_id", (incident_id,))
        return await cursor.fetchall()


async def timeline(connection: Connection, incident_id: int) -> list[TimelineEvent]:
    """What happened in an incident the caller has found visible, oldest first."""
    async with connection.cursor(row_factory=class_row(TimelineEvent)) as cursor:
        await cursor.execute(
            "SELECT e.at, e.kind, u.display_name AS actor, e.data FROM incident_events e"
            " LEFT JOIN users u ON u.user_id = e.user_id WHERE e.incident_id = %s ORDER BY e.event_id",
            (incident_id,),
        )
        return await cursor.fetchall()


async def notifications(connection: Connection, incident_id: int) -> list[NotificationRecord]:
    """Messages of an incident the caller has found visible. Of a channel only its sort: addresses are secrets."""
    async with connection.cursor(row_factory=class_row(NotificationRecord)) as cursor:
        await cursor.execute(
            "SELECT coalesce(r.display_name, '') AS receiver, coalesce(r.relation, '') AS relation,"
            " coalesce(n.channel ->> 'kind', '') AS channel, n.purpose, n.state, n.attempts, n.created_at,"
            " n.delivered_wall FROM notifications n LEFT JOIN receivers r ON r.receiver_id = n.receiver_id"
            " WHERE n.incident_id = %s ORDER BY n.created_at, n.round, n.position, n.notification_id",
            (incident_id,),
        )
        return await cursor.fetchall()


async def steps(connection: Connection, incident_id: int) -> list[EscalationStep]:
    """The ladder of an incident the caller has found visible."""
    async with connection.cursor(row_factory=class_row(EscalationStep)) as cursor:
        await cursor.execute(
            "SELECT round, position, due_at, audiences, state FROM escalations"
            " WHERE incident_id = %s ORDER BY round, position",
            (incident_id,),
        )
        return await cursor.fetchall()
