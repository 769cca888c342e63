"""Who of the family is told, and when they would rather not be. What is urgent nobody can switch off."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from api import store
from api.access import Action
from api.dependencies import ConnectionDep, May, PersonId, must_see_person
from api.errors import Invalid, NotFound, NotSignedIn, WrongRole, documented
from api.queries import receivers as queries
from api.schemas.receivers import FamilyReceiverList, PreferencesBody
from api.viewer import Viewer

router = APIRouter(tags=["receivers"], responses=documented(NotSignedIn, WrongRole))
Reader = Annotated[Viewer, Depends(May(Action.READ_RECEIVER))]
Writer = Annotated[Viewer, Depends(May(Action.WRITE_RECEIVER))]


@router.get("/persons/{person_id}/receivers", responses=documented(NotFound))
async def list_receivers(person_id: PersonId, viewer: Reader, connection: ConnectionDep) -> FamilyReceiverList:
    """Who of the family is told, first called first."""
    await must_see_person(connection, viewer, person_id)
    return FamilyReceiverList(items=await queries.family_of(connection, person_id))


@router.put("/persons/{person_id}/receivers", responses=documented(NotFound))
async def save_preferences(
    person_id: PersonId, body: PreferencesBody, viewer: Writer, connection: ConnectionDep
) -> FamilyReceiverList:
    """Quiet hours, and kinds not to be told of. Urgent and critical are told whatever stands here."""
    await must_see_person(connection, viewer, person_id)
    for one in body.items:
        hours = None if one.quiet_hours is None else [entry.model_dump(by_alias=True) for entry in one.quiet_hours]
        known = await store.set_preferences(
            connection, one.receiver_id, person_id=person_id, quiet_hours=hours, unwanted_kinds=one.unwanted_kinds
        )
        if not known:
            raise Invalid(f"receiver {one.receiver_id} is none of this person's family: GET this address lists them.")
    return FamilyReceiverList(items=await queries.family_of(connection, person_id))
