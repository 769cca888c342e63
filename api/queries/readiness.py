"""Whether the database is fit to serve."""

from __future__ import annotations

from datetime import datetime

from runtime.database import Connection


async def migrations(connection: Connection) -> dict[str, str]:
    """Name and digest of every migration that ran."""
    cursor = await connection.execute("SELECT name, digest FROM schema_migrations")
    return dict(await cursor.fetchall())


async def newest_reading_at(connection: Connection) -> datetime | None:
    """When the newest reading of any device reached us."""
    cursor = await connection.execute("SELECT max(last_seen_at) FROM device_states")
    row = await cursor.fetchone()
    return row[0] if row else None
