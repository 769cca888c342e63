"""Reads of links, finders' reports, CAP messages and hooks; of things whose incident the caller has found visible."""

from __future__ import annotations

from typing import LiteralString

from psycopg.rows import class_row, scalar_row

from api.queries import visible
from api.schemas.handover import CapRow, FinderReportRow, Hook, LinkRow
from api.viewer import Viewer
from runtime.database import Connection

_HOOK: LiteralString = """
    SELECT h.hook_id, h.name, h.url, h.division, h.with_position, h.disabled_at,
        count(*) FILTER (WHERE e.state = 'pending') AS pending, count(*) FILTER (WHERE e.state = 'failed') AS failed,
        max(e.delivered_wall) AS delivered_wall
    FROM platform_hooks h LEFT JOIN platform_events e USING (hook_id) """


async def links(connection: Connection, incident_id: int) -> list[LinkRow]:
    """Links of an incident, newest first, with how often each was looked through."""
    async with connection.cursor(row_factory=class_row(LinkRow)) as cursor:
        await cursor.execute(
            """
            SELECT l.link_id, l.kind, l.label, l.since, l.until, l.revoked_at, u.display_name AS created_by,
                count(a.access_id) AS looks, max(a.at) AS last_look_at
            FROM handover_links l LEFT JOIN users u ON u.user_id = l.created_by
            LEFT JOIN access_log a ON a.link_id = l.link_id
            WHERE l.incident_id = %s GROUP BY l.link_id, u.display_name ORDER BY l.link_id DESC""",
            (incident_id,),
        )
        return await cursor.fetchall()


async def incident_of_link(connection: Connection, viewer: Viewer, link_id: int) -> int | None:
    """The incident of a link that a viewer may see."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT i.incident_id FROM handover_links l JOIN incidents i USING (incident_id)"
            " JOIN persons p ON p.person_id = i.person_id CROSS JOIN "
            + visible.VIEWER
            + " WHERE "
            + visible.INCIDENT[viewer.scope]
            + " AND l.link_id = %(link_id)s",
            viewer.parameters | {"link_id": link_id},
        )
        return await cursor.fetchone()


async def reports(connection: Connection, incident_id: int) -> list[FinderReportRow]:
    """What finders told, newest first."""
    async with connection.cursor(row_factory=class_row(FinderReportRow)) as cursor:
        await cursor.execute(
            "SELECT number, at, place, latitude, longitude, accuracy_m, note, callback FROM finder_reports"
            " WHERE incident_id = %s ORDER BY number DESC",
            (incident_id,),
        )
        return await cursor.fetchall()


async def cap_messages(connection: Connection, incident_id: int) -> list[CapRow]:
    """CAP messages, oldest first."""
    async with connection.cursor(row_factory=class_row(CapRow)) as cursor:
        await cursor.execute(
            "SELECT c.number, c.identifier, c.message_type, c.sent, u.display_name AS issued_by FROM cap_messages c"
            " LEFT JOIN users u ON u.user_id = c.issued_by WHERE c.incident_id = %s ORDER BY c.number",
            (incident_id,),
        )
        return await cursor.fetchall()


async def cap_xml(connection: Connection, incident_id: int, number: int) -> str | None:
    """One CAP message as it was issued."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT xml FROM cap_messages WHERE incident_id = %s AND number = %s", (incident_id, number)
        )
        return await cursor.fetchone()


async def severity(connection: Connection, incident_id: int) -> str:
    """How bad an incident is."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute("SELECT severity FROM incidents WHERE incident_id = %s", (incident_id,))
        return str(await cursor.fetchone())


async def hooks(connection: Connection) -> list[Hook]:
    """All hooks, with what waits for each."""
    async with connection.cursor(row_factory=class_row(Hook)) as cursor:
        await cursor.execute(_HOOK + "GROUP BY h.hook_id ORDER BY h.hook_id")
        return await cursor.fetchall()


async def hook(connection: Connection, hook_id: int) -> Hook | None:
    """One hook."""
    async with connection.cursor(row_factory=class_row(Hook)) as cursor:
        await cursor.execute(_HOOK + "WHERE h.hook_id = %s GROUP BY h.hook_id", (hook_id,))
        return await cursor.fetchone()
