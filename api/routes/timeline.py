"""The whole of an incident, to be kept or handed on: JSON, or a table for a spreadsheet. Written down as a look."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api import exporting
from api.access import Action
from api.auditing import looked
from api.dependencies import ConnectionDep, IncidentId, May, ServicesDep
from api.errors import NotFound, NotSignedIn, WrongRole, documented
from api.queries import incidents as queries
from api.queries import timeline
from api.schemas.timeline import TimelineExport
from api.viewer import Viewer

router = APIRouter(tags=["incidents"], responses=documented(NotSignedIn, WrongRole))
Reader = Annotated[Viewer, Depends(May(Action.READ_INCIDENT))]
#: Positions in one export, at most. Count: a week at one a minute.
PLACES = 10_000
_CSV = "text/csv"


class Format(StrEnum):
    """How it is written."""

    JSON = "json"
    CSV = "csv"


@router.get(
    "/incidents/{incident_id}/timeline",
    response_model=TimelineExport,
    responses=documented(NotFound)
    | {200: {"description": "Everything that happened", "content": {_CSV: {"schema": {"type": "string"}}}}},
)
async def export_timeline(
    incident_id: IncidentId,
    viewer: Reader,
    connection: ConnectionDep,
    parts: ServicesDep,
    format: Annotated[Format, Query(description="json or csv")] = Format.JSON,  # noqa: A002 - the parameter's name
) -> TimelineExport | Response:
    """Detections, messages, answers, notes and positions from the first sign to the end, in one list."""
    row = await queries.one(connection, viewer, incident_id)
    if row is None:
        raise NotFound("There is no such incident.")
    now = parts.clock.now()
    await looked(connection, viewer, at=now, person_ids=[row.person_id], what="timeline")
    places = await timeline.places(connection, incident_id, scope=viewer.scope, until=now, limit=PLACES + 1)
    exported = exporting.export(
        row,
        await queries.timeline(connection, incident_id),
        await queries.detections(connection, incident_id),
        places[:PLACES],
        language=viewer.user.language,
        truncated=len(places) > PLACES,
    )
    if format is Format.JSON:
        return exported
    headers = {"Content-Disposition": f'attachment; filename="incident-{incident_id}.csv"'}
    return Response(exporting.table(exported), media_type=f"{_CSV}; charset=utf-8", headers=headers)
