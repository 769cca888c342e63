"""Messages that wait, and what becomes of them: kept in the step that would have told them, told together when due.

What is decided stands in `alerts.restraint`. Inside the caller's transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from alerts import announcement, channels, kinds, messages, metrics
from alerts.announcement import Case
from alerts.dispatch import Addressed, first_working
from alerts.escalation import DueStep
from alerts.messages import Message
from alerts.notification import LINK, Notification, Purpose
from alerts.receiver import Receiver, Relation
from alerts.restraint import BUDGETS, Budget, Judged, Scope, Verdict, judge
from alerts.scale import Severity
from alerts.store import detections, incidents, outbox, people
from alerts.store import withheld as store
from alerts.store.withheld import Waiting, WaitingOf
from runtime.database import Connection

#: Receivers who are not told now, and why.
Kept = Mapping[int, Judged]

#: A digest stands in its round at a position no ladder has: the minute of the epoch, so that two digests differ.
_MINUTE_S = 60


async def keep(
    connection: Connection, case: Case, step: DueStep, addressed: Sequence[Addressed], *, now: datetime
) -> Kept:
    """Who of those addressed is not told now; what waits is written down. Critical is never looked at: it goes."""
    incident = case.incident
    if incident.severity is Severity.CRITICAL or not addressed:
        return {}
    budgets = dict(BUDGETS) | await store.budgets(connection)
    kept: dict[int, Judged] = {}
    for one in addressed:
        judged = judge(
            one.receiver,
            kind=incident.kind,
            told=kinds.row(case.detected.kind, case.detected.reason).told,
            severity=incident.severity,
            spent=await _spent(connection, case, one, budgets, now=now),
            budgets=budgets,
            now=now,
            time_zone=case.person.time_zone,
        )
        metrics.RESTRAINT.labels(verdict=judged.verdict).inc()
        if judged.verdict is not Verdict.NOW:
            kept[one.receiver.receiver_id] = judged
    await _write(connection, case, step, kept, now=now)
    return kept


async def _spent(
    connection: Connection, case: Case, one: Addressed, budgets: Mapping[Scope, Budget], *, now: datetime
) -> dict[Scope, int]:
    device_id = case.detected.device_id
    spans = {scope: budget.every for scope, budget in budgets.items()}
    return {
        Scope.DEVICE: 0
        if device_id is None
        else await store.spent_by_device(connection, device_id, now=now, every=spans[Scope.DEVICE]),
        Scope.RECEIVER: await store.spent_by_receiver(
            connection, one.receiver.receiver_id, now=now, every=spans[Scope.RECEIVER]
        ),
        Scope.CHANNEL: await store.spent_by_channel(
            connection, channels.destination(one.channel), now=now, every=spans[Scope.CHANNEL]
        ),
    }


async def _write(connection: Connection, case: Case, step: DueStep, kept: Kept, *, now: datetime) -> None:
    if not kept:
        return
    waiting = [
        Waiting(
            incident_id=case.incident.incident_id,
            detection_id=case.detected.detection_id,
            receiver_id=receiver_id,
            round=step.round,
            position=step.position,
            reason=judged.verdict,
            created_at=now,
            due_at=judged.until,
        )
        for receiver_id, judged in kept.items()
        if judged.until is not None
    ]
    await store.insert(connection, waiting)
    counted = Counter(str(judged.verdict) for judged in kept.values())
    await incidents.add_event(
        connection, case.incident.incident_id, "withheld", at=now, data={"reasons": dict(counted)}
    )


async def waiting(connection: Connection, incident_id: int, round_number: int) -> frozenset[int]:
    """Receivers whose message of this round waits already."""
    return await store.in_round(connection, incident_id, round_number)


async def tell_due(connection: Connection, receiver_id: int, *, now: datetime) -> int:
    """Tell one receiver what has waited, in one message; how many messages went out.

    What is over by now is left out, unless it waited because there was too much of it: that is said in numbers.
    """
    taken = await store.take(connection, receiver_id, now=now)
    receiver = await people.receiver(connection, receiver_id)
    matters = _once([one for one in taken if one.incident_state == "open" or one.reason.endswith("_budget")])
    if receiver is None or not matters:
        return 0
    index = first_working(receiver.channels, channels.works)
    if index is None:
        return 0
    single = await _single(connection, receiver, index, matters, now=now)
    await outbox.insert(connection, [single or _digest(receiver, index, matters, now=now)])
    metrics.DIGESTS.inc()
    for incident_id in sorted({one.incident_id for one in matters}):
        await incidents.touch(connection, incident_id, at=now)
    return 1


def _once(taken: Sequence[WaitingOf]) -> list[WaitingOf]:
    """Each thing once, however many rounds of its ladder would have told it."""
    return list({(one.incident_id, one.detection_id): one for one in taken}.values())


async def _single(
    connection: Connection, receiver: Receiver, index: int, matters: Sequence[WaitingOf], *, now: datetime
) -> Notification | None:
    """The message itself, when it is the only one and still news; None: a digest is due."""
    only = matters[0]
    if len(matters) > 1 or only.incident_state != "open" or only.person_id is None:
        return None
    incident = await incidents.get(connection, only.incident_id)
    person = await people.person(connection, only.person_id)
    held = await detections.of_incident(connection, only.incident_id)
    detected = next((one for one in held if one.detection_id == only.detection_id), None)
    if person is None or detected is None:
        return None
    case = Case(incident=incident, person=person, detected=detected, held=held)
    step = DueStep(round=only.round, position=only.position, ladder_id="", due_at=now, audiences=())
    (message,) = announcement.alerts(
        case, step, [Addressed(receiver=receiver, channel_index=index)], direct=False, at=now
    )
    return message


def _digest(receiver: Receiver, index: int, matters: Sequence[WaitingOf], *, now: datetime) -> Notification:
    last = matters[-1]
    message = _composed(receiver, matters, now=now)
    return Notification(
        incident_id=last.incident_id,
        detection_id=last.detection_id,
        direct=False,
        purpose=Purpose.DIGEST,
        receiver_id=receiver.receiver_id,
        round=last.round,
        position=int(now.timestamp()) // _MINUTE_S,
        channel_index=index,
        channel=receiver.channels[index],
        destination=channels.destination(receiver.channels[index]),
        language=receiver.language,
        title=message.title,
        body=message.body,
        created_at=now,
    )


def _composed(receiver: Receiver, matters: Sequence[WaitingOf], *, now: datetime) -> Message:
    counts: dict[str, dict[str, int]] = {}
    for one in matters:
        kinds = counts.setdefault(one.person_name, {})
        kinds[one.kind] = kinds.get(one.kind, 0) + 1
    return messages.digest(
        counts,
        receiver.language,
        desk=receiver.relation is not Relation.FAMILY,
        at=now,
        time_zone=people.PROGRAMME_TIME_ZONE,
        link=LINK,
    )
