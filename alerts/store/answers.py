"""Answers by link and receipts of channels: the keys, what a link speaks of, and what came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from runtime.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The notification behind a link, with how its incident stands."""

    notification_id: UUID
    incident_id: int
    receiver_id: int
    round: int
    position: int
    purpose: str
    language: str
    title: str
    body: str
    created_at: datetime
    state: str
    outcome: str | None
    #: Login of the receiver, if any.
    user_id: int | None
    relation: str
    #: Of whoever took care first; None while nobody did, or by a link of somebody without a login.
    taken_by: str | None


async def ensure_key(connection: Connection, fresh: bytes) -> bytes:
    """The newest key; `fresh` becomes the first when there is none."""
    await connection.execute(
        "INSERT INTO answer_keys (secret) SELECT %s WHERE NOT EXISTS (SELECT FROM answer_keys)", (fresh,)
    )
    return (await keys(connection))[0]


async def keys(connection: Connection) -> list[bytes]:
    """All keys that still count, the newest first."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute("SELECT secret FROM answer_keys ORDER BY answer_key_id DESC")
        return [bytes(secret) for secret in await cursor.fetchall()]


async def asked(connection: Connection, notification_id: UUID) -> Asked | None:
    """What a link speaks of."""
    async with connection.cursor(row_factory=class_row(Asked)) as cursor:
        await cursor.execute(
            "SELECT n.notification_id, n.incident_id, n.receiver_id, n.round, n.position,"
            " n.purpose, n.language, n.title, n.body, n.created_at, i.state,"
            " i.outcome, r.user_id, r.relation, u.display_name AS taken_by"
            " FROM notifications n JOIN incidents i USING (incident_id) JOIN receivers r USING (receiver_id)"
            " LEFT JOIN users u ON u.user_id = coalesce(i.responding_by, i.acknowledged_by)"
            " WHERE n.notification_id = %s",
            (notification_id,),
        )
        return await cursor.fetchone()


async def add_receipt(
    connection: Connection, notification_id: UUID, *, at_wall: datetime, what: str, detail: str = ""
) -> bool:
    """Keep what came back; False when there is no such notification."""
    cursor = await connection.execute(
        "INSERT INTO notification_receipts (notification_id, at_wall, what, detail)"
        " SELECT notification_id, %s, %s, %s FROM notifications WHERE notification_id = %s",
        (at_wall, what, detail, notification_id),
    )
    return cursor.rowcount > 0
