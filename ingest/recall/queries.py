"""What ingest reads: the register, and what it left behind itself. Everybody's only where that is little."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import DictRow

from ingest.sequence import Numbers
from runtime.database import Connection, rows_as_dicts

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearsay:
    """What readings left behind that changed no state: when each device was heard, where each person was."""

    #: (person id, device id, newest location, heartbeat, bed report).
    heard: Sequence[Row]
    #: (person id, latitude, longitude, accuracy_m, at).
    places: Sequence[Row]


async def persons(connection: Connection, person_ids: Collection[int] | None) -> list[DictRow]:
    """Persons with their zones and thresholds; None for everybody."""
    return await rows_as_dicts(
        connection,
        """
        SELECT p.person_id, p.time_zone, o.overrides, coalesce(z.zones, '[]') AS zones
        FROM persons p
        LEFT JOIN policies o USING (person_id)
        LEFT JOIN (
            SELECT person_id, jsonb_agg(
                jsonb_build_object('zone_id', zone_id, 'name', name, 'geometry', geometry,
                                   'radius_m', radius_m, 'schedule', schedule) ORDER BY zone_id) AS zones
            FROM zones WHERE %(wanted)s::bigint[] IS NULL OR person_id = ANY (%(wanted)s) GROUP BY person_id
        ) z USING (person_id)
        WHERE %(wanted)s::bigint[] IS NULL OR p.person_id = ANY (%(wanted)s)
        """,
        {"wanted": None if person_ids is None else list(person_ids)},
    )


async def registered(connection: Connection, person_ids: Collection[int]) -> set[int]:
    """Who of them still is."""
    cursor = await connection.execute("SELECT person_id FROM persons WHERE person_id = ANY (%s)", (list(person_ids),))
    return {int(row[0]) for row in await cursor.fetchall()}


async def devices(connection: Connection, person_ids: Collection[int] | None) -> list[DictRow]:
    """Devices in use and whose they are; None for everybody's."""
    return await rows_as_dicts(
        connection,
        """
        SELECT device_key, device_id, kind, person_id,
            (SELECT array_agg(DISTINCT format) FROM credentials c WHERE c.device_key = devices.device_key
                AND (c.revoked_at IS NULL OR c.revoked_at > now())) AS formats
        FROM devices
        WHERE person_id IS NOT NULL AND retired_at IS NULL
          AND (%(wanted)s::bigint[] IS NULL OR person_id = ANY (%(wanted)s))
        """,
        {"wanted": None if person_ids is None else list(person_ids)},
    )


async def dangers(connection: Connection) -> list[DictRow]:
    """Every danger of the area, by identifier."""
    return await rows_as_dicts(
        connection, "SELECT danger_id, kind, name, geometry, half_width_m FROM danger_areas ORDER BY danger_id"
    )


async def deadlines(connection: Connection) -> list[tuple[int, datetime | None]]:
    """Everybody of whom a state is stored, and when silence alone may change it."""
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute("SELECT person_id, due_at FROM engine_states")
        rows: list[Any] = await cursor.fetchall()
    await connection.commit()
    return rows


async def states(connection: Connection, person_ids: Collection[int]) -> list[tuple[int, bytes]]:
    """Snapshots of some persons."""
    # Binary: as text, each byte of a snapshot is two digits.
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(
            "SELECT person_id, snapshot FROM engine_states WHERE person_id = ANY (%s)", (list(person_ids),)
        )
        rows: list[Any] = await cursor.fetchall()
    return rows


async def hearsay(connection: Connection, person_ids: Collection[int]) -> Hearsay:
    """What was heard of some persons since their states were stored."""
    wanted = list(person_ids)
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(
            """
            SELECT person_id, device_id, location_at, heartbeat_at, bed_at
            FROM device_states JOIN devices USING (device_key) WHERE person_id = ANY (%s)
            """,
            (wanted,),
        )
        heard = await cursor.fetchall()
        await cursor.execute(
            "SELECT person_id, latitude, longitude, accuracy_m, at FROM latest_positions WHERE person_id = ANY (%s)",
            (wanted,),
        )
        places = await cursor.fetchall()
    return Hearsay(heard=heard, places=places)


async def numbers(connection: Connection, device_keys: Collection[int]) -> dict[int, Numbers]:
    """What was heard of the message numbers of some devices, by key."""
    cursor = await connection.execute(
        """
        SELECT device_key, last_seq, coalesce(seq_gaps, '') FROM device_states
        WHERE device_key = ANY (%s) AND last_seq IS NOT NULL
        """,
        (list(device_keys),),
    )
    rows = await cursor.fetchall()
    return {int(device_key): Numbers.stored(int(last_seq), bytes(gaps)) for device_key, last_seq, gaps in rows}
