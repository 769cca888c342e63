"""Thresholds: what one person is judged by. The family reads them; only an administrator changes them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from api import store
from api.access import Action
from api.dependencies import ConnectionDep, May, PersonId, ServicesDep, must_see_person
from api.errors import NotFound, NotSignedIn, WrongRole, documented
from api.queries import policies as queries
from api.schemas.policies import Policy, PolicyBody
from api.viewer import Viewer
from geofence import policy as thresholds
from runtime.database import Connection

router = APIRouter(tags=["policies"], responses=documented(NotSignedIn, WrongRole))
Reader = Annotated[Viewer, Depends(May(Action.READ_POLICY))]
Writer = Annotated[Viewer, Depends(May(Action.WRITE_POLICY))]


@router.get("/persons/{person_id}/policy", responses=documented(NotFound))
async def read_policy(person_id: PersonId, viewer: Reader, connection: ConnectionDep) -> Policy:
    """What one person is judged by, and what of it differs from the defaults."""
    return await _read(connection, viewer, person_id)


@router.put("/persons/{person_id}/policy", responses=documented(NotFound))
async def replace_policy(
    person_id: PersonId, body: PolicyBody, viewer: Writer, connection: ConnectionDep, parts: ServicesDep
) -> Policy:
    """Write all overrides anew; `{}` goes back to the defaults. What is wrong is refused by name, and nothing changes.

    The person is judged by them within seconds, from the next reading on.
    """
    await store.lock_person(connection, person_id)
    await must_see_person(connection, viewer, person_id)
    await store.set_policy(
        connection,
        person_id,
        thresholds.checked(body.overrides),
        at=parts.clock.now(),
        user_id=viewer.user.user_id,
    )
    return await _read(connection, viewer, person_id)


async def _read(connection: Connection, viewer: Viewer, person_id: int) -> Policy:
    row = await queries.of_person(connection, viewer, person_id)
    if row is None:
        raise NotFound("There is no such person.")
    effective, _ = thresholds.usable_overrides(row.overrides)
    return Policy(
        defaults=thresholds.written(thresholds.DEFAULT),
        overrides=row.overrides if isinstance(row.overrides, dict) else {},
        effective=thresholds.written(effective),
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )
