"""Dangers of the area: water, rails and fast roads, the same for everybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.access import Action
from api.dangers import store
from api.dangers.features import rows_of
from api.dependencies import ConnectionDep, May
from api.errors import NotSignedIn, WrongRole, documented
from api.queries import dangers as queries
from api.schemas.dangers import DangerMap, DangerMapBody, DangersLoaded
from api.viewer import Viewer
from geofence.datum import Datum

router = APIRouter(tags=["dangers"], responses=documented(NotSignedIn, WrongRole))
Reader = Annotated[Viewer, Depends(May(Action.READ_DANGERS))]
Writer = Annotated[Viewer, Depends(May(Action.WRITE_DANGERS))]


@router.get("/dangers")
async def list_dangers(viewer: Reader, connection: ConnectionDep) -> DangerMap:  # noqa: ARG001 - asks who it is
    """Every danger of the area as GeoJSON, WGS-84."""
    return DangerMap(features=await queries.all_of_them(connection))


@router.put("/dangers")
async def replace_dangers(
    body: DangerMapBody,
    viewer: Writer,  # noqa: ARG001 - asks who it is
    connection: ConnectionDep,
    datum: Annotated[Datum, Query(description="What the coordinates refer to; maps made in China: gcj02")],
    keep_others: Annotated[bool, Query(description="Keep the dangers that are not in this document")] = False,
) -> DangersLoaded:
    """Load a map of dangers. What is wrong is refused by the feature's place in the list, and nothing changes.

    Persons are judged by it within seconds. The same document again changes nothing.
    """
    rows = rows_of(body.model_dump(), datum)
    await store.replace(connection, rows, keep_others=keep_others)
    return DangersLoaded(dangers=len(rows))
