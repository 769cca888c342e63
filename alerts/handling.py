"""Turn one person's waiting detections into incidents, timers and notifications. Inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from alerts import climbing, closing, kinds, lifecycle, metrics, planning, severity
from alerts.decision import Decision, decide
from alerts.detected import Detected
from alerts.incident import Incident
from alerts.kinds import BACK
from alerts.lifecycle import Event, Outcome
from alerts.person import Person
from alerts.plan import Plan
from alerts.store import detections, incidents, outages, outbox, outings, people, timers
from alerts.store.outings import Outing
from geofence import freshness
from geofence.policy import Policy
from runtime.database import Connection

log = structlog.get_logger(__name__)

#: Returns within this count as coming and going at the edge. Source: `alerts.decision.FLAPS`; provisional.
FLAP_WINDOW = timedelta(hours=1)
#: A return after coming and going counts once it has lasted so long. Source: twice a usual reporting interval of five
#: minutes; provisional.
SETTLE_AFTER = timedelta(minutes=10)
SILENCE = "silence"
#: The one silence that a whole street may share: no message at all, from somebody at home as far as is known.
MAY_BE_THE_STREET = (SILENCE, "no_contact")
#: A silence waits so long, to see whether the street has gone silent too. Source: a bracelet speaks every five minutes,
#: so those of one base station are found silent within five minutes of each other, more than half of them within three
#: (the scene street_without_base_station). Each was silent for a quarter of an hour by then; provisional.
HOLD_BACK = timedelta(minutes=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What handling one person's detections needs besides each of them."""

    person: Person
    person_id: int
    plan: Plan
    outing: Outing | None
    now: datetime


async def handle_person(connection: Connection, person_id: int, *, now: datetime) -> int:
    """Handle what waits of one person, whom the caller has locked; how many detections there were."""
    waiting = await detections.unhandled_of(connection, person_id)
    if waiting:
        await handle(connection, person_id, waiting, now=now)
    return len(waiting)


async def handle(
    connection: Connection, person_id: int, waiting: Iterable[Detected], *, now: datetime, hold: bool = True
) -> None:
    """Handle detections of one person, whom the caller has locked.

    Args:
        connection: in a transaction.
        person_id: whose.
        waiting: in the order they were concluded.
        now: scaled time.
        hold: whether a silence may still be held back.
    """
    person = await people.person(connection, person_id)
    if person is None:
        for detected in waiting:
            await _record(connection, detected, None, Decision.PERSON_UNKNOWN, now=now)
        return
    case = _Case(
        person=person,
        person_id=person_id,
        plan=await planning.load(connection),
        outing=await outings.active(connection, person_id, now),
        now=now,
    )
    for detected in waiting:
        await _handle(connection, case, _accompanied(detected, case.outing), hold=hold)


def _accompanied(detected: Detected, outing: Outing | None) -> Detected:
    """The detection as it counts while somebody is with the person; what company does not explain stays as it is."""
    explains = outing is not None and kinds.row(detected.kind, detected.reason).accompanied is not None
    return replace(detected, accompanied=outing.kind) if explains and outing is not None else detected


async def _handle(connection: Connection, case: _Case, detected: Detected, *, hold: bool) -> None:
    if hold and await _over(connection, case, detected):
        await _record(connection, detected, None, Decision.OVER, now=case.now)
        return
    incident = await _open_incident(connection, case.person_id)
    if (detected.kind, detected.reason) == MAY_BE_THE_STREET and await _set_aside(
        connection, case, detected, incident, hold=hold
    ):
        return
    decision = await _decide(connection, case, detected, incident)
    if decision is Decision.NO_INCIDENT_NEEDED:
        await _record(connection, detected, None, decision, now=case.now)
        return
    if incident is None:
        incident = await _open(connection, case, detected)
    await _record(connection, detected, incident, decision, now=case.now)
    if decision not in {Decision.OPENED, Decision.RECORDED}:
        incident = await _absorb(connection, incident, detected, now=case.now)
    await _follow(connection, case, incident, detected, decision)
    await incidents.announce(connection, incident.incident_id)


async def _over(connection: Connection, case: _Case, detected: Detected) -> bool:
    """Whether it is history before anybody could be told of it; the policy is read only of what came late."""
    if case.now - detected.at <= freshness.LEAST:
        return False
    return over(detected, case.now, await people.policy(connection, case.person_id))


def over(detected: Detected, now: datetime, policy: Policy) -> bool:
    """Whether an incident of it alone would have ended by itself by now, or it is too old to be news.

    Never a silence: whether that is over is seen from the device, not from the time.
    """
    if detected.kind == SILENCE:
        return False
    ages = (kinds.row(detected.kind, detected.reason).lapses_after, freshness.fresh_for(detected.kind, policy))
    return any(now - detected.at > age for age in ages if age is not None)


async def _decide(connection: Connection, case: _Case, detected: Detected, incident: Incident | None) -> Decision:
    returns = 0
    if detected.kind == BACK and incident is not None:
        returns = await incidents.returns_since(connection, case.person_id, case.now - FLAP_WINDOW)
    return decide(detected.fact, incident, plan=case.plan, division=case.person.division, returns_lately=returns)


async def _follow(
    connection: Connection, case: _Case, incident: Incident, detected: Detected, decision: Decision
) -> None:
    """What a decision brings about."""
    if decision is Decision.AUTO_RESOLVED:
        await _returned(connection, incident, now=case.now)
        return
    await _set_timers(connection, incident, detected, decision, now=case.now)
    if decision is Decision.SETTLING:
        await incidents.add_event(connection, incident.incident_id, "settling", at=case.now, data={})
    elif decision.tells:
        await _tell(connection, case, incident, detected, decision)


