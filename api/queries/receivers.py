"""Reads of a person's receivers. Of a channel only its sort: addresses are secrets."""

from __future__ import annotations

from psycopg.rows import class_row

from api.schemas.receivers import FamilyReceiver
from runtime.database import Connection


async def family_of(connection: Connection, person_id: int) -> list[FamilyReceiver]:
    """The family of a person the caller has found visible, first called first."""
    async with connection.cursor(row_factory=class_row(FamilyReceiver)) as cursor:
        await cursor.execute(
            "SELECT receiver_id, display_name, priority, language, quiet_hours, unwanted_kinds,"
            " ARRAY(SELECT entry ->> 'kind' FROM jsonb_array_elements(channels) AS entry"
            " WHERE jsonb_typeof(entry) = 'object' AND entry ->> 'kind' IS NOT NULL) AS channels"
            " FROM receivers WHERE enabled AND person_id = %s ORDER BY priority, receiver_id",
            (person_id,),
        )
        return await cursor.fetchall()
