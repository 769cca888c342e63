"""What stored ladders, registry rows and templates make of one step: the notifications to write. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts import channels, messages
from alerts.detected import Detected
from alerts.dispatch import Addressed
from alerts.escalation import DueStep
from alerts.incident import Incident
from alerts.kinds import BACK
from alerts.messages import Background
from alerts.notification import LINK, Notification, Purpose
from alerts.person import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a message speaks of: the detection, and the incident around it."""

    incident: Incident
    person: Person
    #: What the message speaks of.
    detected: Detected
    #: Everything the incident holds, oldest first.
    held: Sequence[Detected] = ()

    @property
    def background(self) -> Background:
        """How it began, and why it is as bad as it is."""
        first = {one.kind: one.first_at or one.at for one in self.held if one.kind not in {self.detected.kind, BACK}}
        earlier = [(kind, at) for kind, at in first.items() if at <= self.detected.at]
        return Background(
            before=sorted(earlier, key=lambda one: one[1]),
            severity=self.incident.severity,
            because=self.incident.severity_reasons[1:],
        )


def alerts(
    case: Case, step: DueStep, addressed: Iterable[Addressed], *, direct: bool, at: datetime
) -> list[Notification]:
    """One notification for each receiver a step addresses."""
    return [_alert(case, step, one, direct=direct, at=at) for one in addressed]


def _alert(case: Case, step: DueStep, addressed: Addressed, *, direct: bool, at: datetime) -> Notification:
    detected, person = case.detected, case.person
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
        background=case.background,
    )
    return Notification(
        incident_id=case.incident.incident_id,
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
