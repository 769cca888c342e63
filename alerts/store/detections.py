"""The queue of detections, and the record of what became of each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from alerts.detected import Detected
from runtime.database import Connection

#: Namespace of our advisory locks; the second key is a hash of the person.
_PERSON_LOCK = 0x616C7274
#: Persons looked at in one pass. Count. More wait for the next pass, which follows at once.
_PASS = 500


async def waiting_persons(connection: Connection) -> list[int]:
    """Persons with detections nobody has handled: whoever pressed SOS first, then whoever has waited longest."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT u.person_id FROM unhandled_detections u JOIN detections d USING (detection_id)"
            " GROUP BY u.person_id ORDER BY bool_or(d.kind = 'sos') DESC, min(d.judged_at) LIMIT %s",
            (_PASS,),
        )
        return await cursor.fetchall()


async def try_lock_person(connection: Connection, person_id: int, *, lock_timeout: str) -> bool:
    """Take the person until the transaction ends; False when another process has them.

    Row locks of this transaction are then waited for at most `lock_timeout` (PostgreSQL's spelling, "2s").
    """
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s, hashint8(%s)) FROM set_config('lock_timeout', %s, true)",
            (_PERSON_LOCK, person_id, lock_timeout),
        )
        return bool(await cursor.fetchone())


async def unhandled_of(connection: Connection, person_id: int) -> list[Detected]:
    """What waits of one person, in the order it was concluded."""
    async with connection.cursor(row_factory=class_row(Detected)) as cursor:
        await cursor.execute(
            "SELECT d.detection_id, d.kind, d.reason, d.at, d.place_at, d.evidence"
            " FROM unhandled_detections u JOIN detections d USING (detection_id)"
            " WHERE u.person_id = %s ORDER BY d.judged_at, d.at, d.detection_id",
            (person_id,),
        )
        return await cursor.fetchall()


async def of_incident(connection: Connection, incident_id: int) -> list[Detected]:
    """All detections of one incident, in the order they were concluded."""
    async with connection.cursor(row_factory=class_row(Detected)) as cursor:
        await cursor.execute(
            "SELECT d.detection_id, d.kind, d.reason, d.at, d.place_at, d.evidence"
            " FROM handled_detections h JOIN detections d USING (detection_id)"
            " WHERE h.incident_id = %s ORDER BY d.judged_at, d.at, d.detection_id",
            (incident_id,),
        )
        return await cursor.fetchall()


async def mark_handled(
    connection: Connection, detection_id: UUID, *, incident_id: int | None, decision: str, at: datetime
) -> None:
    """Record what became of a detection, and take it off the queue."""
    await connection.execute(
        "WITH taken AS (DELETE FROM unhandled_detections WHERE detection_id = %(detection_id)s)"
        " INSERT INTO handled_detections (detection_id, incident_id, decision, handled_at)"
        " VALUES (%(detection_id)s, %(incident_id)s, %(decision)s, %(at)s)",
        {"detection_id": detection_id, "incident_id": incident_id, "decision": decision, "at": at},
    )
