"""The outbox: notifications wait here, are claimed, sent and recorded. Claims and retries go by the database's time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from alerts.notification import Notification, NotificationState
from runtime.database import Connection

#: Claimed so often without an end, a message is left for a person to look at (it counts as pending, and ages) instead
#: of ringing somebody's phone for ever. Count; well above every number of tries in `alerts.retry`.
ATTEMPTS_CEILING = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A notification taken for sending, with what its incident says."""

    notification_id: UUID
    incident_id: int
    detection_id: UUID | None
    direct: bool
    purpose: str
    receiver_id: int
    round: int
    position: int
    channel_index: int
    channel: Mapping[str, Any]
    destination: str
    language: str
    title: str
    body: str
    created_at: datetime
    attempts: int
    #: An earlier claim ran out without a recorded attempt: it may have been sent before.
    redelivered: bool
    severity: str
    kind: str
    opened_at: datetime
    person_name: str
    detection_kind: str | None
    detection_reason: str | None
    detection_at: datetime | None
    evidence: Mapping[str, Any]
    #: Real time at which the device published what fired the detection.
    published_wall: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Somebody who was alarmed, and the channel that reached them."""

    receiver_id: int
    channel_index: int
    channel: Mapping[str, Any]
    destination: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits in the outbox."""

    pending: int
    #: Real seconds since the oldest was due; 0 when nothing waits.
    oldest_age_s: float


async def insert(connection: Connection, notifications: Iterable[Notification]) -> None:
    """Put messages into the outbox; one that is there already is left alone."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO notifications (notification_id, incident_id, detection_id, direct, purpose, receiver_id,"
            " round, position, channel_index, channel, destination, language, title, body, state, created_at,"
            " next_attempt_wall) VALUES (%(notification_id)s, %(incident_id)s, %(detection_id)s, %(direct)s,"
            " %(purpose)s, %(receiver_id)s, %(round)s, %(position)s, %(channel_index)s, %(channel)s, %(destination)s,"
            " %(language)s, %(title)s, %(body)s, 'pending', %(created_at)s, now()) ON CONFLICT DO NOTHING",
            [_parameters(notification) for notification in notifications],
        )


def _parameters(notification: Notification) -> dict[str, Any]:
    return {
        "notification_id": notification.notification_id,
        "incident_id": notification.incident_id,
        "detection_id": notification.detection_id,
        "direct": notification.direct,
        "purpose": notification.purpose,
        "receiver_id": notification.receiver_id,
        "round": notification.round,
        "position": notification.position,
        "channel_index": notification.channel_index,
        "channel": Jsonb(dict(notification.channel)),
        "destination": notification.destination,
        "language": notification.language,
        "title": notification.title,
        "body": notification.body,
        "created_at": notification.created_at,
    }


async def get(connection: Connection, notification_id: UUID) -> Notification | None:
    """One message as it was written."""
    async with connection.cursor(row_factory=class_row(Notification)) as cursor:
        await cursor.execute(
            "SELECT incident_id, detection_id, direct, purpose, receiver_id, round, position, channel_index, channel,"
            " destination, language, title, body, created_at FROM notifications WHERE notification_id = %s",
            (notification_id,),
        )
        return await cursor.fetchone()


async def mark_unreached(connection: Connection, notification_id: UUID) -> bool:
    """The service took it and reached nobody; False when that is known already, or was never sent."""
    cursor = await connection.execute(
        "UPDATE notifications SET state = 'failed' WHERE notification_id = %s AND state = 'delivered'",
        (notification_id,),
    )
    return cursor.rowcount > 0


async def told_in_round(connection: Connection, incident_id: int, round_number: int) -> frozenset[int]:
    """Receivers who have been told in this round, or soon will be."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT DISTINCT receiver_id FROM notifications WHERE incident_id = %s AND round = %s"
            " AND purpose = 'alert' AND state IN ('pending', 'delivered')",
            (incident_id, round_number),
        )
        return frozenset(await cursor.fetchall())


async def told(connection: Connection, incident_id: int) -> list[Told]:
    """Everyone who was alarmed or may have been: delivered, under way, or cancelled after a first attempt."""
    async with connection.cursor(row_factory=class_row(Told)) as cursor:
        await cursor.execute(
            "SELECT DISTINCT ON (receiver_id) receiver_id, channel_index, channel, destination, language"
            " FROM notifications WHERE incident_id = %s AND purpose = 'alert'"
            " AND (state = 'delivered' OR (state IN ('pending', 'cancelled') AND attempts > 0))"
            " ORDER BY receiver_id, state = 'delivered' DESC, delivered_wall DESC NULLS LAST, channel_index",
            (incident_id,),
        )
        return await cursor.fetchall()


async def cancel_alerts(connection: Connection, incident_id: int) -> int:
    """Take back what nobody is sending at this moment; how many there were."""
    cursor = await connection.execute(
        "UPDATE notifications SET state = 'cancelled', claimed_until_wall = NULL WHERE incident_id = %s"
        " AND purpose = 'alert' AND state = 'pending' AND (claimed_until_wall IS NULL OR claimed_until_wall < now())",
        (incident_id,),
    )
    return cursor.rowcount


