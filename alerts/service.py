"""What people do with incidents; `api` calls this and never writes the tables itself. Who goes: `alerts.responding`.

Each function runs in a transaction of its own on the caller's connection, holds the incident's row, and announces the
change on `incidents`.
"""

from __future__ import annotations

from datetime import datetime

from alerts import closing, lifecycle
from alerts.errors import IncidentNotFound
from alerts.incident import Incident
from alerts.lifecycle import Event, Outcome
from alerts.store import incidents
from runtime.database import Connection


async def acknowledge(connection: Connection, *, incident_id: int, user_id: int | None, at: datetime) -> None:
    """Somebody takes care: the ladder goes quiet.

    Raises:
        IncidentNotFound: there is no such incident.
        IllegalTransition: somebody has answered already, or it is resolved.
    """
    async with connection.transaction():
        await _step(connection, incident_id, Event.ACKNOWLEDGE)
        await incidents.set_acknowledged(connection, incident_id, user_id=user_id, at=at)
        await _answered(connection, incident_id, "acknowledged", user_id=user_id, at=at)


async def resolve(
    connection: Connection,
    *,
    incident_id: int,
    user_id: int | None,
    at: datetime,
    outcome: Outcome,
    note: str = "",
) -> None:
    """Close it for good; everyone who was told is told that it is over.

    Raises:
        IncidentNotFound: there is no such incident.
        IllegalTransition: it is resolved already.
    """
    async with connection.transaction():
        incident = await _step(connection, incident_id, Event.RESOLVE)
        await closing.close(connection, incident, user_id=user_id, at=at, outcome=Outcome(outcome), note=note)


async def add_note(connection: Connection, *, incident_id: int, user_id: int | None, at: datetime, text: str) -> None:
    """Write a line into the timeline; possible in every state.

    Raises:
        IncidentNotFound: there is no such incident.
    """
    async with connection.transaction():
        await _held(connection, incident_id)
        await incidents.add_event(connection, incident_id, "note", at=at, user_id=user_id, data={"text": text})
        await incidents.touch(connection, incident_id, at=at)


async def _held(connection: Connection, incident_id: int) -> Incident:
    if not await incidents.lock(connection, incident_id):
        raise IncidentNotFound(incident_id)
    return await incidents.get(connection, incident_id)


async def _step(connection: Connection, incident_id: int, event: Event) -> Incident:
    """Hold the incident if the event fits the state it is in."""
    incident = await _held(connection, incident_id)
    lifecycle.after(incident.state, event)
    return incident


async def _answered(connection: Connection, incident_id: int, kind: str, *, user_id: int | None, at: datetime) -> None:
    await closing.quieten(connection, incident_id)
    await incidents.add_event(connection, incident_id, kind, at=at, user_id=user_id)
    await incidents.announce(connection, incident_id)
