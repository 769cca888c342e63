"""Whom an incident is about and who can be told: read only, the registry belongs to api."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.rows import class_row, dict_row, kwargs_row

from alerts.person import Person
from alerts.receiver import Receiver, Relation
from runtime.database import Connection


async def person(connection: Connection, person_id: int) -> Person | None:
    """One person; None when they were deleted."""
    async with connection.cursor(row_factory=class_row(Person)) as cursor:
        await cursor.execute(
            "SELECT person_id, display_name, time_zone, division FROM persons WHERE person_id = %s", (person_id,)
        )
        return await cursor.fetchone()


async def receivers_for(connection: Connection, person_id: int, areas: Sequence[str]) -> list[Receiver]:
    """The person's family, and everyone who answers for one of the areas."""
    async with connection.cursor(row_factory=kwargs_row(_receiver)) as cursor:
        await cursor.execute(
            "SELECT receiver_id, relation, division, priority, language, channels FROM receivers"
            " WHERE enabled AND (person_id = %s OR division = ANY(%s)) ORDER BY receiver_id",
            (person_id, list(areas)),
        )
        return await cursor.fetchall()


async def receiver(connection: Connection, receiver_id: int) -> Receiver | None:
    """One receiver; None when they were deleted or switched off."""
    async with connection.cursor(row_factory=kwargs_row(_receiver)) as cursor:
        await cursor.execute(
            "SELECT receiver_id, relation, division, priority, language, channels FROM receivers"
            " WHERE enabled AND receiver_id = %s",
            (receiver_id,),
        )
        return await cursor.fetchone()


async def all_receivers(connection: Connection) -> list[dict[str, Any]]:
    """Every receiver with name and owner, for `tongxing alerts check`."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT receiver_id, relation, person_id, division, display_name, channels FROM receivers"
            " WHERE enabled ORDER BY receiver_id"
        )
        return await cursor.fetchall()


def _receiver(
    *,
    receiver_id: int,
    relation: str,
    division: str | None,
    priority: int,
    language: str,
    channels: Any,
) -> Receiver:
    return Receiver(
        receiver_id=receiver_id,
        relation=Relation(relation),
        division=division,
        priority=priority,
        language=language,
        channels=entries(channels),
    )


def entries(channels: Any) -> tuple[Mapping[str, Any], ...]:
    """Channels as stored; what is not an object becomes an empty one, so that indices stay and it is named as wrong."""
    if not isinstance(channels, list):
        return ()
    return tuple(entry if isinstance(entry, dict) else {} for entry in channels)
