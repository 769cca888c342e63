"""SQL of deleting what alerts wrote: messages first, the whole story of an incident years later. And who is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from psycopg.rows import class_row, scalar_row

from runtime.database import Connection

#: Incidents whose story goes in one transaction. Count.
TOGETHER = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Aged:
    """What is, or was, older than an instant."""

    rows: int
    held_rows: int
    oldest: datetime | None
    newest: datetime | None


#: Persons who are being looked for: an incident is open, or was handed over and the link still opens.
_HELD: LiteralString = """
    SELECT DISTINCT i.person_id FROM incidents i WHERE i.person_id IS NOT NULL AND (i.state <> 'resolved' OR EXISTS (
        SELECT FROM handover_links l WHERE l.incident_id = i.incident_id AND l.kind IN ('police', 'sheet')
        AND l.revoked_at IS NULL AND l.until > %(at)s))
"""

#: In the order in which they refer to each other. The first three belong to a message.
_OF_MESSAGES: tuple[LiteralString, ...] = (
    "DELETE FROM notification_attempts WHERE notification_id = ANY (%(messages)s)",
    "DELETE FROM notification_receipts WHERE notification_id = ANY (%(messages)s)",
    "DELETE FROM notifications WHERE notification_id = ANY (%(messages)s)",
)
_OF_INCIDENTS: tuple[LiteralString, ...] = (
    "DELETE FROM finder_reports WHERE incident_id = ANY (%(incidents)s)",
    "DELETE FROM handover_links WHERE incident_id = ANY (%(incidents)s) AND sheet_id IS NOT NULL",
    "DELETE FROM handover_links WHERE incident_id = ANY (%(incidents)s)",
    "DELETE FROM cap_messages WHERE incident_id = ANY (%(incidents)s)",
    "DELETE FROM platform_events WHERE incident_id = ANY (%(incidents)s)",
    "DELETE FROM responses WHERE incident_id = ANY (%(incidents)s)",
    "DELETE FROM outages WHERE incident_id = ANY (%(incidents)s)",
    "DELETE FROM withheld WHERE incident_id = ANY (%(incidents)s)",
    "DELETE FROM incident_timers WHERE incident_id = ANY (%(incidents)s)",
    "DELETE FROM escalations WHERE incident_id = ANY (%(incidents)s)",
    "DELETE FROM incident_events WHERE incident_id = ANY (%(incidents)s)",
    "DELETE FROM handled_detections WHERE incident_id = ANY (%(incidents)s)",
    "DELETE FROM incidents WHERE incident_id = ANY (%(incidents)s)",
)
#: Of a person and not of an incident. Detections that needed none are told apart by the detection alone.
_OF_PERSON: tuple[LiteralString, ...] = (
    "DELETE FROM outings WHERE person_id = %(person_id)s",
    "DELETE FROM held_silences WHERE person_id = %(person_id)s",
    "DELETE FROM unhandled_detections WHERE person_id = %(person_id)s",
    "DELETE FROM outage_devices WHERE person_id = %(person_id)s",
    (
        "DELETE FROM handled_detections h USING detections d WHERE d.detection_id = h.detection_id"
        " AND d.person_id = %(person_id)s"
    ),
)
_MESSAGES: LiteralString = (
    " FROM notifications n JOIN incidents i USING (incident_id)"
    " WHERE n.created_at < %(before)s AND n.state <> 'pending' AND i.state = 'resolved'"
)
_INCIDENTS: LiteralString = " FROM incidents WHERE resolved_at < %(before)s"
_UNHELD: LiteralString = " AND (i.person_id IS NULL OR NOT i.person_id = ANY (%(held)s))"


async def held(connection: Connection, *, at: datetime) -> list[int]:
    """Persons of whom nothing is deleted now: an incident is open, or was handed over and its link still opens."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(_HELD, {"at": at})
        return await cursor.fetchall()


async def messages(connection: Connection, *, before: datetime, held: Sequence[int]) -> Aged:
    """Notifications older than an instant; one that is not yet delivered or given up is not counted."""
    return await _aged(
        connection,
        "SELECT count(*) FILTER (WHERE NOT x.held) AS rows, count(*) FILTER (WHERE x.held) AS held_rows,"
        " min(x.at) FILTER (WHERE NOT x.held) AS oldest, max(x.at) FILTER (WHERE NOT x.held) AS newest"
        " FROM (SELECT n.created_at AS at, coalesce(i.person_id = ANY (%(held)s), false) AS held" + _MESSAGES + ") x",
        before,
        held,
    )


async def incidents(connection: Connection, *, before: datetime, held: Sequence[int]) -> Aged:
    """Incidents that were resolved before an instant."""
    return await _aged(
        connection,
        "SELECT count(*) FILTER (WHERE NOT x.held) AS rows, count(*) FILTER (WHERE x.held) AS held_rows,"
        " min(x.at) FILTER (WHERE NOT x.held) AS oldest, max(x.at) FILTER (WHERE NOT x.held) AS newest"
        " FROM (SELECT resolved_at AS at, coalesce(person_id = ANY (%(held)s), false) AS held" + _INCIDENTS + ") x",
        before,
        held,
    )


async def delete_messages(connection: Connection, *, before: datetime, held: Sequence[int]) -> Aged:
    """Delete them with their attempts and receipts."""
    aged = await messages(connection, before=before, held=held)
    await _delete_messages(connection, "SELECT n.notification_id" + _MESSAGES + _UNHELD, before, held)
    return aged


async def delete_incidents(connection: Connection, *, before: datetime, held: Sequence[int]) -> Aged:
    """Delete them with their whole story."""
    aged = await incidents(connection, before=before, held=held)
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT i.incident_id FROM incidents i WHERE i.resolved_at < %(before)s" + _UNHELD,
            {"before": before, "held": list(held)},
        )
        found = await cursor.fetchall()
    for begin in range(0, len(found), TOGETHER):
        await _delete_incidents(connection, found[begin : begin + TOGETHER])
    await connection.execute("DELETE FROM handled_detections WHERE incident_id IS NULL AND handled_at < %s", (before,))
    return aged


async def erase(connection: Connection, person_id: int) -> int:
    """Every incident of one person with its story and messages, and their outings. How many incidents there were."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute("SELECT incident_id FROM incidents WHERE person_id = %s", (person_id,))
        found = await cursor.fetchall()
    await _delete_incidents(connection, found)
    for statement in _OF_PERSON:
        await connection.execute(statement, {"person_id": person_id})
    return len(found)


async def _delete_incidents(connection: Connection, incident_ids: Sequence[int]) -> None:
    found = {"incidents": list(incident_ids)}
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute("SELECT notification_id FROM notifications WHERE incident_id = ANY (%(incidents)s)", found)
        sent = {"messages": await cursor.fetchall()}
    for statement in _OF_MESSAGES:
        await connection.execute(statement, sent)
    for statement in _OF_INCIDENTS:
        await connection.execute(statement, found)


async def _delete_messages(
    connection: Connection, chosen: LiteralString, before: datetime, held: Sequence[int]
) -> None:
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(chosen, {"before": before, "held": list(held)})
        found = {"messages": await cursor.fetchall()}
    for statement in _OF_MESSAGES:
        await connection.execute(statement, found)


async def _aged(connection: Connection, query: LiteralString, before: datetime, held: Sequence[int]) -> Aged:
    async with connection.cursor(row_factory=class_row(Aged)) as cursor:
        await cursor.execute(query, {"before": before, "held": list(held)})
        found = await cursor.fetchone()
    assert found is not None
    return found
