"""Reads of positions and tracks. PostgreSQL writes the GeoJSON: 1,500 rows cost Python nothing."""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString

from api.queries import visible
from api.viewer import Viewer
from runtime.database import Connection

#: One row of `l` (latest_positions) and its `p` as a Feature. Floats are rounded to what they can mean (0.1 m).
FEATURE: LiteralString = """
    json_build_object('type', 'Feature',
        'geometry', json_build_object('type', 'Point', 'coordinates',
            json_build_array(round(l.longitude::numeric, 6), round(l.latitude::numeric, 6))),
        'properties', json_build_object('person_id', l.person_id, 'display_name', p.display_name, 'at', l.at,
            'accuracy_m', l.accuracy_m, 'source', l.source, 'speed_mps', l.speed_mps,
            'heading_deg', l.heading_deg, 'battery_pct', l.battery_pct, 'safety', l.safety,
            'incident_id', (SELECT open.incident_id FROM incidents open
                            WHERE open.person_id = l.person_id AND open.state <> 'resolved')))"""

_FROM: LiteralString = (
    " FROM latest_positions l JOIN persons p ON p.person_id = l.person_id CROSS JOIN " + visible.VIEWER + " WHERE "
)


async def collection(connection: Connection, viewer: Viewer) -> tuple[str, list[int]]:
    """The newest positions a viewer may see, as a FeatureCollection's text, and whose they are."""
    cursor = await connection.execute(
        "SELECT coalesce(string_agg(" + FEATURE + "::text, ','), ''),"
        " coalesce(array_agg(l.person_id), '{}')" + _FROM + visible.PERSON[viewer.scope],
        viewer.parameters,
    )
    row = await cursor.fetchone()
    assert row is not None
    features, person_ids = row
    return f'{{"type":"FeatureCollection","features":[{features}]}}', person_ids


async def one(connection: Connection, viewer: Viewer, person_id: int) -> str | None:
    """The newest position of one person a viewer may see, as a Feature's text."""
    cursor = await connection.execute(
        "SELECT " + FEATURE + "::text" + _FROM + visible.PERSON[viewer.scope] + " AND l.person_id = %(person_id)s",
        viewer.parameters | {"person_id": person_id},
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def track(
    connection: Connection, viewer: Viewer, person_id: int, *, since: datetime, until: datetime, limit: int
) -> str | None:
    """The way of one person a viewer may see, as a Feature's text; the newest `limit` points of it."""
    cursor = await connection.execute(
        """
        SELECT json_build_object('type', 'Feature',
            'geometry', json_build_object('type', 'LineString', 'coordinates', coalesce(way.coordinates, '[]')),
            'properties', json_build_object('points', coalesce(way.points, '[]')))::text
        FROM persons p CROSS JOIN """
        + visible.VIEWER
        + """ CROSS JOIN LATERAL (
            SELECT json_agg(json_build_array(round(l.longitude::numeric, 6), round(l.latitude::numeric, 6))
                            ORDER BY l.at) AS coordinates,
                json_agg(json_build_object('at', l.at, 'accuracy_m', l.accuracy_m, 'source', l.source,
                                           'speed_mps', l.speed_mps) ORDER BY l.at) AS points
            FROM (SELECT * FROM locations
                  WHERE person_id = p.person_id AND at >= %(since)s AND at < %(until)s AND at >= """
        + visible.TRACK_SINCE[viewer.scope]
        + """
                  ORDER BY at DESC LIMIT %(limit)s) l) way
        WHERE p.person_id = %(person_id)s AND """
        + visible.PERSON[viewer.scope],
        viewer.parameters | {"person_id": person_id, "since": since, "until": until, "limit": limit},
    )
    row = await cursor.fetchone()
    return row[0] if row else None
