"""Where to look for the person of an incident."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from api import searching
from api.access import Action
from api.auditing import looked
from api.dependencies import ConnectionDep, IncidentId, May, ServicesDep, must_see_case
from api.errors import Conflict, NotFound, NotSignedIn, WrongRole, documented
from api.schemas.search import Search
from api.viewer import Viewer

router = APIRouter(tags=["search"], responses=documented(NotSignedIn, WrongRole))
Reader = Annotated[Viewer, Depends(May(Action.READ_SEARCH))]


@router.get("/incidents/{incident_id}/search", response_model=Search, responses=documented(NotFound, Conflict))
async def read_search(
    incident_id: IncidentId, viewer: Reader, connection: ConnectionDep, parts: ServicesDep
) -> JSONResponse:
    """Rings that hold the person with 50, 75 and 95 %, what lies inside, and the last hour's way; as GeoJSON.

    For responders too, the way begins up to an hour before the last fix: they need to see where from.
    """
    case = await must_see_case(connection, viewer, incident_id)
    if case.resolved:
        raise Conflict("The incident is resolved: nobody is looked for.", state=case.state)
    at = parts.clock.now()
    await looked(connection, viewer, at=at, person_ids=[case.person_id], what="search")
    found = await searching.look_as_geojson(connection, case.person_id, at=at)
    return JSONResponse(found, media_type="application/geo+json")