async def _set_aside(
    connection: Connection, case: _Case, detected: Detected, incident: Incident | None, *, hold: bool
) -> bool:
    """Whether a silence waits, or belongs to an outage: not when the person is out, or somebody was called already."""
    if incident is not None and incident.ladder_id is not None:
        return False
    if await outings.is_outside(connection, case.person_id):
        return False
    division, device_id = case.person.division, detected.device_id or f"person-{case.person_id}"
    outage = await outages.open_around(connection, division, device_id)
    if outage is not None:
        await outages.join(connection, outage, [(device_id, case.person_id, detected.detection_id)], at=case.now)
        await _record(connection, detected, None, Decision.PART_OF_OUTAGE, now=case.now)
        return True
    if not hold:
        return False
    # The record first: writing it takes the detection off the list of those held.
    await _record(connection, detected, None, Decision.HELD_BACK, now=case.now)
    await outages.hold(
        connection,
        detected.detection_id,
        person_id=case.person_id,
        device_id=device_id,
        division=division,
        at=case.now,
        due_at=case.now + HOLD_BACK,
    )
    return True


async def _open_incident(connection: Connection, person_id: int) -> Incident | None:
    incident_id = await incidents.lock_open_of(connection, person_id)
    return None if incident_id is None else await incidents.get(connection, incident_id)


async def _open(connection: Connection, case: _Case, detected: Detected) -> Incident:
    assessment = severity.own(detected.fact)
    incident = await incidents.insert(
        connection, person_id=case.person_id, kind=detected.kind, assessment=assessment, at=case.now
    )
    data = {"kind": detected.kind, "severity": assessment.severity, "reasons": assessment.reasons}
    await incidents.add_event(connection, incident.incident_id, "opened", at=case.now, data=data)
    log.info("incident_opened", incident_id=incident.incident_id, kind=detected.kind, severity=assessment.severity)
    return incident


async def _record(
    connection: Connection, detected: Detected, incident: Incident | None, decision: Decision, *, now: datetime
) -> None:
    """Keep what became of a detection, in its incident's timeline too."""
    incident_id = incident.incident_id if incident else None
    await detections.mark_handled(
        connection,
        detected.detection_id,
        incident_id=incident_id,
        decision=decision,
        accompanied=detected.accompanied,
        at=now,
    )
    metrics.DETECTIONS.labels(kind=detected.kind, decision=decision).inc()
    if incident_id is not None:
        data = {
            "detection_id": str(detected.detection_id),
            "kind": detected.kind,
            "reason": detected.reason,
            "decision": decision,
        }
        await incidents.add_event(connection, incident_id, "detection", at=now, data=data)


async def _absorb(connection: Connection, incident: Incident, detected: Detected, *, now: datetime) -> Incident:
    """Make the incident what all its detections together say."""
    facts = [held.fact for held in await detections.of_incident(connection, incident.incident_id)]
    assessment = severity.assess(facts)
    held_kinds = (*incident.kinds, *({detected.kind} - set(incident.kinds)))
    named = severity.gravest(facts).kind
    await incidents.absorb(
        connection, incident.incident_id, kind=named, kinds=held_kinds, assessment=assessment, at=now
    )
    if assessment.severity is not incident.severity:
        data = {"severity": assessment.severity, "reasons": assessment.reasons}
        await incidents.add_event(connection, incident.incident_id, "severity", at=now, data=data)
    return replace(
        incident,
        kind=named,
        kinds=held_kinds,
        severity=assessment.severity,
        severity_reasons=assessment.reasons,
    )


async def _set_timers(
    connection: Connection, incident: Incident, detected: Detected, decision: Decision, *, now: datetime
) -> None:
    """A return that must last begins to; anything else ends that, and starts the time after which it is over."""
    if decision is Decision.SETTLING:
        await timers.put(connection, incident.incident_id, timers.SETTLE, due_at=now + SETTLE_AFTER)
    elif detected.kind != BACK:
        await timers.stop(connection, incident.incident_id, timers.SETTLE)
    held = [one for one in await detections.of_incident(connection, incident.incident_id) if one.kind != BACK]
    spans = [kinds.row(one.kind, one.reason).lapses_after for one in held]
    if held and None not in spans:
        longest = max(span for span in spans if span is not None)
        await timers.put(connection, incident.incident_id, timers.LAPSE, due_at=now + longest)
    else:
        await timers.stop(connection, incident.incident_id, timers.LAPSE)


async def _returned(connection: Connection, incident: Incident, *, now: datetime) -> None:
    lifecycle.after(incident.state, Event.RETURNED)
    await closing.close(connection, incident, user_id=None, at=now, outcome=Outcome.RETURNED, note="")
    log.info("incident_returned", incident_id=incident.incident_id)


async def _tell(
    connection: Connection, case: _Case, incident: Incident, detected: Detected, decision: Decision
) -> None:
    """Begin a round and fire its first step in this same transaction: nobody waits for a timer."""
    incident_id = incident.incident_id
    if decision is Decision.REOPENED:
        lifecycle.after(incident.state, Event.REOPEN)
        await incidents.set_open(connection, incident_id, at=case.now)
    if decision is not Decision.OPENED:
        await incidents.add_event(connection, incident_id, decision, at=case.now, data={"kind": detected.kind})
        await outbox.cancel_alerts(connection, incident_id)
    fact, division = detected.fact, case.person.division
    ladder_id = case.plan.ladder_for(detected.kind, severity.own(fact).severity, night=fact.night, division=division)
    await climbing.begin_round(connection, incident, case.person, detected, ladder_id, plan=case.plan, now=case.now)
