"""Reads for the export of an incident: what happened, and where the person was believed to be meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from api.access import Scope
from runtime.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRow:
    """One fix while an incident lasted."""

    at: datetime
    latitude: float
    longitude: float
    accuracy_m: float
    source: str


async def places(
    connection: Connection, incident_id: int, *, scope: Scope, until: datetime, limit: int
) -> list[PlaceRow]:
    """Fixes of the person of an incident the caller has found visible, oldest first, from the first sign to the end.

    A responder's window opens with the incident; the family sees the way that led there too.
    """
    async with connection.cursor(row_factory=class_row(PlaceRow)) as cursor:
        await cursor.execute(
            """
            WITH span AS (
                SELECT i.person_id, CASE WHEN %(narrow)s THEN i.opened_at ELSE least(i.opened_at, (
                    SELECT min(d.at) FROM handled_detections h JOIN detections d USING (detection_id)
                    WHERE h.incident_id = i.incident_id)) END AS since, coalesce(i.resolved_at, %(until)s) AS until
                FROM incidents i WHERE i.incident_id = %(incident_id)s)
            SELECT l.at, l.latitude, l.longitude, l.accuracy_m, l.source FROM span
            JOIN locations l ON l.person_id = span.person_id AND l.at >= span.since AND l.at <= span.until
            ORDER BY l.at LIMIT %(limit)s""",
            {
                "incident_id": incident_id,
                "narrow": scope is Scope.INVOLVED,
                "until": until,
                "limit": limit,
            },
        )
        return await cursor.fetchall()
