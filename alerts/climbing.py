"""Climb the ladder: begin a round, fire the steps that are due, begin the next round. Inside the caller's transaction.

The caller holds the incident's row, so an acknowledgement comes either before (the steps are cancelled and nothing
fires) or after (it cancels what was just written and is not yet being sent); never in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from alerts import announcement, channels, escalation, metrics, planning, severity, withholding
from alerts.announcement import Case
from alerts.detected import Detected
from alerts.dispatch import Dispatch, Place, Reach, dispatch
from alerts.escalation import DueStep
from alerts.incident import Incident
from alerts.lifecycle import State
from alerts.messages.words import zone_of
from alerts.person import Person
from alerts.plan import Plan
from alerts.receiver import Receiver
from alerts.store import detections, incidents, ladders, outages, outbox, outings, responders
from alerts.withholding import Kept
from runtime.database import Connection

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Climb:
    """What firing the steps of one incident needs."""

    case: Case
    plan: Plan
    receivers: list[Receiver]
    #: Where the person was last; the nearest responders are counted from there.
    place: Place | None
    #: Steps of this round at once are the answer to a detection handled in this transaction.
    direct_round: int | None
    now: datetime

    @property
    def incident(self) -> Incident:
        """Whose ladder it is."""
        return self.case.incident

    @property
    def person(self) -> Person:
        """Whom it is about."""
        return self.case.person


async def begin_round(
    connection: Connection,
    incident: Incident,
    person: Person,
    detected: Detected,
    ladder_id: str,
    *,
    plan: Plan,
    now: datetime,
) -> None:
    """Start a ladder from its first step and fire that at once; what was left of an earlier round is cancelled.

    The incident's state in the table is already `open`.
    """
    await ladders.cancel_steps(connection, incident.incident_id)
    number = incident.round + 1
    steps = escalation.expand(plan.ladder(ladder_id), round_number=number, since=now)
    await ladders.insert_steps(connection, incident.incident_id, steps)
    held = await detections.of_incident(connection, incident.incident_id)
    case = Case(incident=incident, person=person, detected=detected, held=held)
    climb = await _prepare(connection, case, plan, direct_round=number, now=now)
    await _fire_due(connection, climb, steps, told=frozenset())


async def fire(connection: Connection, incident: Incident, person: Person, *, now: datetime) -> int:
    """Fire every step that is due, in order; how many fired. The caller's transaction holds the incident's row."""
    if incident.state is not State.OPEN:
        return 0
    pending = await ladders.pending_steps(connection, incident.incident_id)
    if not pending or pending[0].due_at > now:
        return 0
    case = await _case(connection, incident, person)
    climb = await _prepare(connection, case, await planning.load(connection), direct_round=None, now=now)
    told = await outbox.told_in_round(connection, incident.incident_id, pending[0].round)
    told |= await withholding.waiting(connection, incident.incident_id, pending[0].round)
    return await _fire_due(connection, climb, pending, told=told)


async def pull(connection: Connection, incident_id: int, *, now: datetime) -> int:
    """Bring the timers of one incident back after the clock was put back; how many there are."""
    pending = await ladders.pending_steps(connection, incident_id)
    moved = escalation.pulled(pending, now=now)
    if moved != pending:
        await ladders.move_steps(connection, incident_id, moved)
        log.warning("clock_put_back", incident_id=incident_id, timers=len(moved))
    return len(moved) if moved != pending else 0


async def _case(connection: Connection, incident: Incident, person: Person) -> Case:
    """What later steps speak of: the worst detection, the latest of equals; of an area, its outage."""
    if incident.person_id is None and (area := await outages.detected_of(connection, incident.incident_id)):
        return Case(incident=incident, person=person, detected=area)
    held = await detections.of_incident(connection, incident.incident_id)
    worst = severity.gravest(detected.fact for detected in reversed(held))
    gravest = next(detected for detected in reversed(held) if detected.fact == worst)
    expired = await outings.expired_of(connection, incident)
    return Case(
        incident=incident,
        person=person,
        detected=gravest if expired is None else outings.told_as_expired(gravest, expired),
        held=held,
    )


async def _prepare(
    connection: Connection, case: Case, plan: Plan, *, direct_round: int | None, now: datetime
) -> _Climb:
    place = await responders.last_place(connection, case.person.person_id)
    receivers = await responders.candidates(connection, case.person, incident_id=case.incident.incident_id, place=place)
    return _Climb(case=case, plan=plan, receivers=receivers, place=place, direct_round=direct_round, now=now)


async def _fire_due(connection: Connection, climb: _Climb, pending: Sequence[DueStep], *, told: frozenset[int]) -> int:
    """Fire the steps of one round, of which `told` have been told."""
    fired = 0
    fell_through = False
    for step in pending:
        if step.due_at > climb.now and not fell_through:
            return fired
        found = await _fire_step(connection, climb, step, told=told)
        told |= {one.receiver.receiver_id for one in found.addressed}
        fired += 1
        # Nobody there: the next audience at once, instead of losing minutes to an empty step.
        fell_through = found.reach is Reach.NOBODY
    await _repeat(connection, climb, pending[-1])
    return fired


async def _fire_step(connection: Connection, climb: _Climb, step: DueStep, *, told: frozenset[int]) -> Dispatch:
    found = dispatch(
        step.audiences,
        climb.receivers,
        division=climb.person.division,
        told=told,
        works=channels.works,
        local=climb.now.astimezone(zone_of(climb.person.time_zone)),
        place=climb.place,
    )
    kept = await withholding.keep(connection, climb.case, step, found.addressed, now=climb.now)
    now_told = [one for one in found.addressed if one.receiver.receiver_id not in kept]
    direct = step.round == climb.direct_round
    await outbox.insert(connection, announcement.alerts(climb.case, step, now_told, direct=direct, at=climb.now))
    await ladders.mark_fired(connection, climb.incident.incident_id, step)
    await _note_step(connection, climb, step, found, kept)
    metrics.STEPS.labels(reach=found.reach).inc()
    return found


async def _note_step(connection: Connection, climb: _Climb, step: DueStep, found: Dispatch, kept: Kept) -> None:
    kind = "nobody_reached" if found.reach is Reach.NOBODY else "step"
    data = {
        "round": step.round,
        "position": step.position,
        "audiences": list(step.audiences),
        "reach": found.reach,
        "receivers": len(found.addressed) - len(kept),
        "passed_over": {str(reason): count for reason, count in found.passed_over.items()},
    }
    await incidents.add_event(connection, climb.incident.incident_id, kind, at=climb.now, data=data)
    if found.reach is Reach.NOBODY:
        log.error(
            "nobody_reached",
            incident_id=climb.incident.incident_id,
            audiences=list(step.audiences),
            hint="add a receiver with a working channel; `tongxing alerts check` lists who has none",
        )


async def _repeat(connection: Connection, climb: _Climb, last: DueStep) -> None:
    """Set the timers of the next round, once the last step of this one has fired."""
    climbed = climb.plan.ladder(last.ladder_id)
    since = escalation.next_round_since(climbed, last_due_at=last.due_at, now=climb.now)
    if since is not None:
        steps = escalation.expand(climbed, round_number=last.round + 1, since=since, wait=since - climb.now)
        await ladders.insert_steps(connection, climb.incident.incident_id, steps)
