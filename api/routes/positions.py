"""Positions and tracks. Every answer is in the access log before it leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.access import Action
from api.auditing import looked
from api.dependencies import ConnectionDep, May, PersonId, ServicesDep
from api.errors import Invalid, NotFound, NotSignedIn, WrongRole, documented
from api.queries import positions as queries
from api.schemas.fields import AskedInstant
from api.schemas.positions import Position, Positions, Track
from api.viewer import Viewer

router = APIRouter(tags=["positions"], responses=documented(NotSignedIn, WrongRole))
Reader = Annotated[Viewer, Depends(May(Action.READ_POSITION))]
Tracker = Annotated[Viewer, Depends(May(Action.READ_TRACK))]
_DAY = timedelta(days=1)
#: The longest way answered at once.
LONGEST = timedelta(days=31)
#: Points answered at most; the newest win. A fix every 10 s for a day is 8,640.
MOST_POINTS = 20_000


def _json(text: str) -> Response:
    # PostgreSQL wrote it; parsing and writing it again would cost more than the query.
    return Response(text, media_type="application/json")


@router.get("/positions", response_model=Positions)
async def list_positions(viewer: Reader, connection: ConnectionDep, parts: ServicesDep) -> Response:
    """The newest position of everybody you may see."""
    text, person_ids = await queries.collection(connection, viewer)
    await looked(connection, viewer, at=parts.clock.now(), person_ids=person_ids, what="positions")
    return _json(text)


@router.get("/persons/{person_id}/position", response_model=Position, responses=documented(NotFound))
async def read_position(person_id: PersonId, viewer: Reader, connection: ConnectionDep, parts: ServicesDep) -> Response:
    """The newest position of one person."""
    text = await queries.one(connection, viewer, person_id)
    if text is None:
        raise NotFound("There is no such person, or no position yet.")
    await looked(connection, viewer, at=parts.clock.now(), person_ids=[person_id], what="position")
    return _json(text)


@router.get("/persons/{person_id}/track", response_model=Track, responses=documented(NotFound))
async def read_track(
    person_id: PersonId,
    viewer: Tracker,
    connection: ConnectionDep,
    parts: ServicesDep,
    since: Annotated[AskedInstant | None, Query(description="From; left away: a day before `until`")] = None,
    until: Annotated[AskedInstant | None, Query(description="Up to, not including; left away: now")] = None,
) -> Response:
    """The way of one person, oldest first. A responder's begins where the incident does."""
    end = until or parts.clock.now() + timedelta(seconds=1)
    start = since or end - _DAY
    if not timedelta(0) < end - start <= LONGEST:
        raise Invalid(f"since must lie before until, by at most {LONGEST.days} days.")
    text = await queries.track(connection, viewer, person_id, since=start, until=end, limit=MOST_POINTS)
    if text is None:
        raise NotFound("There is no such person.")
    await looked(connection, viewer, at=parts.clock.now(), person_ids=[person_id], what="track")
    return _json(text)
