"""Out with somebody now, and outings that were planned. Written through `alerts.outing`, which owns them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from alerts import outing as outings
from alerts.severity import Accompanied
from alerts.store.outings import Outing as Written
from api.access import Action
from api.dependencies import ConnectionDep, May, PersonId, ServicesDep, must_see_person
from api.errors import CREATED, NotFound, NotSignedIn, WrongRole, documented
from api.queries import outings as queries
from api.schemas.outings import Outing, OutingBody, OutingList
from api.viewer import Viewer

router = APIRouter(tags=["outings"], responses=documented(NotSignedIn, WrongRole))
Reader = Annotated[Viewer, Depends(May(Action.READ_OUTING))]
Writer = Annotated[Viewer, Depends(May(Action.WRITE_OUTING))]
OutingId = Annotated[int, Path(ge=1, le=2**63 - 1, description="Identifier of the outing")]


@router.get("/persons/{person_id}/outings", responses=documented(NotFound))
async def list_outings(person_id: PersonId, viewer: Reader, connection: ConnectionDep) -> OutingList:
    """When somebody was, is or will be with the person, newest first."""
    await must_see_person(connection, viewer, person_id)
    return OutingList(items=await queries.of_person(connection, person_id))


@router.post("/persons/{person_id}/outings", status_code=CREATED, responses=documented(NotFound))
async def begin_outing(
    person_id: PersonId, body: OutingBody, viewer: Writer, connection: ConnectionDep, parts: ServicesDep
) -> Outing:
    """Out with me: an exit is kept and calls nobody; SOS, falls and danger are told as always.

    An open alarm that this explains goes quiet. When the time is over and the person is still outside, the family is
    told.
    """
    await must_see_person(connection, viewer, person_id)
    now = parts.clock.now()
    written = await outings.begin(
        connection,
        person_id=person_id,
        kind=Accompanied(body.kind),
        companion=body.companion,
        since=body.since or now,
        until=body.until,
        user_id=viewer.user.user_id,
        at=now,
    )
    return _shown(written)


@router.post("/outings/{outing_id}/end", responses=documented(NotFound))
async def end_outing(outing_id: OutingId, viewer: Writer, connection: ConnectionDep, parts: ServicesDep) -> Outing:
    """Home again, or not together any more."""
    if not await queries.is_visible(connection, viewer, outing_id):
        raise NotFound("There is no such outing, or it is over.")
    ended = await outings.end(connection, outing_id=outing_id, user_id=viewer.user.user_id, at=parts.clock.now())
    return _shown(ended)


def _shown(written: Written) -> Outing:
    return Outing(**{name: getattr(written, name) for name in Outing.model_fields})
