"""Incidents: read here, acted on through `alerts.service`, which owns them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from alerts import responding, service
from alerts.lifecycle import Outcome
from alerts.responding import Who
from api import present
from api.access import Action, Scope
from api.auditing import looked
from api.dependencies import ConnectionDep, IncidentId, May, ServicesDep
from api.errors import Conflict, NotFound, NotSignedIn, WrongRole, documented
from api.queries import incidents as queries
from api.queries.incidents import IncidentRow, StateFilter
from api.schemas.incidents import Incident, IncidentDetail, IncidentPage, Note, Resolution
from api.viewer import Viewer
from runtime.database import Connection

router = APIRouter(tags=["incidents"], responses=documented(NotSignedIn, WrongRole))
Reader = Annotated[Viewer, Depends(May(Action.READ_INCIDENT))]
Actor = Annotated[Viewer, Depends(May(Action.ACT_ON_INCIDENT))]
_NEWEST = 2**63 - 1


@router.get("/incidents")
async def list_incidents(
    viewer: Reader,
    connection: ConnectionDep,
    state: Annotated[StateFilter, Query(description="open: not resolved")] = StateFilter.ALL,
    person_id: Annotated[int | None, Query(ge=1, le=_NEWEST, description="Only this person's")] = None,
    before: Annotated[int, Query(ge=1, le=_NEWEST, description="`next` of the page before")] = _NEWEST,
    limit: Annotated[int, Query(ge=1, le=200, description="Items a page, 1 to 200")] = 50,
) -> IncidentPage:
    """Incidents you may see, newest first. A responder's end with their resolution."""
    rows = await queries.page(connection, viewer, state=state, person_id=person_id, before=before, limit=limit)
    return IncidentPage(
        items=[present.incident(row) for row in rows],
        next=rows[-1].incident_id if len(rows) == limit else None,
    )


@router.get("/incidents/{incident_id}", responses=documented(NotFound))
async def read_incident(
    incident_id: IncidentId, viewer: Reader, connection: ConnectionDep, parts: ServicesDep
) -> IncidentDetail:
    """One incident with its evidence, what happened, who was told and what comes next."""
    row = await _read(connection, viewer, incident_id)
    await looked(connection, viewer, at=parts.clock.now(), person_ids=[row.person_id], what="incident")
    return IncidentDetail(
        **present.incident(row).model_dump(),
        detections=[
            present.detection(found, row.time_zone) for found in await queries.detections(connection, incident_id)
        ],
        timeline=await queries.timeline(connection, incident_id),
        notifications=await queries.notifications(connection, incident_id),
        approach=row.approach,
        steps=await queries.steps(connection, incident_id),
    )


@router.post("/incidents/{incident_id}/acknowledge", responses=documented(NotFound, Conflict))
async def acknowledge_incident(
    incident_id: IncidentId, viewer: Actor, connection: ConnectionDep, parts: ServicesDep
) -> Incident:
    """I have seen it and take care: nobody further is called."""
    await _read(connection, viewer, incident_id)
    await service.acknowledge(connection, incident_id=incident_id, user_id=viewer.user.user_id, at=parts.clock.now())
    return await _after(connection, viewer, incident_id)


@router.post("/incidents/{incident_id}/respond", responses=documented(NotFound, Conflict))
async def respond_to_incident(
    incident_id: IncidentId, viewer: Actor, connection: ConnectionDep, parts: ServicesDep
) -> Incident:
    """I am on my way: the same as accepting, answered with the incident."""
    await _read(connection, viewer, incident_id)
    who = Who(user_id=viewer.user.user_id)
    await responding.accept(connection, incident_id=incident_id, who=who, at=parts.clock.now())
    return await _after(connection, viewer, incident_id)


@router.post("/incidents/{incident_id}/resolve", responses=documented(NotFound, Conflict))
async def resolve_incident(
    incident_id: IncidentId, body: Resolution, viewer: Actor, connection: ConnectionDep, parts: ServicesDep
) -> Incident:
    """It is over, and how. A responder's access ends with this answer."""
    await _read(connection, viewer, incident_id)
    await service.resolve(
        connection,
        incident_id=incident_id,
        user_id=viewer.user.user_id,
        at=parts.clock.now(),
        outcome=Outcome(body.outcome),
        note=body.note,
    )
    return await _after(connection, viewer, incident_id)


@router.post("/incidents/{incident_id}/notes", responses=documented(NotFound))
async def add_incident_note(
    incident_id: IncidentId, body: Note, viewer: Actor, connection: ConnectionDep, parts: ServicesDep
) -> Incident:
    """Something the others should know."""
    await _read(connection, viewer, incident_id)
    await service.add_note(
        connection, incident_id=incident_id, user_id=viewer.user.user_id, at=parts.clock.now(), text=body.text
    )
    return await _after(connection, viewer, incident_id)


async def _read(connection: Connection, viewer: Viewer, incident_id: int) -> IncidentRow:
    row = await queries.one(connection, viewer, incident_id)
    if row is None:
        raise NotFound("There is no such incident.")
    return row


async def _after(connection: Connection, viewer: Viewer, incident_id: int) -> Incident:
    """The incident as the actor left it, who may no longer see it by now."""
    return present.incident(await _read(connection, Viewer(user=viewer.user, scope=Scope.ALL), incident_id))
