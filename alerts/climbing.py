"""Climb the ladder: begin a round, fire the steps that are due, begin the next round. Inside the caller's transaction.

The caller holds the incident's row, so an acknowledgement comes either before (the steps are cancelled and nothing
fires) or after (it cancels what was just written and is not yet being sent); never in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from alerts import announcement, channels, escalation, ladder, metrics, severity
from alerts.detected import Detected
from alerts.dispatch import Dispatch, Place, Reach, dispatch
from alerts.errors import LadderError
from alerts.escalation import DueStep
from alerts.incident import Incident
from alerts.ladder import Ladder
from alerts.lifecycle import State
from alerts.person import Person
from alerts.receiver import Receiver
from alerts.store import detections, incidents, ladders, outbox, responders
from runtime.database import Connection

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Climb:
    """What firing the steps of one incident needs."""

    incident: Incident
    person: Person
    receivers: list[Receiver]
    #: Where the person was last; the nearest responders are counted from there.
    place: Place | None
    #: What the messages speak of.
    detected: Detected
    #: Steps of this round at once are the answer to a detection handled in this transaction.
    direct_round: int | None
    now: datetime


async def begin_round(
    connection: Connection, incident: Incident, person: Person, detected: Detected, ladder_id: str, *, now: datetime
) -> None:
    """Start a ladder from its first step and fire that at once; what was left of an earlier round is cancelled.

    The incident's state in the table is already `open`.
    """
    await ladders.cancel_steps(connection, incident.incident_id)
    climbed = (await load_ladders(connection)).get(ladder_id) or escalation.built_in(ladder_id)
    number = incident.round + 1
    steps = escalation.expand(climbed, round_number=number, since=now)
    await ladders.insert_steps(connection, incident.incident_id, steps)
    climb = await _prepare(connection, incident, person, detected, direct_round=number, now=now)
    await _fire_due(connection, climb, steps, told=frozenset())


async def fire(connection: Connection, incident: Incident, person: Person, *, now: datetime) -> int:
    """Fire every step that is due, in order; how many fired. The caller's transaction holds the incident's row."""
    if incident.state is not State.OPEN:
        return 0
    pending = await ladders.pending_steps(connection, incident.incident_id)
    if not pending or pending[0].due_at > now:
        return 0
    detected = await _gravest(connection, incident.incident_id)
    climb = await _prepare(connection, incident, person, detected, direct_round=None, now=now)
    told = await outbox.told_in_round(connection, incident.incident_id, pending[0].round)
    return await _fire_due(connection, climb, pending, told=told)


async def _prepare(
    connection: Connection,
    incident: Incident,
    person: Person,
    detected: Detected,
    *,
    direct_round: int | None,
    now: datetime,
) -> _Climb:
    place = await responders.last_place(connection, person.person_id)
    receivers = await responders.candidates(connection, person, incident_id=incident.incident_id, place=place)
    return _Climb(
        incident=incident,
        person=person,
        receivers=receivers,
        place=place,
        detected=detected,
        direct_round=direct_round,
        now=now,
    )


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
        at=climb.now,
        place=climb.place,
    )
    notifications = announcement.alerts(
        climb.incident,
        climb.person,
        climb.detected,
        step,
        found.addressed,
        direct=step.round == climb.direct_round,
        at=climb.now,
    )
    await outbox.insert(connection, notifications)
    await ladders.mark_fired(connection, climb.incident.incident_id, step)
    await _note_step(connection, climb, step, found)
    metrics.STEPS.labels(reach=found.reach).inc()
    return found


async def _note_step(connection: Connection, climb: _Climb, step: DueStep, found: Dispatch) -> None:
    kind = "nobody_reached" if found.reach is Reach.NOBODY else "step"
    data = {
        "round": step.round,
        "position": step.position,
        "audiences": list(step.audiences),
        "reach": found.reach,
        "receivers": len(found.addressed),
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
    climbed = (await load_ladders(connection)).get(last.ladder_id) or escalation.built_in(last.ladder_id)
    since = escalation.next_round_since(climbed, last_due_at=last.due_at, now=climb.now)
    if since is not None:
        steps = escalation.expand(climbed, round_number=last.round + 1, since=since)
        await ladders.insert_steps(connection, climb.incident.incident_id, steps)


async def _gravest(connection: Connection, incident_id: int) -> Detected:
    """The worst detection of an incident, the latest of equals."""
    held = await detections.of_incident(connection, incident_id)
    worst = severity.gravest(detected.fact for detected in reversed(held))
    return next(detected for detected in reversed(held) if detected.fact == worst)


async def load_ladders(connection: Connection) -> Mapping[str, Ladder]:
    """Stored ladders that can be climbed; one that is written wrong is said so and left out."""
    return dict(_usable(await ladders.rows(connection)))


def _usable(rows: Iterable[ladders.LadderRow]) -> Iterable[tuple[str, Ladder]]:
    for row in rows:
        try:
            yield row.ladder_id, check_row(row)
        except LadderError as error:
            log.warning("ladder_unusable", error=str(error), instead="the ladder shipped with Tongxing")


def check_row(row: ladders.LadderRow) -> Ladder:
    """One stored ladder.

    Raises:
        LadderError: it is written wrong.
    """
    return ladder.checked(
        row.ladder_id,
        title=row.title,
        steps=list(zip(row.delays, row.audiences, strict=True)),
        repeat_after=row.repeat_after,
    )
