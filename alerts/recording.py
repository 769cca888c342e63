"""Record one attempt and do what follows from it: try again, use the next channel, hasten the next step.

Inside the caller's transaction. The incident's row is held first, so an answer that comes meanwhile is either seen here
(and nothing is sent any more) or sees what is written here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from alerts import channels, metrics, retry
from alerts.dispatch import first_working
from alerts.lifecycle import State
from alerts.notification import Notification, NotificationState, Purpose
from alerts.outcome import Outcome, Verdict
from alerts.retry import RetryDecision, Verb
from alerts.store import incidents, ladders, outbox, people
from alerts.store.outbox import Claimed
from runtime.database import Connection

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One message handed to a channel, and what came of it."""

    claimed: Claimed
    outcome: Outcome
    #: Real time just before the channel was called.
    handed_wall: datetime
    duration_ms: float
    #: 0 to 1, spreads retries.
    jitter: float

    @property
    def ended_wall(self) -> datetime:
        """Real time when the channel answered."""
        return self.handed_wall + timedelta(milliseconds=self.duration_ms)


async def record(connection: Connection, attempt: Attempt, *, now: datetime) -> None:
    """Write one attempt and what follows from it."""
    claimed = attempt.claimed
    await incidents.lock(connection, claimed.incident_id)
    await outbox.record_attempt(
        connection,
        claimed.notification_id,
        attempt=claimed.attempts,
        handed_wall=attempt.handed_wall,
        duration_ms=attempt.duration_ms,
        outcome=attempt.outcome.verdict,
        detail=attempt.outcome.detail,
    )
    if attempt.outcome.verdict is Verdict.DELIVERED:
        await _delivered(connection, attempt, now=now)
    else:
        await _not_delivered(connection, attempt, now=now)


async def _delivered(connection: Connection, attempt: Attempt, *, now: datetime) -> None:
    claimed = attempt.claimed
    await outbox.mark_delivered(connection, claimed.notification_id, at_wall=attempt.ended_wall)
    await _end(connection, claimed, NotificationState.DELIVERED, "notified", now=now, detail=attempt.outcome.detail)


async def _not_delivered(connection: Connection, attempt: Attempt, *, now: datetime) -> None:
    claimed = attempt.claimed
    if await _answered(connection, claimed):
        await outbox.mark_ended(
            connection, claimed.notification_id, attempt=claimed.attempts, state=NotificationState.CANCELLED
        )
        return
    fallback = await _fallback(connection, claimed, now=now)
    decision = retry.after_failure(
        claimed.attempts, attempt.outcome, has_next=fallback is not None, jitter=attempt.jitter
    )
    log.warning(
        "not_delivered",
        notification_id=str(claimed.notification_id),
        channel=claimed.channel["kind"],
        outcome=attempt.outcome.detail,
        next=decision.verb,
        reason=decision.reason,
    )
    if decision.verb is Verb.AGAIN:
        await outbox.mark_again(connection, claimed.notification_id, attempt=claimed.attempts, delay=decision.delay)
    else:
        await _leave(connection, attempt, decision, fallback, now=now)


async def _answered(connection: Connection, claimed: Claimed) -> bool:
    """Whether somebody has taken care meanwhile, so that nobody is to be alarmed any more."""
    if claimed.purpose != Purpose.ALERT:
        return False
    return (await incidents.get(connection, claimed.incident_id)).state is not State.OPEN


async def unreached(connection: Connection, notification_id: UUID, *, detail: str, now: datetime) -> None:
    """The service behind a channel says that it reached nobody: the next channel, or the next step, need not wait."""
    notification = await outbox.get(connection, notification_id)
    if notification is None:
        return
    await incidents.lock(connection, notification.incident_id)
    if not await outbox.mark_unreached(connection, notification_id):
        return
    if (await incidents.get(connection, notification.incident_id)).state is not State.OPEN:
        return
    following = await _through_next_channel(connection, notification, now=now)
    data = {
        "notification_id": str(notification_id),
        "receiver_id": notification.receiver_id,
        "purpose": notification.purpose,
        "channel": str(notification.channel["kind"]),
        "detail": detail,
    }
    event = "unreached" if following is None else "notification_failed"
    await incidents.add_event(connection, notification.incident_id, event, at=now, data=data)
    if following is not None:
        await outbox.insert(connection, [following])
    else:
        await ladders.hasten(
            connection,
            notification.incident_id,
            round_number=notification.round,
            position=notification.position,
            at=now,
        )
    await incidents.announce(connection, notification.incident_id)


async def _through_next_channel(
    connection: Connection, notification: Notification, *, now: datetime
) -> Notification | None:
    """A message through its receiver's next channel that can be used, if there is one."""
    receiver = await people.receiver(connection, notification.receiver_id)
    if receiver is None:
        return None
    index = first_working(receiver.channels, channels.works, start=notification.channel_index + 1)
    if index is None:
        return None
    entry = receiver.channels[index]
    return replace(
        notification, channel_index=index, channel=entry, destination=channels.destination(entry), created_at=now
    )


async def _fallback(connection: Connection, claimed: Claimed, *, now: datetime) -> Notification | None:
    """The same message through the receiver's next channel that can be used, if there is one."""
    notification = await outbox.get(connection, claimed.notification_id)
    return None if notification is None else await _through_next_channel(connection, notification, now=now)


async def _leave(
    connection: Connection,
    attempt: Attempt,
    decision: RetryDecision,
    fallback: Notification | None,
    *,
    now: datetime,
) -> None:
    """Give this channel up, and use the next one or say that the receiver cannot be reached."""
    claimed = attempt.claimed
    ours = await outbox.mark_ended(
        connection, claimed.notification_id, attempt=claimed.attempts, state=NotificationState.FAILED
    )
    if not ours:
        return
    detail = f"{attempt.outcome.detail}, {decision.reason}"
    if fallback is not None:
        await outbox.insert(connection, [fallback])
        await _end(connection, claimed, NotificationState.FAILED, "notification_failed", now=now, detail=detail)
        return
    await _end(connection, claimed, NotificationState.FAILED, "unreached", now=now, detail=detail)
    if claimed.purpose == Purpose.ALERT:
        await ladders.hasten(
            connection, claimed.incident_id, round_number=claimed.round, position=claimed.position, at=now
        )


async def _end(
    connection: Connection,
    claimed: Claimed,
    state: NotificationState,
    event: str,
    *,
    now: datetime,
    detail: str,
) -> None:
    channel = str(claimed.channel["kind"])
    metrics.NOTIFICATIONS.labels(channel=channel, state=state).inc()
    data = {
        "notification_id": str(claimed.notification_id),
        "receiver_id": claimed.receiver_id,
        "purpose": claimed.purpose,
        "channel": channel,
        "detail": detail,
    }
    await incidents.add_event(connection, claimed.incident_id, event, at=now, data=data)
    await incidents.touch(connection, claimed.incident_id, at=now)
