"""Whom an incident is about and who can be told: read only, the registry belongs to api."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from psycopg.rows import class_row, dict_row, kwargs_row

from alerts import weekly
from alerts.person import Person
from alerts.receiver import Receiver, Relation
from geofence.policy import Policy, usable_overrides
from runtime.database import Connection

#: Where nobody in particular is concerned. Source: the programme's city.
PROGRAMME_TIME_ZONE = "Asia/Shanghai"
_RECEIVER: LiteralString = (
    "receiver_id, relation, division, priority, language, channels, duty, quiet_hours, unwanted_kinds"
)


async def person(connection: Connection, person_id: int) -> Person | None:
    """One person; None when they were deleted."""
    async with connection.cursor(row_factory=class_row(Person)) as cursor:
        await cursor.execute(
            "SELECT person_id, display_name, time_zone, division FROM persons WHERE person_id = %s", (person_id,)
        )
        return await cursor.fetchone()


async def policy(connection: Connection, person_id: int) -> Policy:
    """The thresholds of a person; an entry that cannot be used costs itself alone."""
    cursor = await connection.execute("SELECT overrides FROM policies WHERE person_id = %s", (person_id,))
    row = await cursor.fetchone()
    return usable_overrides(row[0] if row else None)[0]


async def subject(connection: Connection, incident_id: int, person_id: int | None) -> Person | None:
    """Whom or what an incident is about: a person, or an area; None when the person was deleted."""
    if person_id is not None:
        return await person(connection, person_id)
    async with connection.cursor(row_factory=class_row(Person)) as cursor:
        await cursor.execute(
            "SELECT NULL::bigint AS person_id, coalesce((SELECT d.name FROM divisions d"
            " WHERE d.code = rpad(o.division, 12, '0')), o.division) AS display_name, %s AS time_zone, o.division"
            " FROM outages o WHERE o.incident_id = %s",
            (PROGRAMME_TIME_ZONE, incident_id),
        )
        return await cursor.fetchone()


async def receiver(connection: Connection, receiver_id: int) -> Receiver | None:
    """One receiver; None when they were deleted or switched off."""
    async with connection.cursor(row_factory=kwargs_row(_receiver)) as cursor:
        await cursor.execute(
            "SELECT " + _RECEIVER + " FROM receivers WHERE enabled AND receiver_id = %s",
            (receiver_id,),
        )
        return await cursor.fetchone()


async def enabled(connection: Connection) -> list[Receiver]:
    """Every receiver who may be told."""
    async with connection.cursor(row_factory=kwargs_row(_receiver)) as cursor:
        await cursor.execute("SELECT " + _RECEIVER + " FROM receivers WHERE enabled ORDER BY receiver_id")
        return await cursor.fetchall()


async def all_receivers(connection: Connection) -> list[dict[str, Any]]:
    """Every receiver with name and owner, for `tongxing alerts check`."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT receiver_id, relation, person_id, division, display_name, channels, duty, quiet_hours"
            " FROM receivers WHERE enabled ORDER BY receiver_id"
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
    duty: Any,
    quiet_hours: Any,
    unwanted_kinds: Sequence[str],
) -> Receiver:
    return Receiver(
        receiver_id=receiver_id,
        relation=Relation(relation),
        division=division,
        priority=priority,
        language=language,
        channels=entries(channels),
        duty=weekly.windows(duty),
        quiet_hours=weekly.windows(quiet_hours),
        unwanted_kinds=frozenset(unwanted_kinds),
    )


def entries(channels: Any) -> tuple[Mapping[str, Any], ...]:
    """Channels as stored; what is not an object becomes an empty one, so that indices stay and it is named as wrong."""
    if not isinstance(channels, list):
        return ()
    return tuple(entry if isinstance(entry, dict) else {} for entry in channels)
