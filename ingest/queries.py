"""What a replay reads: stored readings as they arrived, and the detections that came of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from psycopg.rows import DictRow

from runtime.database import Connection, rows_as_dicts

_LOCATIONS = """
    SELECT r.person_id, r.at, r.received_at, d.device_id, r.seq, latitude, longitude, accuracy_m, source, altitude_m,
        speed_mps, heading_deg, battery_pct, charging, worn, steps, at_home
    FROM locations r JOIN devices d USING (device_key)
    WHERE r.received_at >= %(since)s AND r.received_at < %(until)s AND r.person_id = ANY (%(persons)s)
"""
_BED_REPORTS = """
    SELECT r.person_id, r.at, r.received_at, d.device_id, r.seq, status, heart_rate_bpm, breathing_rate_bpm,
        movement_pct, quality_pct, breathing_amplitude_pct, apnea_s
    FROM bed_reports r JOIN devices d USING (device_key)
    WHERE r.received_at >= %(since)s AND r.received_at < %(until)s AND r.person_id = ANY (%(persons)s)
"""
_HEARTBEATS = """
    SELECT r.person_id, r.at, r.received_at, d.device_id, r.seq, battery_pct, charging, worn, steps, at_home
    FROM heartbeats r JOIN devices d USING (device_key)
    WHERE r.received_at >= %(since)s AND r.received_at < %(until)s AND r.person_id = ANY (%(persons)s)
"""
_SAFETY_EVENTS = """
    SELECT r.person_id, r.at, r.received_at, d.device_id, r.seq, event_id, type, latitude, longitude, accuracy_m,
        source, impact_g, battery_pct, motion
    FROM safety_events r JOIN devices d USING (device_key)
    WHERE r.received_at >= %(since)s AND r.received_at < %(until)s AND r.person_id = ANY (%(persons)s)
"""


async def readings(
    connection: Connection, person_ids: Sequence[int], since: datetime, until: datetime
) -> dict[str, list[DictRow]]:
    """Rows of each table that were received in a span."""
    parameters = {"persons": list(person_ids), "since": since, "until": until}
    return {
        "locations": await rows_as_dicts(connection, _LOCATIONS, parameters),
        "bed_reports": await rows_as_dicts(connection, _BED_REPORTS, parameters),
        "heartbeats": await rows_as_dicts(connection, _HEARTBEATS, parameters),
        "safety_events": await rows_as_dicts(connection, _SAFETY_EVENTS, parameters),
    }


async def detections(
    connection: Connection, person_ids: Sequence[int], since: datetime, until: datetime
) -> list[DictRow]:
    """Stored detections of a span of event time."""
    return await rows_as_dicts(
        connection,
        """
        SELECT detection_id, person_id, kind, reason, at, evidence, latitude, longitude FROM detections
        WHERE person_id = ANY (%s) AND at >= %s AND at < %s ORDER BY at, person_id
        """,
        (list(person_ids), since, until),
    )


async def quarantined(
    connection: Connection, reason: str | None, since: datetime | None, until: datetime | None
) -> list[DictRow]:
    """Messages in quarantine that were not sent again yet, oldest first."""
    return await rows_as_dicts(
        connection,
        """
        SELECT quarantine_id, topic, reason, payload, payload_size FROM quarantine
        WHERE replayed_at IS NULL AND (%(reason)s::text IS NULL OR reason = %(reason)s)
            AND (%(since)s::timestamptz IS NULL OR received_at >= %(since)s)
            AND (%(until)s::timestamptz IS NULL OR received_at < %(until)s)
        ORDER BY quarantine_id
        """,
        {"reason": reason, "since": since, "until": until},
    )
