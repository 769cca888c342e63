"""What batches put off, in the transactions of their readings; and its end."""

from __future__ import annotations

from typing import LiteralString

from runtime.database import Connection


async def write(connection: Connection, told: tuple[int, bytes] | None, before: int | None) -> None:
    """Put down what a batch left, by its number, and forget what was left `before` a number."""
    if told is not None:
        await connection.execute(_TOLD, told)
    if before is not None:
        await connection.execute("DELETE FROM deferred_rows WHERE batch < %s", (before,))


async def left(connection: Connection) -> list[bytes]:
    """What was left, oldest first."""
    cursor = await connection.execute("SELECT told FROM deferred_rows ORDER BY batch")
    return [bytes(row[0]) for row in await cursor.fetchall()]


async def registered(connection: Connection, person_ids: list[int]) -> set[int]:
    """Who of them still is."""
    cursor = await connection.execute("SELECT person_id FROM persons WHERE person_id = ANY (%s)", (person_ids,))
    return {int(row[0]) for row in await cursor.fetchall()}


_TOLD: LiteralString = "INSERT INTO deferred_rows (batch, told) VALUES (%s, %b)"
