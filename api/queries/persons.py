"""Reads of persons, and of who looked at them."""

from __future__ import annotations

from typing import LiteralString

from psycopg.rows import class_row

from api.queries import visible
from api.queries.devices import STATE
from api.schemas.persons import Access, Person
from api.viewer import Viewer
from runtime.database import Connection

_PERSONS: LiteralString = (
    """
    SELECT p.person_id, p.external_id, p.display_name, p.birth_year, p.time_zone, p.division, p.approach,
        (SELECT i.incident_id FROM incidents i WHERE i.person_id = p.person_id AND i.state <> 'resolved')
            AS open_incident_id,
        coalesce((
            SELECT jsonb_agg(jsonb_build_object(
                'device_id', d.device_id, 'kind', d.kind, 'person_id', d.person_id, 'model', d.model,
                'retired_at', d.retired_at, 'state', """
    + STATE
    + """) ORDER BY d.device_id)
            FROM devices d WHERE d.person_id = p.person_id), '[]') AS devices
    FROM persons p CROSS JOIN """
    + visible.VIEWER
    + " WHERE "
)


async def page(connection: Connection, viewer: Viewer, *, query: str = "", after: int = 0, limit: int) -> list[Person]:
    """Persons a viewer may see, in order of their identifier.

    `query` is part of a name, the programme's number or a device's id.
    """
    async with connection.cursor(row_factory=class_row(Person)) as cursor:
        await cursor.execute(
            _PERSONS
            + visible.PERSON[viewer.scope]
            + """
            AND p.person_id > %(after)s AND (%(query)s = ''
                OR strpos(lower(p.display_name), lower(%(query)s)) > 0
                OR strpos(lower(p.external_id), lower(%(query)s)) > 0
                OR EXISTS (SELECT FROM devices d WHERE d.person_id = p.person_id
                           AND strpos(lower(d.device_id), lower(%(query)s)) > 0))
            ORDER BY p.person_id LIMIT %(limit)s""",
            viewer.parameters | {"query": query, "after": after, "limit": limit},
        )
        return await cursor.fetchall()


async def one(connection: Connection, viewer: Viewer, person_id: int) -> Person | None:
    """One person a viewer may see."""
    async with connection.cursor(row_factory=class_row(Person)) as cursor:
        await cursor.execute(
            _PERSONS + visible.PERSON[viewer.scope] + " AND p.person_id = %(person_id)s",
            viewer.parameters | {"person_id": person_id},
        )
        return await cursor.fetchone()


_VISIBLE: LiteralString = "SELECT p.person_id FROM persons p CROSS JOIN " + visible.VIEWER + " WHERE "


async def is_visible(connection: Connection, viewer: Viewer, person_id: int) -> bool:
    """Whether a viewer may see a person. A question of the database, so a plain answer."""
    cursor = await connection.execute(
        _VISIBLE + visible.PERSON[viewer.scope] + " AND p.person_id = %(person_id)s",
        viewer.parameters | {"person_id": person_id},
    )
    return await cursor.fetchone() is not None


async def accesses(
    connection: Connection, viewer: Viewer, person_id: int, *, before: int, limit: int
) -> list[tuple[int, Access]]:
    """Looks at a person's whereabouts, newest first, with their identifiers.

    A row without a person is one map of everybody, so it counts for each.
    """
    cursor = await connection.execute(
        "SELECT a.access_id, a.at, u.display_name, u.role, a.what, l.label"
        " FROM persons p CROSS JOIN " + visible.VIEWER + " JOIN access_log a"
        " ON a.person_id = %(person_id)s OR a.person_id IS NULL LEFT JOIN users u ON u.user_id = a.user_id"
        " LEFT JOIN handover_links l ON l.link_id = a.link_id"
        " WHERE p.person_id = %(person_id)s AND a.access_id < %(before)s AND " + visible.PERSON[viewer.scope] + ""
        " ORDER BY a.access_id DESC LIMIT %(limit)s",
        viewer.parameters | {"person_id": person_id, "before": before, "limit": limit},
    )
    return [
        (access_id, Access(at=at, user=name, role=role, what=what, link=label))
        for access_id, at, name, role, what, label in await cursor.fetchall()
    ]
