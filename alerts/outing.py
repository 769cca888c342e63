"""Planned outings and "he is out with me": begin, end, and what happens when the time is over.

While one lasts, leaving the zone is kept and told to nobody; SOS, falls and entering a danger are told as always. When
it ends and the person is still outside, the family hears of it. In transactions of its own, like `alerts.service`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from alerts import closing, kinds, lifecycle, planning, severity
from alerts.climbing import begin_round
from alerts.errors import AlertsError
from alerts.incident import Incident
from alerts.lifecycle import Event, State
from alerts.person import Person
from alerts.severity import Accompanied
from alerts.store import detections, incidents, people, timers
from alerts.store import outings as store
from alerts.store.outings import Outing
from runtime.database import Connection

log = structlog.get_logger(__name__)

#: The longest outing. Source: longer ones are a stay elsewhere and want a zone there; provisional.
LONGEST = timedelta(hours=24)
#: How far ahead one may be planned. Provisional.
FURTHEST_AHEAD = timedelta(days=30)


class OutingRefused(AlertsError):  # noqa: N818 - reads as the answer it is
    """An outing cannot be written down as asked."""


class OutingNotFound(AlertsError):  # noqa: N818 - reads as the answer it is
    """There is no such outing, or it is over."""


async def begin(
    connection: Connection,
    *,
    person_id: int,
    kind: Accompanied,
    companion: str,
    since: datetime,
    until: datetime,
    user_id: int | None,
    at: datetime,
) -> Outing:
    """Write an outing down. An open incident of kinds that company explains goes quiet: somebody has answered it.

    Raises:
        OutingRefused: it ends before it begins, is over, lasts too long or lies too far ahead.
    """
    if until <= max(since, at):
        raise OutingRefused("The outing would be over before it begins: write a later `until`.")
    if until - since > LONGEST:
        raise OutingRefused(
            f"The outing lasts {until - since}: at most {LONGEST}. For a longer stay draw a zone there."
        )
    if since - at > FURTHEST_AHEAD:
        raise OutingRefused(f"The outing begins on {since.date()}: at most {FURTHEST_AHEAD.days} days ahead.")
    async with connection.transaction():
        made = await store.insert(
            connection,
            person_id=person_id,
            kind=kind,
            companion=companion,
            since=since,
            until=until,
            user_id=user_id,
            at=at,
        )
        if since <= at:
            await _explains(connection, made, user_id=user_id, at=at)
    return made


async def _explains(connection: Connection, outing: Outing, *, user_id: int | None, at: datetime) -> None:
    """Quieten the person's open incident if being accompanied explains all of it."""
    incident_id = await incidents.lock_open_of(connection, outing.person_id)
    if incident_id is None:
        return
    incident = await incidents.get(connection, incident_id)
    if not explained(incident) or incident.state is State.RESPONDING:
        return
    data = {"outing_id": outing.outing_id, "kind": outing.kind, "until": outing.until.isoformat()}
    await incidents.add_event(connection, incident_id, "outing", at=at, user_id=user_id, data=data)
    await detections.accompany(connection, incident_id, outing.kind)
    if incident.state is State.OPEN:
        lifecycle.after(incident.state, Event.ACKNOWLEDGE)
        await incidents.set_acknowledged(connection, incident_id, user_id=user_id, at=at)
    await closing.quieten(connection, incident_id)
    await incidents.announce(connection, incident_id)


def explained(incident: Incident) -> bool:
    """Whether being with somebody explains everything an incident holds."""
    explainable = {"zone_exit", *(kind for kind, row in kinds.KINDS.items() if row.accompanied is not None)}
    beside = {"low_battery", "bed_exit", "no_return", "restless", kinds.BACK}
    held = set(incident.kinds)
    return bool(held & explainable) and held <= explainable | beside


async def end(connection: Connection, *, outing_id: int, user_id: int | None, at: datetime) -> Outing:
    """End one before its time; who is still outside then is looked at within a second.

    Raises:
        OutingNotFound: there is none, or it is over.
    """
    async with connection.transaction():
        ended = await store.end(connection, outing_id, user_id=user_id, at=at)
        if ended is None:
            raise OutingNotFound(f"there is no outing {outing_id} that could be ended")
    return ended


async def expire(connection: Connection, person_id: int, *, now: datetime) -> int:
    """Look at a person whose outing has run out; 1 when the family is told. Inside the caller's transaction."""
    outing = await store.close_due(connection, person_id, now)
    if outing is None or await store.active(connection, person_id, now) is not None:
        return 0
    incident_id = await incidents.lock_open_of(connection, person_id)
    person = await people.person(connection, person_id)
    if incident_id is None or person is None:
        return 0
    incident = await incidents.get(connection, incident_id)
    await detections.alone_again(connection, incident_id)
    if not await store.is_outside(connection, person_id) or "zone_exit" not in incident.kinds:
        return 0
    return await _still_out(connection, incident, person, outing, now=now)


async def _still_out(
    connection: Connection, incident: Incident, person: Person, outing: Outing, *, now: datetime
) -> int:
    """The time agreed is over and the person is outside: the incident climbs its ladder like any exit."""
    if incident.state is State.RESPONDING or (incident.state is State.OPEN and incident.ladder_id is not None):
        return 0
    if incident.state is State.ACKNOWLEDGED:
        lifecycle.after(incident.state, Event.REOPEN)
        await incidents.set_open(connection, incident.incident_id, at=now)
    held = await detections.of_incident(connection, incident.incident_id)
    exits = [one for one in held if one.kind == "zone_exit"]
    assessment = severity.assess(one.fact for one in held)
    await timers.stop_all(connection, incident.incident_id)
    await incidents.absorb(
        connection,
        incident.incident_id,
        kind=severity.gravest(one.fact for one in held).kind,
        kinds=incident.kinds,
        assessment=assessment,
        at=now,
    )
    data = {"outing_id": outing.outing_id, "until": outing.until.isoformat()}
    await incidents.add_event(connection, incident.incident_id, "outing_expired", at=now, data=data)
    told = store.told_as_expired(exits[-1], outing)
    plan = await planning.load(connection)
    ladder_id = plan.ladder_for("zone_exit", assessment.severity, night=told.fact.night, division=person.division)
    graver = replace(incident, severity=assessment.severity, severity_reasons=assessment.reasons)
    await begin_round(connection, graver, person, told, ladder_id, plan=plan, now=now)
    await incidents.announce(connection, incident.incident_id)
    log.info("outing_expired", incident_id=incident.incident_id)
    return 1
