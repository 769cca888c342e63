"""Who goes: accept, decline, arrive, found. All of it through `alerts.responding`, which owns the rows."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from alerts import responding
from alerts.responding import Who
from alerts.response import Standing
from api.access import Action
from api.auditing import looked
from api.dependencies import ConnectionDep, IncidentId, May, ServicesDep, must_see_incident
from api.errors import Conflict, NotFound, NotSignedIn, WrongRole, documented
from api.queries import responders as queries
from api.schemas.responders import Answered, FoundBody, Responses
from api.viewer import Viewer

router = APIRouter(tags=["responders"], responses=documented(NotSignedIn, WrongRole, NotFound, Conflict))
Reader = Annotated[Viewer, Depends(May(Action.READ_INCIDENT))]
Actor = Annotated[Viewer, Depends(May(Action.ACT_ON_INCIDENT))]


@router.get("/incidents/{incident_id}/responses")
async def list_responses(
    incident_id: IncidentId, viewer: Reader, connection: ConnectionDep, parts: ServicesDep
) -> Responses:
    """Who goes, who leads, who is there."""
    row = await must_see_incident(connection, viewer, incident_id)
    await looked(connection, viewer, at=parts.clock.now(), person_ids=row.persons, what="incident")
    return Responses(items=await queries.responses(connection, incident_id, user_id=viewer.user.user_id))


@router.post("/incidents/{incident_id}/accept")
async def accept_incident(
    incident_id: IncidentId, viewer: Actor, connection: ConnectionDep, parts: ServicesDep
) -> Answered:
    """I am going. The first to accept leads, others join. Whoever declined by mistake may still accept."""
    if not await queries.has_declined(connection, incident_id, viewer.user.user_id):
        await must_see_incident(connection, viewer, incident_id)
    standing = await responding.accept(connection, incident_id=incident_id, who=_who(viewer), at=parts.clock.now())
    return _answered(incident_id, standing)


@router.post("/incidents/{incident_id}/decline")
async def decline_incident(
    incident_id: IncidentId, viewer: Actor, connection: ConnectionDep, parts: ServicesDep
) -> Answered:
    """I cannot go, or cannot go on. A responder's access ends with this answer."""
    await must_see_incident(connection, viewer, incident_id)
    standing = await responding.decline(connection, incident_id=incident_id, who=_who(viewer), at=parts.clock.now())
    return _answered(incident_id, standing)


@router.post("/incidents/{incident_id}/arrive")
async def arrive_at_incident(
    incident_id: IncidentId, viewer: Actor, connection: ConnectionDep, parts: ServicesDep
) -> Answered:
    """I am there."""
    await must_see_incident(connection, viewer, incident_id)
    standing = await responding.arrive(connection, incident_id=incident_id, who=_who(viewer), at=parts.clock.now())
    return _answered(incident_id, standing)


@router.post("/incidents/{incident_id}/found")
async def found_person(
    incident_id: IncidentId, body: FoundBody, viewer: Actor, connection: ConnectionDep, parts: ServicesDep
) -> Answered:
    """Found and safe: resolved, everyone is told, a responder's access ends with this answer."""
    await must_see_incident(connection, viewer, incident_id)
    standing = await responding.found(
        connection, incident_id=incident_id, who=_who(viewer), at=parts.clock.now(), note=body.note
    )
    return _answered(incident_id, standing)


def _who(viewer: Viewer) -> Who:
    return Who(user_id=viewer.user.user_id)


def _answered(incident_id: int, standing: Standing) -> Answered:
    return Answered(incident_id=incident_id, standing=standing.value)
