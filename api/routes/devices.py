"""Bracelets and beds: the fleet."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api import store
from api.access import Action
from api.dependencies import ConnectionDep, DeviceId, May, ServicesDep
from api.errors import CREATED, Conflict, Invalid, NotFound, NotSignedIn, WrongRole, documented
from api.queries import devices as queries
from api.schemas.devices import Device, DeviceChange, DeviceCreate, DeviceKind, DevicePage, DeviceProblem
from api.viewer import Viewer
from runtime.database import Connection

router = APIRouter(tags=["devices"], responses=documented(NotSignedIn, WrongRole))
Reader = Annotated[Viewer, Depends(May(Action.READ_DEVICE))]
Writer = Annotated[Viewer, Depends(May(Action.WRITE_DEVICE))]


@router.get("/devices")
async def list_devices(
    viewer: Reader,
    connection: ConnectionDep,
    query: Annotated[str, Query(max_length=100, description="Part of the id or the model")] = "",
    kind: Annotated[DeviceKind | None, Query(description="Only bracelets or only beds")] = None,
    problem: Annotated[DeviceProblem | None, Query(description="Only devices with this problem")] = None,
    after: Annotated[str, Query(max_length=64, description="`next` of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="Items a page, 1 to 1,000")] = 50,
) -> DevicePage:
    """Devices you may see, in order of their id."""
    items = await queries.page(
        connection, viewer, query=query.strip(), kind=kind, problem=problem, after=after, limit=limit
    )
    return DevicePage(items=items, next=items[-1].device_id if len(items) == limit else None)


@router.post("/devices", status_code=CREATED, responses=documented(Conflict))
async def add_device(body: DeviceCreate, viewer: Writer, connection: ConnectionDep) -> Device:
    """Add a device; strangers on the wire are never enrolled by themselves."""
    await _check_person(connection, body.person_id)
    if not await store.add_device(connection, body.model_dump()):
        raise Conflict(f"A device {body.device_id} is already registered.")
    return await _read(connection, viewer, body.device_id)


@router.get("/devices/{device_id}", responses=documented(NotFound))
async def read_device(device_id: DeviceId, viewer: Reader, connection: ConnectionDep) -> Device:
    """One device."""
    return await _read(connection, viewer, device_id)


@router.patch("/devices/{device_id}", responses=documented(NotFound))
async def change_device(
    device_id: DeviceId, body: DeviceChange, viewer: Writer, connection: ConnectionDep, parts: ServicesDep
) -> Device:
    """Issue, swap or retire; what is left away stays."""
    await store.lock_device(connection, device_id)
    device = await _read(connection, viewer, device_id)
    given = body.model_dump(exclude_unset=True)
    if "person_id" in given:
        await _check_person(connection, body.person_id)
    retired_at = device.retired_at
    if "retired" in given:
        retired_at = (device.retired_at or parts.clock.now()) if body.retired else None
    await store.change_device(
        connection,
        device_id,
        person_id=given.get("person_id", device.person_id),
        model=given.get("model", device.model),
        retired_at=retired_at,
    )
    return await _read(connection, viewer, device_id)


async def _check_person(connection: Connection, person_id: int | None) -> None:
    if person_id is not None and not await store.hold_person(connection, person_id):
        raise Invalid(f"There is no person {person_id} to issue it to.")


async def _read(connection: Connection, viewer: Viewer, device_id: str) -> Device:
    device = await queries.one(connection, viewer, device_id)
    if device is None:
        raise NotFound("There is no such device.")
    return device
