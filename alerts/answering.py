"""An answer without a login: by the link in a message, or by a key pressed in a call. What `api` calls for both.

Whoever holds the link was told: it names one notification, so one receiver and one incident. It shows no position and
opens nothing else. Opening it answers nothing, because messengers open links by themselves to draw a preview.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from alerts import answers, recording, responding, service
from alerts.channels import voice
from alerts.errors import AlertsError
from alerts.lifecycle import IllegalTransition, State
from alerts.notification import Purpose
from alerts.responding import Who
from alerts.store import answers as store
from alerts.store import incidents
from alerts.store.answers import Asked
from runtime.clock import wall_now
from runtime.database import Connection


class LinkUnknown(AlertsError):  # noqa: N818 - reads as the answer it is
    """No message of ours has this code."""


class LinkExpired(AlertsError):  # noqa: N818 - reads as the answer it is
    """The message is too old to be answered by its link."""


class Way(StrEnum):
    """What can be answered."""

    ACKNOWLEDGE = "acknowledge"
    RESPOND = "respond"
    DECLINE = "decline"


class Told(StrEnum):
    """What an answer led to."""

    DONE = "done"
    #: Somebody else was faster, and takes care.
    ALREADY = "already"
    OVER = "over"


class Receipt(StrEnum):
    """What a service may report of a message."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    PICKED_UP = "picked_up"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"
    KEY = "key"


#: Receipts that say that nobody was reached: the next step need not wait.
UNREACHED = frozenset({Receipt.UNDELIVERED, Receipt.NO_ANSWER, Receipt.BUSY, Receipt.FAILED})
#: Keys of a telephone.
KEYS: Mapping[str, Way] = MappingProxyType({key: Way(word) for key, word in voice.KEYS.items()})


async def open_link(connection: Connection, code: str, *, at: datetime) -> Asked:
    """What a link speaks of; that it was opened is kept.

    Raises:
        LinkUnknown: no message of ours has this code.
        LinkExpired: the message is too old.
    """
    asked = await _asked(connection, code, at=at)
    await store.add_receipt(connection, asked.notification_id, at_wall=wall_now(), what="opened")
    return asked


async def answer(connection: Connection, code: str, way: Way, *, at: datetime) -> Told:
    """Answer by link.

    Raises:
        LinkUnknown: no message of ours has this code.
        LinkExpired: the message is too old.
    """
    return await _answer(connection, await _asked(connection, code, at=at), way, at=at)


async def receipt(connection: Connection, notification_id: UUID, what: Receipt, *, key: str, at: datetime) -> Told:
    """What the service behind a channel reports; a pressed key is an answer.

    Raises:
        LinkUnknown: there is no such notification.
    """
    asked = await standing(connection, notification_id)
    if what is Receipt.KEY:
        way = KEYS.get(key)
        return Told.ALREADY if way is None else await _answer(connection, asked, way, at=at)
    async with connection.transaction():
        await store.add_receipt(connection, notification_id, at_wall=wall_now(), what=what)
        if what in UNREACHED and asked.purpose == Purpose.ALERT:
            await recording.unreached(connection, notification_id, detail=what, now=at)
    return Told.DONE


async def standing(connection: Connection, notification_id: UUID) -> Asked:
    """How the incident of a message stands now.

    Raises:
        LinkUnknown: there is no such notification.
    """
    asked = await store.asked(connection, notification_id)
    if asked is None:
        raise LinkUnknown(str(notification_id))
    return asked


async def _asked(connection: Connection, code: str, *, at: datetime) -> Asked:
    notification_id = answers.read(await store.keys(connection), code)
    asked = None if notification_id is None else await store.asked(connection, notification_id)
    if asked is None:
        raise LinkUnknown(code)
    if not asked.created_at - answers.GOOD_FOR < at < asked.created_at + answers.GOOD_FOR:
        raise LinkExpired(code)
    return asked


async def _answer(connection: Connection, asked: Asked, way: Way, *, at: datetime) -> Told:
    if asked.state == State.RESOLVED:
        return Told.OVER
    who = Who(user_id=asked.user_id) if asked.user_id is not None else Who(receiver_id=asked.receiver_id)
    try:
        async with connection.transaction():
            if way is Way.ACKNOWLEDGE:
                await service.acknowledge(connection, incident_id=asked.incident_id, user_id=asked.user_id, at=at)
            elif way is Way.RESPOND:
                await responding.accept(connection, incident_id=asked.incident_id, who=who, at=at)
            else:
                await responding.decline(connection, incident_id=asked.incident_id, who=who, at=at)
            await store.add_receipt(connection, asked.notification_id, at_wall=wall_now(), what=_WHAT[way])
    except IllegalTransition:
        after = await incidents.get(connection, asked.incident_id)
        return Told.OVER if after.state is State.RESOLVED else Told.ALREADY
    return Told.DONE


_WHAT: Mapping[Way, str] = MappingProxyType(
    {Way.ACKNOWLEDGE: "acknowledged", Way.RESPOND: "responding", Way.DECLINE: "declined"}
)
