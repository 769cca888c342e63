"""Outages for whoever looks after the devices: seen, taken care of. No person is named."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from alerts import service
from api.access import Action
from api.dependencies import ConnectionDep, May, ServicesDep
from api.errors import Conflict, NotFound, NotSignedIn, WrongRole, documented
from api.queries import outages as queries
from api.schemas.outages import Outage, OutageList
from api.viewer import Viewer
from runtime.database import Connection

router = APIRouter(tags=["fleet"], responses=documented(NotSignedIn, WrongRole))
Reader = Annotated[Viewer, Depends(May(Action.READ_OUTAGE))]
Actor = Annotated[Viewer, Depends(May(Action.ACT_ON_OUTAGE))]
OutageId = Annotated[int, Path(ge=1, le=2**63 - 1, description="Identifier of the outage")]


@router.get("/outages")
async def list_outages(
    viewer: Reader,
    connection: ConnectionDep,
    open_only: Annotated[bool, Query(description="Only those that last")] = False,
) -> OutageList:
    """Areas whose devices fell silent together, newest first. Families hear nothing of these."""
    del viewer
    return OutageList(items=await queries.newest(connection, open_only=open_only))


@router.post("/outages/{outage_id}/acknowledge", responses=documented(NotFound, Conflict))
async def acknowledge_outage(
    outage_id: OutageId, viewer: Actor, connection: ConnectionDep, parts: ServicesDep
) -> Outage:
    """I take care: nobody further is told. It ends by itself when the devices report again."""
    found = await _read(connection, outage_id)
    await service.acknowledge(
        connection, incident_id=found.incident_id, user_id=viewer.user.user_id, at=parts.clock.now()
    )
    return await _read(connection, outage_id)


async def _read(connection: Connection, outage_id: int) -> Outage:
    found = await queries.newest(connection, open_only=False, outage_id=outage_id)
    if not found:
        raise NotFound("There is no such outage.")
    return found[0]
