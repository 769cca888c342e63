"""Reads of positions and tracks. PostgreSQL writes the GeoJSON: 1,500 rows cost Python nothing."""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString

from api.queries import visible
from api.viewer import Viewer
from runtime.database import Connection

#: One row of `l` (latest_positions) and its `p` as a Feature's text. Degrees are rounded to what they can mean (0.1 m).
#: Rows become JSON whole and the rest is text: a third of the time of building objects key by key.
FEATURE: LiteralString = """
    ('{"type":"Feature","geometry":{"type":"Point","coordinates":[' || round(l.longitude * 1e6) / 1e6 || ','
        || round(l.latitude * 1e6) / 1e6 || ']},"properties":' || (SELECT row_to_json(told)::text FROM (
            SELECT l.person_id, p.display_name, l.at, l.accuracy_m, l.source, l.speed_mps, l.heading_deg, l.battery_pct,
                l.safety, (SELECT open.incident_id FROM incidents open
                    WHERE open.person_id = l.person_id AND open.state <> 'resolved') AS incident_id) told) || '}')"""

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
        SELECT '{"type":"Feature","geometry":{"type":"LineString","coordinates":[' || coalesce(way.coordinates, '')
            || ']},"properties":{"points":[' || coalesce(way.points, '') || ']}}'
        FROM persons p CROSS JOIN """
        + visible.VIEWER
        + """ CROSS JOIN LATERAL (
            SELECT string_agg('[' || round(l.longitude * 1e6) / 1e6 || ',' || round(l.latitude * 1e6) / 1e6 || ']', ','
                    ORDER BY l.at) AS coordinates,
                string_agg((SELECT row_to_json(told)::text FROM (
                    SELECT l.at, l.accuracy_m, l.source, l.speed_mps) told), ',' ORDER BY l.at) AS points
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
