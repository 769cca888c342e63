"""SQL of the registers: one statement a table, however many rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from runtime.database import Connection

#: Two imports of the same register wait for each other. Any constant does.
_LOCK = 0x74786931


@dataclass(frozen=True, slots=True, kw_only=True)
class StationKnown:
    """What a coordinator takes over from a station."""

    station_id: int
    external_id: str
    division: str
    latitude: float | None
    longitude: float | None
    duty: Any


async def lock(connection: Connection) -> None:
    """Let no other import in until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


async def division_codes(connection: Connection) -> set[str]:
    """Codes of all divisions."""
    cursor = await connection.execute("SELECT code FROM divisions")
    return {code for (code,) in await cursor.fetchall()}


async def stations(connection: Connection) -> dict[str, StationKnown]:
    """All stations by the programme's number."""
    async with connection.cursor(row_factory=class_row(StationKnown)) as cursor:
        await cursor.execute("SELECT station_id, external_id, division, latitude, longitude, duty FROM stations")
        return {station.external_id: station for station in await cursor.fetchall()}


async def put_divisions(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add or update divisions by their code."""
    await connection.execute(
        """
        INSERT INTO divisions (code, level, name, name_en, latitude, longitude)
        SELECT code, level, name, name_en, latitude, longitude FROM jsonb_to_recordset(%s) AS w(code text, level text,
            name text, name_en text, latitude double precision, longitude double precision)
        ON CONFLICT (code) DO UPDATE SET level = excluded.level, name = excluded.name, name_en = excluded.name_en,
            latitude = excluded.latitude, longitude = excluded.longitude, updated_at = now()""",
        (Jsonb(list(rows)),),
    )


async def put_stations(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add or update stations by the programme's number."""
    await connection.execute(
        """
        INSERT INTO stations (external_id, name, division, latitude, longitude, duty, active)
        SELECT external_id, name, division, latitude, longitude, nullif(duty, 'null'), active
        FROM jsonb_to_recordset(%s) AS w(external_id text, name text, division text, latitude double precision,
            longitude double precision, duty jsonb, active boolean)
        ON CONFLICT (external_id) DO UPDATE SET name = excluded.name, division = excluded.division,
            latitude = excluded.latitude, longitude = excluded.longitude, duty = excluded.duty,
            active = excluded.active, updated_at = now()""",
        (Jsonb(list(rows)),),
    )


async def put_responders(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add or update receivers of the registers by their external_id; who is not active is switched off, not deleted."""
    await connection.execute(
        """
        INSERT INTO receivers (external_id, relation, division, station_id, user_id, display_name, language, channels,
            latitude, longitude, duty, capacity, enabled)
        SELECT external_id, relation, division, station_id, user_id, display_name, language, channels, latitude,
            longitude, nullif(duty, 'null'), capacity, enabled
        FROM jsonb_to_recordset(%s) AS w(external_id text, relation text, division text, station_id bigint,
            user_id bigint, display_name text, language text, channels jsonb, latitude double precision,
            longitude double precision, duty jsonb, capacity int, enabled boolean)
        ON CONFLICT (external_id) DO UPDATE SET relation = excluded.relation, division = excluded.division,
            station_id = excluded.station_id, user_id = excluded.user_id, display_name = excluded.display_name,
            language = excluded.language, channels = excluded.channels, latitude = excluded.latitude,
            longitude = excluded.longitude, duty = excluded.duty, capacity = excluded.capacity,
            enabled = excluded.enabled""",
        (Jsonb(list(rows)),),
    )
