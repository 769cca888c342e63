"""Who may speak for a device at the broker: issue, list, rotate, revoke."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends

from api.access import Action
from api.dependencies import ConnectionDep, DeviceId, May
from api.errors import CREATED, Conflict, NotFound, NotSignedIn, WrongRole, documented
from api.queries import devices as queries
from api.schemas.credentials import (
    Credential,
    CredentialIssue,
    CredentialList,
    CredentialRevocation,
    CredentialRotation,
    IssuedCredential,
)
from api.viewer import Viewer
from ingest.identity import issuing, store
from ingest.identity.credential import Holder, Issued
from runtime.database import Connection

router = APIRouter(tags=["credentials"], responses=documented(NotSignedIn, WrongRole, NotFound))
Reader = Annotated[Viewer, Depends(May(Action.READ_CREDENTIAL))]
Manager = Annotated[Viewer, Depends(May(Action.MANAGE_CREDENTIALS))]
_OF_A_DEVICE = "/devices/{device_id}/credentials"


@router.get(_OF_A_DEVICE)
async def list_credentials(device_id: DeviceId, viewer: Reader, connection: ConnectionDep) -> CredentialList:
    """Credentials of a device, newest first; no secrets."""
    return await _listed(connection, await _holder(connection, viewer, device_id))


@router.post(_OF_A_DEVICE, status_code=CREATED, responses=documented(Conflict))
async def issue_credential(
    device_id: DeviceId, body: CredentialIssue, viewer: Manager, connection: ConnectionDep
) -> IssuedCredential:
    """A login and a secret for a device that has none. The secret is in this answer and nowhere else."""
    holder = await _holder(connection, viewer, device_id)
    wanted = issuing.Request(holder=holder, format=body.format)
    [issued] = await issuing.issue(connection, [wanted], by=viewer.user.user_id)
    return _shown(issued)


@router.post(f"{_OF_A_DEVICE}/rotate", status_code=CREATED, responses=documented(Conflict))
async def rotate_credential(
    device_id: DeviceId, body: CredentialRotation, viewer: Manager, connection: ConnectionDep
) -> IssuedCredential:
    """A new login and secret; the old ones work until the overlap is over."""
    holder = await _holder(connection, viewer, device_id)
    overlap = timedelta(hours=body.overlap_hours)
    [issued] = await issuing.rotate(connection, [holder], by=viewer.user.user_id, overlap=overlap)
    return _shown(issued)


@router.post(f"{_OF_A_DEVICE}/revoke", responses=documented(Conflict))
async def revoke_credential(
    device_id: DeviceId, body: CredentialRevocation, viewer: Manager, connection: ConnectionDep
) -> CredentialList:
    """End one credential of a device, or all; the broker closes the sessions they opened within about a second."""
    holder = await _holder(connection, viewer, device_id)
    await issuing.revoke(connection, holder, by=viewer.user.user_id, credential_id=body.credential_id)
    return await _listed(connection, holder)


async def _holder(connection: Connection, viewer: Viewer, device_id: str) -> Holder:
    if await queries.one(connection, viewer, device_id) is None:
        raise NotFound("There is no such device.")
    return Holder(device_id=device_id)


async def _listed(connection: Connection, holder: Holder) -> CredentialList:
    rows = await store.of_holders(connection, [holder], living=False)
    return CredentialList(items=[Credential.model_validate(row, from_attributes=True) for row in rows])


def _shown(issued: Issued) -> IssuedCredential:
    return IssuedCredential.model_validate(issued, from_attributes=True)
