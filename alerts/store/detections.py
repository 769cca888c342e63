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
#: Detections of one person handled in one transaction. Count. A device that sends a thousand a minute keeps its
#: person's place no longer than others need theirs; provisional.
_TOGETHER = 50


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
            "SELECT d.detection_id, d.device_id, d.kind, d.reason, d.at, d.place_at, d.evidence"
            " FROM unhandled_detections u JOIN detections d USING (detection_id)"
            " WHERE u.person_id = %s ORDER BY d.judged_at, d.at, d.detection_id LIMIT %s",
            (person_id, _TOGETHER),
        )
        return await cursor.fetchall()


async def of_incident(connection: Connection, incident_id: int) -> list[Detected]:
    """What an incident holds, oldest first: of detections that say the same the newest, however many there were."""
    async with connection.cursor(row_factory=class_row(Detected)) as cursor:
        await cursor.execute(
            "SELECT detection_id, device_id, kind, reason, at, place_at, evidence, accompanied, first_at FROM ("
            " SELECT DISTINCT ON (d.kind, d.reason, d.evidence -> 'night', d.evidence -> 'danger_kind', h.accompanied)"
            " d.detection_id, d.device_id, d.kind, d.reason, d.at, d.place_at, d.evidence, h.accompanied, d.judged_at,"
            " min(d.at) OVER (PARTITION BY d.kind) AS first_at"
            " FROM handled_detections h JOIN detections d USING (detection_id) WHERE h.incident_id = %s"
            " ORDER BY d.kind, d.reason, d.evidence -> 'night', d.evidence -> 'danger_kind', h.accompanied,"
            " d.judged_at DESC, d.at DESC, d.detection_id) newest ORDER BY judged_at, at, detection_id",
            (incident_id,),
        )
        return await cursor.fetchall()


async def one(connection: Connection, detection_id: UUID) -> Detected | None:
    """One detection."""
    async with connection.cursor(row_factory=class_row(Detected)) as cursor:
        await cursor.execute(
            "SELECT detection_id, device_id, kind, reason, at, place_at, evidence FROM detections"
            " WHERE detection_id = %s",
            (detection_id,),
        )
        return await cursor.fetchone()


async def decide_again(connection: Connection, detection_id: UUID, decision: str, *, at: datetime) -> None:
    """The last word on a detection that was held back, when it belongs to no incident of its person."""
    await connection.execute(
        "UPDATE handled_detections SET decision = %s, handled_at = %s WHERE detection_id = %s",
        (decision, at, detection_id),
    )


async def mark_handled(
    connection: Connection,
    detection_id: UUID,
    *,
    incident_id: int | None,
    decision: str,
    accompanied: str | None,
    at: datetime,
) -> None:
    """Record what became of a detection, and take it off the queue. One that was held back gets its last word here."""
    await connection.execute(
        "WITH taken AS (DELETE FROM unhandled_detections WHERE detection_id = %(detection_id)s),"
        " held AS (DELETE FROM held_silences WHERE detection_id = %(detection_id)s)"
        " INSERT INTO handled_detections (detection_id, incident_id, decision, accompanied, handled_at)"
        " VALUES (%(detection_id)s, %(incident_id)s, %(decision)s, %(accompanied)s, %(at)s)"
        " ON CONFLICT (detection_id) DO UPDATE SET incident_id = excluded.incident_id, decision = excluded.decision,"
        " accompanied = excluded.accompanied, handled_at = excluded.handled_at",
        {
            "detection_id": detection_id,
            "incident_id": incident_id,
            "decision": decision,
            "accompanied": accompanied,
            "at": at,
        },
    )


async def alone_again(connection: Connection, incident_id: int) -> None:
    """Nobody is known to be with the person any more: what was detected counts in full."""
    await connection.execute(
        "UPDATE handled_detections SET accompanied = NULL WHERE incident_id = %s AND accompanied IS NOT NULL",
        (incident_id,),
    )


async def accompany(connection: Connection, incident_id: int, word: str) -> None:
    """Somebody is with the person after all: what was detected counts for less."""
    await connection.execute(
        "UPDATE handled_detections SET accompanied = %s WHERE incident_id = %s", (word, incident_id)
    )
