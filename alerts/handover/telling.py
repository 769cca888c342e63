"""Tells everybody involved that a finder has reported. Inside the caller's transaction, which holds the incident."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alerts import channels, messages
from alerts.channels import bracelet
from alerts.dispatch import first_working
from alerts.handover.finding import Report
from alerts.incident import Incident
from alerts.notification import LINK, Notification, Purpose
from alerts.person import Person
from alerts.receiver import Receiver, Relation
from alerts.store import outbox, people, responders
from runtime.database import Connection

#: What templates call it.
KIND = "finder_report"


async def sighting(connection: Connection, incident: Incident, *, number: int, report: Report, at: datetime) -> None:
    """One message to each of the family, and to whoever was told or goes. It carries no place and no number."""
    person = None if incident.person_id is None else await people.person(connection, incident.person_id)
    if person is None:
        return
    candidates = await responders.candidates(connection, person, incident_id=incident.incident_id, place=None)
    told = {one.receiver_id for one in await outbox.told(connection, incident.incident_id)}
    answers = await responders.responses_of(connection, incident.incident_id)
    going = {one.party.receiver_id for one in answers if one.going}
    receivers = {one.receiver_id: one for one in candidates if one.relation is Relation.FAMILY}
    for receiver_id in (told | going) - receivers.keys() - {None}:
        found = None if receiver_id is None else await people.receiver(connection, receiver_id)
        if found is not None:
            receivers[found.receiver_id] = found
    declined = {one.receiver_id for one in candidates if one.declined}
    await outbox.insert(
        connection,
        [
            notification
            for receiver in receivers.values()
            if receiver.receiver_id not in declined
            and (notification := _notification(incident, person, receiver, number=number, report=report, at=at))
        ],
    )


def _says(entry: Mapping[str, Any]) -> bool:
    """Whether a channel can be used and says words: a bracelet only rings, and would take this for the end."""
    return entry.get("kind") != bracelet.KIND and channels.works(entry)


def _notification(
    incident: Incident, person: Person, receiver: Receiver, *, number: int, report: Report, at: datetime
) -> Notification | None:
    index = first_working(receiver.channels, _says)
    if index is None:
        return None
    message = messages.alert(
        KIND,
        report.said,
        {"number_count": number},
        receiver.language,
        name=person.display_name,
        at=at,
        time_zone=person.time_zone,
        place_at=None,
        link=LINK,
    )
    return Notification(
        incident_id=incident.incident_id,
        detection_id=None,
        direct=False,
        purpose=Purpose.SIGHTING,
        receiver_id=receiver.receiver_id,
        # Each report is told once to each, whatever round the ladder is in.
        round=0,
        position=number,
        channel_index=index,
        channel=receiver.channels[index],
        destination=channels.destination(receiver.channels[index]),
        language=receiver.language,
        title=message.title,
        body=message.body,
        created_at=at,
    )
