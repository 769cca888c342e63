"""Turn one person's waiting detections into incidents, timers and notifications. Inside the caller's transaction."""

from __future__ import annotations

from datetime import datetime

import structlog

from alerts import climbing, closing, escalation, lifecycle, metrics, severity
from alerts.decision import Decision, decide
from alerts.detected import Detected
from alerts.incident import Incident
from alerts.lifecycle import Event, Outcome
from alerts.person import Person
from alerts.store import detections, incidents, outbox, people
from runtime.database import Connection

log = structlog.get_logger(__name__)


async def handle_person(connection: Connection, person_id: int, *, now: datetime) -> int:
    """Handle all that waits of one person, whom the caller has locked; how many detections there were."""
    waiting = await detections.unhandled_of(connection, person_id)
    if not waiting:
        return 0
    person = await people.person(connection, person_id)
    for detected in waiting:
        if person is None:
            await _record(connection, detected, None, Decision.PERSON_UNKNOWN, now=now)
        else:
            await _handle(connection, person, detected, now=now)
    return len(waiting)


async def _handle(connection: Connection, person: Person, detected: Detected, *, now: datetime) -> None:
    incident = await _open_incident(connection, person.person_id)
    decision = decide(detected.fact, incident)
    if decision is Decision.NO_INCIDENT_NEEDED:
        await _record(connection, detected, None, decision, now=now)
        return
    if incident is None:
        incident = await _open(connection, person, detected, now=now)
    await _record(connection, detected, incident, decision, now=now)
    if decision is not Decision.OPENED:
        await _absorb(connection, incident, detected, now=now)
    if decision is Decision.AUTO_RESOLVED:
        await _returned(connection, incident, now=now)
    elif decision.tells:
        await _tell(connection, person, incident, detected, decision, now=now)
    await incidents.announce(connection, incident.incident_id)


async def _open_incident(connection: Connection, person_id: int) -> Incident | None:
    incident_id = await incidents.lock_open_of(connection, person_id)
    return None if incident_id is None else await incidents.get(connection, incident_id)


async def _open(connection: Connection, person: Person, detected: Detected, *, now: datetime) -> Incident:
    assessment = severity.own(detected.fact)
    incident = await incidents.insert(
        connection, person_id=person.person_id, kind=detected.kind, assessment=assessment, at=now
    )
    data = {"kind": detected.kind, "severity": assessment.severity, "reasons": assessment.reasons}
    await incidents.add_event(connection, incident.incident_id, "opened", at=now, data=data)
    log.info("incident_opened", incident_id=incident.incident_id, kind=detected.kind, severity=assessment.severity)
    return incident


async def _record(
    connection: Connection, detected: Detected, incident: Incident | None, decision: Decision, *, now: datetime
) -> None:
    """Keep what became of a detection, in its incident's timeline too."""
    incident_id = incident.incident_id if incident else None
    await detections.mark_handled(connection, detected.detection_id, incident_id=incident_id, decision=decision, at=now)
    metrics.DETECTIONS.labels(kind=detected.kind, decision=decision).inc()
    if incident_id is not None:
        data = {
            "detection_id": str(detected.detection_id),
            "kind": detected.kind,
            "reason": detected.reason,
            "decision": decision,
        }
        await incidents.add_event(connection, incident_id, "detection", at=now, data=data)


async def _absorb(connection: Connection, incident: Incident, detected: Detected, *, now: datetime) -> None:
    """Make the incident what all its detections together say."""
    facts = [held.fact for held in await detections.of_incident(connection, incident.incident_id)]
    assessment = severity.assess(facts)
    kinds = (*incident.kinds, *({detected.kind} - set(incident.kinds)))
    await incidents.absorb(
        connection,
        incident.incident_id,
        kind=severity.gravest(facts).kind,
        kinds=kinds,
        assessment=assessment,
        at=now,
    )
    if assessment.severity is not incident.severity:
        data = {"severity": assessment.severity, "reasons": assessment.reasons}
        await incidents.add_event(connection, incident.incident_id, "severity", at=now, data=data)


async def _returned(connection: Connection, incident: Incident, *, now: datetime) -> None:
    lifecycle.after(incident.state, Event.RETURNED)
    await closing.close(connection, incident, user_id=None, at=now, outcome=Outcome.RETURNED, note="")
    log.info("incident_returned", incident_id=incident.incident_id)


async def _tell(
    connection: Connection,
    person: Person,
    incident: Incident,
    detected: Detected,
    decision: Decision,
    *,
    now: datetime,
) -> None:
    """Begin a round and fire its first step in this same transaction: nobody waits for a timer."""
    incident_id = incident.incident_id
    if decision is Decision.REOPENED:
        lifecycle.after(incident.state, Event.REOPEN)
        await incidents.set_open(connection, incident_id, at=now)
    if decision is not Decision.OPENED:
        await incidents.add_event(connection, incident_id, decision, at=now, data={"kind": detected.kind})
        await outbox.cancel_alerts(connection, incident_id)
    ladder_id = escalation.ladder_for(detected.kind, severity.own(detected.fact).severity)
    await climbing.begin_round(connection, incident, person, detected, ladder_id, now=now)
