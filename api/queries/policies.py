"""Reads of persons' thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from api.queries import visible
from api.viewer import Viewer
from runtime.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow:
    """What is stored of one person's thresholds; all null when nothing ever was."""

    #: Any JSON: somebody may have written it by SQL.
    overrides: Any
    updated_at: datetime | None
    updated_by: str | None


async def of_person(connection: Connection, viewer: Viewer, person_id: int) -> PolicyRow | None:
    """The overrides of a person the viewer may see; None: there is no such person."""
    async with connection.cursor(row_factory=class_row(PolicyRow)) as cursor:
        await cursor.execute(
            "SELECT o.overrides, o.updated_at, u.display_name AS updated_by FROM persons p"
            " LEFT JOIN policies o ON o.person_id = p.person_id LEFT JOIN users u ON u.user_id = o.updated_by"
            " CROSS JOIN "
            + visible.VIEWER
            + " WHERE "
            + visible.PERSON[viewer.scope]
            + " AND p.person_id = %(person_id)s",
            viewer.parameters | {"person_id": person_id},
        )
        return await cursor.fetchone()
