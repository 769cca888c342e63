"""Reads of divisions, stations, coordinators, and of who answers an incident."""

from __future__ import annotations

from psycopg.rows import class_row

from api.schemas.responders import Coordinator, Division, ResponseRow, Station
from runtime.database import Connection


async def divisions(connection: Connection, *, within: str, level: str | None) -> list[Division]:
    """Divisions whose codes begin with a prefix, of one level or of all."""
    async with connection.cursor(row_factory=class_row(Division)) as cursor:
        await cursor.execute(
            "SELECT code, level, name, name_en, latitude, longitude FROM divisions"
            " WHERE starts_with(code, %s) AND (%s::text IS NULL OR level = %s) ORDER BY code",
            (within, level, level),
        )
        return await cursor.fetchall()


async def stations(connection: Connection, *, within: str, after: str, limit: int) -> list[Station]:
    """Stations of an area."""
    async with connection.cursor(row_factory=class_row(Station)) as cursor:
        await cursor.execute(
            """
            SELECT s.external_id AS station_id, s.name, s.division, s.latitude, s.longitude, s.duty, s.active,
                (SELECT count(*) FROM receivers r WHERE r.station_id = s.station_id AND r.enabled
                    AND starts_with(r.external_id, 'coordinator:')) AS coordinators
            FROM stations s WHERE starts_with(s.division, %s) AND s.external_id > %s
            ORDER BY s.external_id LIMIT %s""",
            (within, after, limit),
        )
        return await cursor.fetchall()


async def coordinators(connection: Connection, *, within: str, after: str, limit: int) -> list[Coordinator]:
    """Coordinators of an area; of their channels only the kinds, addresses are secrets."""
    async with connection.cursor(row_factory=class_row(Coordinator)) as cursor:
        await cursor.execute(
            """
            SELECT substr(r.external_id, 13) AS coordinator_id, r.display_name AS name, s.external_id AS station_id,
                r.division, r.latitude, r.longitude, r.duty, r.capacity, u.username, r.enabled AS active,
                ARRAY(SELECT coalesce(entry ->> 'kind', '') FROM jsonb_array_elements(r.channels) AS entry) AS channels,
                (SELECT count(*) FROM responses a JOIN incidents i USING (incident_id)
                    WHERE a.state IN ('accepted', 'arrived') AND i.state <> 'resolved'
                      AND (a.receiver_id = r.receiver_id OR a.user_id = r.user_id)) AS open_cases
            FROM receivers r LEFT JOIN stations s ON s.station_id = r.station_id
            LEFT JOIN users u ON u.user_id = r.user_id
            WHERE starts_with(r.external_id, 'coordinator:') AND starts_with(r.division, %s)
              AND substr(r.external_id, 13) > %s
            ORDER BY r.external_id LIMIT %s""",
            (within, after, limit),
        )
        return await cursor.fetchall()


async def responses(connection: Connection, incident_id: int, *, user_id: int | None) -> list[ResponseRow]:
    """Who answers an incident the caller has found visible."""
    async with connection.cursor(row_factory=class_row(ResponseRow)) as cursor:
        await cursor.execute(
            """
            SELECT coalesce(u.display_name, r.display_name, '') AS name, r.relation, a.state, a.leads, a.accepted_at,
                a.arrived_at, a.ended_at, coalesce(a.user_id = %s, false) AS mine
            FROM responses a LEFT JOIN users u ON u.user_id = a.user_id
            LEFT JOIN receivers r ON r.receiver_id = a.receiver_id
            WHERE a.incident_id = %s ORDER BY a.accepted_at NULLS LAST, a.party""",
            (user_id, incident_id),
        )
        return await cursor.fetchall()


async def has_declined(connection: Connection, incident_id: int, user_id: int) -> bool:
    """Whether a login could have gone to an unresolved incident and said that it cannot."""
    cursor = await connection.execute(
        "SELECT FROM responses JOIN incidents i USING (incident_id)"
        " WHERE incident_id = %s AND user_id = %s AND responses.state = 'declined' AND i.state <> 'resolved'",
        (incident_id, user_id),
    )
    return await cursor.fetchone() is not None
