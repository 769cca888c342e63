"""Close an incident: timers stop, what nobody is sending is taken back, everyone who was told hears that it is over."""

from __future__ import annotations

from datetime import datetime

from alerts import messages
from alerts.incident import Incident
from alerts.lifecycle import Outcome
from alerts.notification import LINK, Notification, Purpose
from alerts.person import Person
from alerts.store import incidents, ladders, outbox, people, timers
from alerts.store.outbox import Told
from runtime.database import Connection


async def quieten(connection: Connection, incident_id: int) -> None:
    """Somebody has answered: stop the ladder and take back what nobody is sending at this moment."""
    await ladders.cancel_steps(connection, incident_id)
    await outbox.cancel_alerts(connection, incident_id)


async def close(
    connection: Connection,
    incident: Incident,
    *,
    user_id: int | None,
    at: datetime,
    outcome: Outcome,
    note: str,
    all_clear: bool = True,
) -> None:
    """Resolve an incident whose row the caller holds, and put an all-clear into the outbox for everyone told."""
    await incidents.set_resolved(connection, incident.incident_id, user_id=user_id, at=at, outcome=outcome, note=note)
    await quieten(connection, incident.incident_id)
    await timers.stop_all(connection, incident.incident_id)
    await incidents.add_event(
        connection,
        incident.incident_id,
        "resolved",
        at=at,
        user_id=user_id,
        data={"outcome": outcome, "note": note},
    )
    person = await people.subject(connection, incident.incident_id, incident.person_id)
    if person is not None and all_clear:
        told = await outbox.told(connection, incident.incident_id)
        await outbox.insert(connection, [_all_clear(incident, person, one, outcome, at=at) for one in told])
    await incidents.announce(connection, incident.incident_id)


def _all_clear(incident: Incident, person: Person, told: Told, outcome: Outcome, *, at: datetime) -> Notification:
    message = messages.all_clear(
        outcome,
        told.language,
        name=person.display_name,
        opened_at=incident.opened_at,
        at=at,
        time_zone=person.time_zone,
        link=LINK,
    )
    return Notification(
        incident_id=incident.incident_id,
        detection_id=None,
        direct=False,
        purpose=Purpose.ALL_CLEAR,
        receiver_id=told.receiver_id,
        round=incident.round,
        position=0,
        channel_index=told.channel_index,
        channel=told.channel,
        destination=told.destination,
        language=told.language,
        title=message.title,
        body=message.body,
        created_at=at,
    )
