"""Reads of what a rehearsal left in its database. The run started that database itself; nobody else's is ever read."""

from __future__ import annotations

from datetime import datetime

from runtime.database import Connection, rows_as_dicts
from simulators.scoring.run_log import Alert, Detected, Incident


async def detections(connection: Connection, *, since: datetime, until: datetime) -> list[Detected]:
    """What the engine concluded about things that happened in a span, with what became of it."""
    rows = await rows_as_dicts(
        connection,
        "SELECT d.detection_id::text, p.external_id AS person, d.kind, d.reason, d.at, h.decision, h.incident_id"
        " FROM detections d JOIN persons p USING (person_id) LEFT JOIN handled_detections h USING (detection_id)"
        " WHERE d.at >= %(since)s AND d.at <= %(until)s ORDER BY d.at, d.detection_id",
        {"since": since, "until": until},
    )
    return [Detected(**row) for row in rows]


async def alerts(connection: Connection, *, until: datetime) -> list[Alert]:
    """Rounds of telling. What had waited counts as told when it was told; what was taken back unsent does not count."""
    rows = await rows_as_dicts(
        connection,
        """
        WITH said AS (
            SELECT incident_id, round, position, detection_id, created_at AS told_at, false AS waited
            FROM notifications
            WHERE purpose = 'alert' AND detection_id IS NOT NULL AND (state <> 'cancelled' OR attempts > 0)
            UNION ALL
            SELECT incident_id, round, position, detection_id, told_at, true FROM withheld WHERE told_at IS NOT NULL)
        SELECT DISTINCT ON (s.incident_id, s.round) s.incident_id, s.round, s.detection_id::text,
            p.external_id AS person, d.kind, d.reason, d.at, s.told_at, s.waited
        FROM said s JOIN detections d USING (detection_id) JOIN incidents i USING (incident_id)
        LEFT JOIN persons p ON p.person_id = i.person_id
        WHERE s.told_at <= %(until)s AND d.at <= %(until)s
        ORDER BY s.incident_id, s.round, s.position, s.told_at, s.detection_id""",
        {"until": until},
    )
    return [Alert(**row) for row in rows]


async def incidents(connection: Connection, *, until: datetime) -> list[Incident]:
    """Open and closed cases."""
    rows = await rows_as_dicts(
        connection,
        """
        SELECT i.incident_id, p.external_id AS person, i.kind, i.opened_at,
            least(i.acknowledged_at, i.responding_at) AS answered_at, i.resolved_at, i.outcome
        FROM incidents i LEFT JOIN persons p USING (person_id) WHERE i.opened_at <= %(until)s ORDER BY i.incident_id""",
        {"until": until},
    )
    return [Incident(**row) for row in rows]


async def publish_to_notification_ms(connection: Connection) -> list[float]:
    """Real time from a device's publish to the first hand-over of the ladder's first step, one a notification."""
    rows = await rows_as_dicts(
        connection,
        """
        SELECT DISTINCT ON (a.notification_id)
            extract(epoch FROM a.handed_wall - d.published_wall)::double precision * 1000 AS took_ms
        FROM notification_attempts a JOIN notifications n USING (notification_id)
        JOIN detections d USING (detection_id)
        WHERE n.direct AND n.round = 1 AND n.position = 0 AND n.purpose = 'alert' AND d.published_wall IS NOT NULL
        ORDER BY a.notification_id, a.attempt""",
        {},
    )
    return sorted(round(float(row["took_ms"]), 2) for row in rows)


async def stored(connection: Connection) -> int:
    """Readings in all four series."""
    [row] = await rows_as_dicts(
        connection,
        "SELECT (SELECT count(*) FROM locations) + (SELECT count(*) FROM bed_reports)"
        " + (SELECT count(*) FROM heartbeats) + (SELECT count(*) FROM safety_events) AS stored",
        {},
    )
    return int(row["stored"])


async def refused(connection: Connection) -> int:
    """Messages in quarantine."""
    [row] = await rows_as_dicts(connection, "SELECT count(*) AS refused FROM quarantine", {})
    return int(row["refused"])


async def persons(connection: Connection) -> dict[int, str]:
    """`external_id` by `person_id`."""
    rows = await rows_as_dicts(
        connection, "SELECT person_id, external_id FROM persons WHERE external_id IS NOT NULL", {}
    )
    return {int(row["person_id"]): str(row["external_id"]) for row in rows}


async def unsettled(connection: Connection, *, now: datetime) -> int:
    """Detections that nobody has handled, and messages that are due and have not left."""
    [row] = await rows_as_dicts(
        connection,
        "SELECT (SELECT count(*) FROM unhandled_detections)"
        " + (SELECT count(*) FROM notifications WHERE state = 'pending' AND created_at <= %(now)s) AS unsettled",
        {"now": now},
    )
    return int(row["unsettled"])
