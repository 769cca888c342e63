"""Whether a viewer may see an incident, and whose it is: for routes that then read something that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from api.queries import visible
from api.viewer import Viewer
from runtime.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenIncident:
    """An incident that a viewer may see."""

    incident_id: int
    #: None: of a whole area.
    person_id: int | None
    state: str
    opened_at: datetime

    @property
    def persons(self) -> list[int]:
        """Whose look is written down."""
        return [] if self.person_id is None else [self.person_id]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An incident of one person that a viewer may see."""

    incident_id: int
    person_id: int
    state: str
    opened_at: datetime

    @property
    def resolved(self) -> bool:
        """Whether it is over."""
        return self.state == "resolved"


async def incident(connection: Connection, viewer: Viewer, incident_id: int) -> SeenIncident | None:
    """One incident a viewer may see."""
    async with connection.cursor(row_factory=class_row(SeenIncident)) as cursor:
        await cursor.execute(
            "SELECT i.incident_id, i.person_id, i.state, i.opened_at FROM incidents i"
            " LEFT JOIN persons p ON p.person_id = i.person_id CROSS JOIN "
            + visible.VIEWER
            + " WHERE "
            + visible.INCIDENT[viewer.scope]
            + " AND i.incident_id = %(incident_id)s",
            viewer.parameters | {"incident_id": incident_id},
        )
        return await cursor.fetchone()
