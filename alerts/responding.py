"""What responders do with an incident: accept, decline, arrive, found. In transactions, like `alerts.service`.

Whoever answers holds the incident's row, so of two who accept in the same millisecond exactly one leads.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts import closing, lifecycle
from alerts.errors import IncidentNotFound
from alerts.incident import Incident
from alerts.lifecycle import Event, Outcome, State
from alerts.response import Answer, Change, Standing, after, party_of
from alerts.store import incidents, responders
from alerts.store.responders import Member
from runtime.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who answers: a login, or a receiver through a link. One of them is given."""

    user_id: int | None = None
    receiver_id: int | None = None


async def accept(connection: Connection, *, incident_id: int, who: Who, at: datetime) -> Standing:
    """I am going. The first leads, others join; the ladder goes quiet.

    Raises:
        IncidentNotFound: there is no such incident, or no such responder.
        IllegalTransition: it is resolved.
    """
    return await _answer(connection, incident_id, who, Answer.ACCEPT, at=at)


async def arrive(connection: Connection, *, incident_id: int, who: Who, at: datetime) -> Standing:
    """I am there. Whoever had not said that they go, goes.

    Raises:
        IncidentNotFound: there is no such incident, or no such responder.
        IllegalTransition: it is resolved.
    """
    return await _answer(connection, incident_id, who, Answer.ARRIVE, at=at)


async def decline(connection: Connection, *, incident_id: int, who: Who, at: datetime) -> Standing:
    """I cannot go, or cannot go on.

    When every responder who was asked has declined, the level above is told at once. When the last who was going steps
    back, the incident opens again and the ladder goes on where it stood.

    Raises:
        IncidentNotFound: there is no such incident, or no such responder.
        IllegalTransition: it is resolved.
    """
    return await _answer(connection, incident_id, who, Answer.DECLINE, at=at)


async def found(connection: Connection, *, incident_id: int, who: Who, at: datetime, note: str = "") -> Standing:
    """The person is found and safe: the incident is resolved, everybody is told, access ends.

    Raises:
        IncidentNotFound: there is no such incident, or no such responder.
        IllegalTransition: it is resolved.
    """
    return await _answer(connection, incident_id, who, Answer.FOUND, at=at, note=note)


async def _answer(
    connection: Connection, incident_id: int, who: Who, answer: Answer, *, at: datetime, note: str = ""
) -> Standing:
    async with connection.transaction():
        if not await incidents.lock(connection, incident_id):
            raise IncidentNotFound(incident_id)
        incident = await incidents.get(connection, incident_id)
        if incident.state is State.RESOLVED:
            # Says which state it is in, as every action on it does.
            lifecycle.after(incident.state, Event.RESPOND)
        member = await _member(connection, incident_id, who)
        party = party_of(user_id=member.user_id, receiver_id=member.receiver_id)
        change = after(incident_id, party, answer, await responders.responses_of(connection, incident_id), at=at)
        if change.standing is not Standing.UNCHANGED:
            await _apply(connection, incident, member, change, at=at, note=note)
        elif answer is Answer.ACCEPT:
            # It opened again meanwhile, and somebody who was going says so once more.
            await _going(connection, incident, member, at=at)
            await incidents.touch(connection, incident_id, at=at)
        return change.standing


async def _member(connection: Connection, incident_id: int, who: Who) -> Member:
    member = None
    if who.user_id is not None:
        member = await responders.member_of_user(connection, who.user_id, incident_id)
    elif who.receiver_id is not None:
        member = await responders.member_of_receiver(connection, who.receiver_id)
    if member is None:
        raise IncidentNotFound(incident_id)
    return member


async def _apply(
    connection: Connection, incident: Incident, member: Member, change: Change, *, at: datetime, note: str
) -> None:
    incident_id = incident.incident_id
    for row in change.rows:
        await responders.put_response(connection, row)
    await incidents.add_event(
        connection,
        incident_id,
        _EVENT[change.standing],
        at=at,
        user_id=member.user_id,
        data={"by": member.display_name, "receiver_id": member.receiver_id, "standing": change.standing},
    )
    if change.standing is Standing.FOUND:
        await closing.close(connection, incident, user_id=member.user_id, at=at, outcome=Outcome.FOUND, note=note)
        return
    if change.rows[0].going:
        await _going(connection, incident, member, at=at)
    else:
        await _gone(connection, incident, change, at=at)
    await incidents.touch(connection, incident_id, at=at)


#: What stands in the timeline.
_EVENT = {
    Standing.LEADS: "responding",
    Standing.JOINED: "joined",
    Standing.ARRIVED: "arrived",
    Standing.FOUND: "found",
    Standing.DECLINED: "declined",
    Standing.STEPPED_BACK: "stepped_back",
    Standing.NOBODY_LEFT: "stepped_back",
}


async def _going(connection: Connection, incident: Incident, member: Member, *, at: datetime) -> None:
    """Somebody is on the way, which answers an incident nobody had answered."""
    if incident.state is State.RESPONDING:
        return
    lifecycle.after(incident.state, Event.RESPOND)
    await incidents.set_responding(connection, incident.incident_id, user_id=member.user_id, at=at)
    await closing.quieten(connection, incident.incident_id)


async def _gone(connection: Connection, incident: Incident, change: Change, *, at: datetime) -> None:
    incident_id = incident.incident_id
    await responders.withdraw_alerts(connection, incident_id, change.rows[0].party)
    if change.passed_to is not None:
        await incidents.set_responding(connection, incident_id, user_id=change.passed_to.user_id, at=at)
        await incidents.add_event(
            connection, incident_id, "lead_passed", at=at, user_id=change.passed_to.user_id, data={}
        )
    if change.standing is Standing.NOBODY_LEFT and incident.state is State.RESPONDING:
        lifecycle.after(incident.state, Event.REOPEN)
        await incidents.set_open(connection, incident_id, at=at)
        await incidents.add_event(connection, incident_id, "reopened", at=at, data={"kind": incident.kind})
        await responders.resume_ladder(connection, incident_id, at=at)
    elif incident.state is State.OPEN:
        await responders.hasten_after_decline(connection, incident_id, at=at)
