"""Writes down that somebody without a login looked."""

from __future__ import annotations

from datetime import datetime

from runtime.database import Connection


async def record_look(connection: Connection, *, at: datetime, link_id: int, person_id: int, what: str) -> None:
    """One look through a link."""
    await connection.execute(
        "INSERT INTO access_log (at, user_id, person_id, what, link_id) VALUES (%s, NULL, %s, %s, %s)",
        (at, person_id, what, link_id),
    )
