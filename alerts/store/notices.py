"""Which notices the operators have had today."""

from __future__ import annotations

from datetime import date

from runtime.database import Connection


async def first_today(connection: Connection, notice: str, day: date) -> bool:
    """Whether this is the first of its kind today; it is remembered."""
    cursor = await connection.execute(
        "INSERT INTO operator_notices (notice, day) VALUES (%s, %s) ON CONFLICT DO NOTHING", (notice, day)
    )
    return cursor.rowcount > 0
