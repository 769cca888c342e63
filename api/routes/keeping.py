"""Sums by the hour and the day, and what is deleted when. Admins may delete at once what would go at night."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from alerts.store import retention as told
from api.access import Action
from api.auditing import looked
from api.dependencies import (
    ConnectionDep,
    DeviceId,
    May,
    PersonId,
    ServicesDep,
    must_see_person,
)
from api.errors import Conflict, Invalid, NotFound, NotSignedIn, WrongRole, documented
from api.keeping import retention, summing
from api.keeping.data_class import terms
from api.keeping.store import deletions
from api.queries import devices
from api.queries import keeping as queries
from api.schemas.fields import AskedInstant
from api.schemas.keeping import (
    AreaCoverage,
    ClassTerm,
    Coverage,
    Deletion,
    DeletionPage,
    DeviceHour,
    DeviceHours,
    Doomed,
    PersonDay,
    PersonDays,
    RetentionPreview,
    RetentionRun,
)
from api.viewer import Viewer
from runtime import database

router = APIRouter(tags=["keeping"], responses=documented(NotSignedIn, WrongRole))
Reader = Annotated[Viewer, Depends(May(Action.READ_DEVICE))]
Kin = Annotated[Viewer, Depends(May(Action.READ_DAYS))]
Counter = Annotated[Viewer, Depends(May(Action.READ_SUMMARY))]
Keeper = Annotated[Viewer, Depends(May(Action.MANAGE_RETENTION))]
#: The longest spans answered at once.
MOST_HOURS, MOST_DAYS = timedelta(days=31), timedelta(days=366)
#: An area of fewer persons would tell of single ones. Count.
LEAST_PERSONS = 5


@router.get("/devices/{device_id}/hours", responses=documented(NotFound))
async def list_device_hours(
    device_id: DeviceId,
    viewer: Reader,
    connection: ConnectionDep,
    parts: ServicesDep,
    since: Annotated[AskedInstant | None, Query(description="From; left away: a day before `until`")] = None,
    until: Annotated[AskedInstant | None, Query(description="Up to, not including; left away: now")] = None,
) -> DeviceHours:
    """How a device did, hour by hour: messages, gaps, charge, wear."""
    end = until or parts.clock.now()
    start = since or end - timedelta(days=1)
    if not timedelta(0) < end - start <= MOST_HOURS:
        raise Invalid(f"since must lie before until, by at most {MOST_HOURS.days} days.")
    if await devices.one(connection, viewer, device_id) is None:
        raise NotFound("There is no such device.")
    rows = await queries.device_hours(connection, device_id, since=start, until=end)
    return DeviceHours(items=[DeviceHour.model_validate(row) for row in rows])


@router.get("/persons/{person_id}/days", responses=documented(NotFound))
async def list_person_days(
    person_id: PersonId,
    viewer: Kin,
    connection: ConnectionDep,
    parts: ServicesDep,
    since: Annotated[date | None, Query(description="From this day; left away: thirty days before `until`")] = None,
    until: Annotated[date | None, Query(description="Up to this day, not including; left away: tomorrow")] = None,
) -> PersonDays:
    """A person's days: the way on foot, time outside, steps, nights, alerts, and how well they were covered."""
    await must_see_person(connection, viewer, person_id)
    start, end = _days(since, until, today=parts.clock.now().date())
    rows = await queries.person_days(connection, person_id, since=start, until=end)
    await looked(connection, viewer, at=parts.clock.now(), person_ids=[person_id], what="days")
    return PersonDays(items=[PersonDay.model_validate(row) for row in rows])


@router.get("/coverage")
async def read_coverage(
    viewer: Counter,
    connection: ConnectionDep,
    parts: ServicesDep,
    since: Annotated[date | None, Query(description="From this day; left away: thirty days before `until`")] = None,
    until: Annotated[date | None, Query(description="Up to this day, not including; left away: tomorrow")] = None,
    digits: Annotated[int, Query(ge=2, le=12, description="Of the statistical code: 6 counties, 9 towns")] = 9,
) -> Coverage:
    """How many are heard, wear their bracelet, and were told about, by area. No names, no places."""
    del viewer
    start, end = _days(since, until, today=parts.clock.now().date())
    rows = await queries.areas(connection, digits=digits, since=start, until=end, least_persons=LEAST_PERSONS)
    return Coverage(items=[AreaCoverage.model_validate(row) for row in rows])


@router.get("/retention")
async def preview_retention(
    viewer: Keeper,
    connection: ConnectionDep,
    parts: ServicesDep,
    at: Annotated[AskedInstant | None, Query(description="As of this instant; left away: now")] = None,
) -> RetentionPreview:
    """What will be deleted, when. Deletes nothing."""
    del viewer
    instant, kept = at or parts.clock.now(), terms(parts.settings)
    dates = await retention.next_dates(connection, kept, at=instant)
    doomed = await retention.preview(connection, kept, at=instant)
    return RetentionPreview(
        at=instant,
        terms=[
            ClassTerm(data_class=term.data_class, keep_days=term.keep_days, next_at=dates[term.data_class])
            for term in kept
        ],
        items=[Doomed.model_validate(each, from_attributes=True) for each in doomed],
        held_persons=len(await told.held(connection, at=instant)),
    )


@router.post("/retention/run", responses=documented(Conflict))
async def run_retention(viewer: Keeper, parts: ServicesDep) -> RetentionRun:
    """Delete now what would go at night. Every step is recorded."""
    at = parts.clock.now()
    async with await database.connect(parts.settings.database_url, autocommit=True) as connection:
        if not await deletions.try_own(connection):
            raise Conflict("It is being summed up or deleted already. Try again in a minute.")
        await summing.bring_up_to_date(connection, at=at)
        done = await retention.run(connection, terms(parts.settings), at=at, user_id=viewer.user.user_id)
    return RetentionRun(items=[Doomed.model_validate(each, from_attributes=True) for each in done])


@router.get("/retention/deletions")
async def list_deletions(
    viewer: Keeper,
    connection: ConnectionDep,
    limit: Annotated[int, Query(ge=1, le=1000, description="Items, 1 to 1,000")] = 100,
) -> DeletionPage:
    """What was deleted, newest first."""
    del viewer
    rows = await deletions.deletions(connection, limit=limit)
    return DeletionPage(items=[Deletion.model_validate(row) for row in rows])


def _days(since: date | None, until: date | None, *, today: date) -> tuple[date, date]:
    # Where the day has begun before that of UTC, tomorrow is today.
    end = until or today + timedelta(days=2)
    start = since or end - timedelta(days=31)
    if not timedelta(0) < end - start <= MOST_DAYS:
        raise Invalid(f"since must lie before until, by at most {MOST_DAYS.days} days.")
    return start, end
