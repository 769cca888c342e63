"""For fleet operators: what was rejected, and what happened."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from alerts.store import figures
from api import present
from api.access import Action
from api.dependencies import ConnectionDep, May, ServicesDep
from api.errors import NotSignedIn, WrongRole, documented
from api.queries import fleet as queries
from api.queries import strangers
from api.schemas.fields import AskedInstant
from api.schemas.fleet import (
    AlertsPerPersonDay,
    NotificationCounts,
    Percentiles,
    QuarantinePage,
    ReadingCounts,
    Summary,
)
from api.schemas.strangers import StrangerList
from api.viewer import Viewer
from runtime.clock import wall_now
from runtime.database import Connection

router = APIRouter(tags=["fleet"], responses=documented(NotSignedIn, WrongRole))
Inspector = Annotated[Viewer, Depends(May(Action.READ_QUARANTINE))]
Counter = Annotated[Viewer, Depends(May(Action.READ_SUMMARY))]
#: Bytes of a rejected payload that are shown.
PREVIEW_BYTES = 512
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@router.get("/quarantine")
async def list_quarantine(
    viewer: Inspector,
    connection: ConnectionDep,
    reason: Annotated[str | None, Query(max_length=64, description="Only this reason: docs/wire.md")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Items, 1 to 500")] = 50,
) -> QuarantinePage:
    """Rejected messages, newest first."""
    rows = await queries.quarantine(connection, reason=reason, limit=limit, preview_bytes=PREVIEW_BYTES)
    return QuarantinePage(items=[present.quarantined(row, viewer.user.role) for row in rows])


@router.get("/strangers")
async def list_strangers(
    viewer: Inspector,
    connection: ConnectionDep,
    parts: ServicesDep,
    since: Annotated[AskedInstant | None, Query(description="Heard from here on; left away: a week ago")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Items, 1 to 500")] = 100,
) -> StrangerList:
    """Devices that speak and are in nobody's use. Register one with `POST /devices`; none is enrolled by itself."""
    del viewer
    asked = since or parts.clock.now() - _WEEK
    return StrangerList(items=await strangers.page(connection, since=asked, limit=limit))


@router.get("/summary")
async def read_summary(
    viewer: Counter,
    connection: ConnectionDep,
    parts: ServicesDep,
    since_wall: Annotated[AskedInstant | None, Query(description="Real instant; left away: a day ago")] = None,
) -> Summary:
    """Counts since a real instant; delays are real time."""
    del viewer
    wall = since_wall or wall_now() - _DAY
    since = parts.clock.at_wall(wall)
    p50, p99 = await queries.publish_to_notification_ms(connection, since_wall=wall)
    return Summary(
        readings=ReadingCounts(
            committed=await queries.readings_committed(connection, since=since),
            rejected=await queries.readings_rejected(connection, since=since),
        ),
        detections=await queries.detections_by_kind(connection, since=since),
        incidents=await queries.incidents_by_kind(connection, since=since),
        notifications=NotificationCounts(**await queries.notifications(connection, since=since, since_wall=wall)),
        alerts_per_person_day=await _per_person_day(connection, since=since, until=parts.clock.now()),
        publish_to_notification_ms=Percentiles(p50=p50, p99=p99),
    )


async def _per_person_day(connection: Connection, *, since: datetime, until: datetime) -> AlertsPerPersonDay:
    found = await figures.per_person_day(connection, since=since, until=until)
    return AlertsPerPersonDay(**asdict(found), days=(until - since).total_seconds() / _DAY.total_seconds())
