"""Safe zones: the family draws them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from api import store
from api.access import Action
from api.dependencies import ConnectionDep, May, PersonId, ZoneId, must_see_person
from api.errors import CREATED, NO_CONTENT, Conflict, NotFound, NotSignedIn, WrongRole, documented
from api.queries import zones as queries
from api.schemas.zones import Zone, ZoneBody, ZoneList
from api.viewer import Viewer
from api.zone_shape import checked
from runtime.database import Connection

router = APIRouter(tags=["zones"], responses=documented(NotSignedIn, WrongRole))
Reader = Annotated[Viewer, Depends(May(Action.READ_ZONE))]
Writer = Annotated[Viewer, Depends(May(Action.WRITE_ZONE))]
#: Zones of one person at most. Each costs the engine time on every fix.
MOST_ZONES = 50


@router.get("/persons/{person_id}/zones", responses=documented(NotFound))
async def list_zones(person_id: PersonId, viewer: Reader, connection: ConnectionDep) -> ZoneList:
    """The zones of one person."""
    await must_see_person(connection, viewer, person_id)
    return ZoneList(items=await queries.of_person(connection, viewer, person_id))


@router.post("/persons/{person_id}/zones", status_code=CREATED, responses=documented(NotFound, Conflict))
async def add_zone(person_id: PersonId, body: ZoneBody, viewer: Writer, connection: ConnectionDep) -> Zone:
    """Draw a zone. An outline that crosses itself is refused, and the answer says where."""
    await must_see_person(connection, viewer, person_id)
    values = _stored(body)
    await store.lock_person(connection, person_id)
    if len(await queries.of_person(connection, viewer, person_id)) >= MOST_ZONES:
        raise Conflict(f"This person has {MOST_ZONES} zones already. Remove one first.")
    return await _read(connection, viewer, await store.add_zone(connection, person_id, values))


@router.put("/zones/{zone_id}", responses=documented(NotFound))
async def replace_zone(zone_id: ZoneId, body: ZoneBody, viewer: Writer, connection: ConnectionDep) -> Zone:
    """Draw a zone anew."""
    await _read(connection, viewer, zone_id)
    await store.change_zone(connection, zone_id, _stored(body))
    return await _read(connection, viewer, zone_id)


@router.delete("/zones/{zone_id}", status_code=NO_CONTENT, responses=documented(NotFound))
async def delete_zone(zone_id: ZoneId, viewer: Writer, connection: ConnectionDep) -> None:
    """Remove a zone."""
    await _read(connection, viewer, zone_id)
    await store.delete_zone(connection, zone_id)


def _stored(body: ZoneBody) -> dict[str, Any]:
    return {
        "name": body.name,
        "kind": body.kind,
        "geometry": checked(body.geometry.model_dump(), body.radius_m),
        "radius_m": body.radius_m,
        "schedule": body.schedule_rows(),
    }


async def _read(connection: Connection, viewer: Viewer, zone_id: int) -> Zone:
    zone = await queries.one(connection, viewer, zone_id)
    if zone is None:
        raise NotFound("There is no such zone.")
    return zone
