"""Reads of outings."""

from __future__ import annotations

from psycopg.rows import class_row

from api.queries import visible
from api.schemas.outings import Outing
from api.viewer import Viewer
from runtime.database import Connection


async def of_person(connection: Connection, person_id: int) -> list[Outing]:
    """Outings of a person the caller has found visible, newest first."""
    async with connection.cursor(row_factory=class_row(Outing)) as cursor:
        await cursor.execute(
            "SELECT outing_id, person_id, kind, companion, since, until, ended_at FROM outings"
            " WHERE person_id = %s ORDER BY since DESC, outing_id DESC LIMIT 100",
            (person_id,),
        )
        return await cursor.fetchall()


async def is_visible(connection: Connection, viewer: Viewer, outing_id: int) -> bool:
    """Whether there is such an outing, of a person the viewer may see."""
    cursor = await connection.execute(
        "SELECT 1 FROM outings o JOIN persons p ON p.person_id = o.person_id CROSS JOIN "
        + visible.VIEWER
        + " WHERE "
        + visible.PERSON[viewer.scope]
        + " AND o.outing_id = %(outing_id)s",
        viewer.parameters | {"outing_id": outing_id},
    )
    return await cursor.fetchone() is not None