async def claim(
    connection: Connection, *, kinds: Sequence[str], busy: Sequence[str], limit: int, lease: timedelta
) -> list[Claimed]:
    """Take due messages for sending, for as long as the lease lasts.

    Args:
        connection: in autocommit, or at the start of a transaction of its own.
        kinds: kinds of channel that have room.
        busy: destinations that have none.
        limit: at most so many.
        lease: real time after which another process may send them again.
    """
    async with connection.cursor(row_factory=class_row(Claimed)) as cursor:
        await cursor.execute(
            "WITH due AS MATERIALIZED (SELECT notification_id, claimed_until_wall IS NOT NULL AS redelivered"
            " FROM notifications WHERE state = 'pending' AND next_attempt_wall <= now()"
            " AND (claimed_until_wall IS NULL OR claimed_until_wall < now())"
            " AND attempts < %(ceiling)s AND channel ->> 'kind' = ANY(%(kinds)s) AND destination <> ALL(%(busy)s)"
            " ORDER BY next_attempt_wall LIMIT %(limit)s FOR UPDATE SKIP LOCKED),"
            " taken AS (UPDATE notifications n SET attempts = n.attempts + 1,"
            " claimed_until_wall = clock_timestamp() + %(lease)s FROM due"
            " WHERE n.notification_id = due.notification_id RETURNING n.*, due.redelivered)"
            " SELECT t.notification_id, t.incident_id, t.detection_id, t.direct, t.purpose, t.receiver_id, t.round,"
            " t.position, t.channel_index, t.channel, t.destination, t.language, t.title, t.body, t.created_at,"
            " t.attempts, t.redelivered, i.severity, i.kind, i.opened_at, coalesce(p.display_name, '') AS person_name,"
            " d.kind AS detection_kind, d.reason AS detection_reason, d.at AS detection_at,"
            " coalesce(d.evidence, '{}') AS evidence, d.published_wall"
            " FROM taken t JOIN incidents i USING (incident_id) LEFT JOIN detections d USING (detection_id)"
            " LEFT JOIN persons p ON p.person_id = i.person_id",
            {
                "kinds": list(kinds),
                "busy": list(busy),
                "limit": limit,
                "lease": lease,
                "ceiling": ATTEMPTS_CEILING,
            },
        )
        return await cursor.fetchall()


async def next_due_s(connection: Connection) -> float | None:
    """Real seconds until something may be claimed; None when nothing waits."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT extract(epoch FROM min(greatest(next_attempt_wall, claimed_until_wall)) - now())::float8"
            " FROM notifications WHERE state = 'pending'"
        )
        return await cursor.fetchone()


async def record_attempt(
    connection: Connection,
    notification_id: UUID,
    *,
    attempt: int,
    handed_wall: datetime,
    duration_ms: float,
    outcome: str,
    detail: str,
) -> None:
    """Keep what one attempt ended with."""
    await connection.execute(
        "INSERT INTO notification_attempts (notification_id, attempt, handed_wall, duration_ms, outcome, detail)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (notification_id, attempt, handed_wall, duration_ms, outcome, detail),
    )


async def mark_delivered(connection: Connection, notification_id: UUID, *, at_wall: datetime) -> None:
    """It arrived, whoever else may have claimed it since."""
    await connection.execute(
        "UPDATE notifications SET state = 'delivered', delivered_wall = %s, claimed_until_wall = NULL"
        " WHERE notification_id = %s",
        (at_wall, notification_id),
    )


async def mark_ended(connection: Connection, notification_id: UUID, *, attempt: int, state: NotificationState) -> bool:
    """Given up or taken back; False when another process has claimed it since and answers for it."""
    cursor = await connection.execute(
        "UPDATE notifications SET state = %s, claimed_until_wall = NULL"
        " WHERE notification_id = %s AND attempts = %s AND state = 'pending'",
        (state, notification_id, attempt),
    )
    return cursor.rowcount > 0


async def mark_again(connection: Connection, notification_id: UUID, *, attempt: int, delay: timedelta) -> bool:
    """Try again after a delay; False when another process has claimed it since."""
    cursor = await connection.execute(
        "UPDATE notifications SET next_attempt_wall = clock_timestamp() + %s, claimed_until_wall = NULL"
        " WHERE notification_id = %s AND attempts = %s AND state = 'pending'",
        (delay, notification_id, attempt),
    )
    return cursor.rowcount > 0


async def backlog(connection: Connection) -> Backlog:
    """What waits in the outbox."""
    async with connection.cursor(row_factory=class_row(Backlog)) as cursor:
        await cursor.execute(
            "SELECT count(*) AS pending, coalesce(greatest(extract(epoch FROM now() - min(next_attempt_wall)), 0), 0)"
            "::float8 AS oldest_age_s FROM notifications WHERE state = 'pending'"
        )
        found = await cursor.fetchone()
    assert found is not None
    return found
