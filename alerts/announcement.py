"""What stored ladders, registry rows and templates make of one step: the notifications to write. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from alerts import channels, messages
from alerts.detected import Detected
from alerts.dispatch import Addressed
from alerts.escalation import DueStep
from alerts.incident import Incident
from alerts.notification import LINK, Notification, Purpose
from alerts.person import Person


def alerts(
    incident: Incident,
    person: Person,
    detected: Detected,
    step: DueStep,
    addressed: Iterable[Addressed],
    *,
    direct: bool,
    at: datetime,
) -> list[Notification]:
    """One notification for each receiver a step addresses."""
    return [_alert(incident, person, detected, step, one, direct=direct, at=at) for one in addressed]


def _alert(
    incident: Incident,
    person: Person,
    detected: Detected,
    step: DueStep,
    addressed: Addressed,
    *,
    direct: bool,
    at: datetime,
) -> Notification:
    message = messages.alert(
        detected.kind,
        detected.reason,
        detected.evidence,
        addressed.receiver.language,
        name=person.display_name,
        at=detected.at,
        time_zone=person.time_zone,
        place_at=detected.place_at,
        link=LINK,
    )
    return Notification(
        incident_id=incident.incident_id,
        detection_id=detected.detection_id,
        direct=direct,
        purpose=Purpose.ALERT,
        receiver_id=addressed.receiver.receiver_id,
        round=step.round,
        position=step.position,
        channel_index=addressed.channel_index,
        channel=addressed.channel,
        destination=channels.destination(addressed.channel),
        language=addressed.receiver.language,
        title=message.title,
        body=message.body,
        created_at=at,
    )
