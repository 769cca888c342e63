"""The registers of who responds: read in pages, loaded from CSV files."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query

from alerts.divisions import Level
from api.access import Action
from api.dependencies import ConnectionDep, May
from api.errors import NotFound, NotSignedIn, WrongRole, documented
from api.importing import Register, load
from api.queries import responders as queries
from api.schemas.fields import DIVISION_PATTERN
from api.schemas.responders import CoordinatorPage, Divisions, Imported, StationPage

router = APIRouter(tags=["responders"], responses=documented(NotSignedIn, WrongRole))
_READER = Depends(May(Action.READ_DIVISION))
_KEEPER = Depends(May(Action.MANAGE_RESPONDERS))
Within = Annotated[str, Query(pattern=DIVISION_PATTERN, description="Prefix of the statistical code; '' is everywhere")]
After = Annotated[str, Query(max_length=64, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=500, description="Items a page, 1 to 500")]


@router.get("/divisions", dependencies=[_READER])
async def list_divisions(
    connection: ConnectionDep,
    within: Within = "",
    level: Annotated[Level | None, Query(description="Only of this level")] = None,
) -> Divisions:
    """Divisions in order of their codes."""
    return Divisions(items=await queries.divisions(connection, within=within, level=level))


@router.get("/stations", dependencies=[_KEEPER])
async def list_stations(
    connection: ConnectionDep, within: Within = "", after: After = "", limit: Limit = 100
) -> StationPage:
    """Stations of an area."""
    items = await queries.stations(connection, within=within, after=after, limit=limit)
    return StationPage(items=items, next=items[-1].station_id if len(items) == limit else None)


@router.get("/coordinators", dependencies=[_KEEPER])
async def list_coordinators(
    connection: ConnectionDep, within: Within = "", after: After = "", limit: Limit = 100
) -> CoordinatorPage:
    """Coordinators of an area, with what each has in hand."""
    items = await queries.coordinators(connection, within=within, after=after, limit=limit)
    return CoordinatorPage(items=items, next=items[-1].coordinator_id if len(items) == limit else None)


@router.put("/registers/{register}", responses=documented(NotFound), dependencies=[_KEEPER])
async def import_register(
    register: Register,
    connection: ConnectionDep,
    body: Annotated[bytes, Body(media_type="text/csv", description="CSV, column names in its first line")],
) -> Imported:
    """Load divisions, stations or coordinators: the whole file or nothing of it; loading again updates.

    What is wrong is named in `errors`, each with its line and column.
    """
    loaded = await load(connection, register, body)
    return Imported(register_name=loaded.register, rows=loaded.rows)
