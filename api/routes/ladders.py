"""Ladders and budgets: who is called when, how often. Written through `alerts`, which refuses what would not work."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from alerts import ladder, planning
from alerts.errors import LadderError
from alerts.ladder import Choice
from alerts.restraint import BUDGETS, Scope
from alerts.restraint import Budget as Limit
from alerts.store import ladders as stored
from alerts.store import withheld
from alerts.store.ladders import LadderRow
from api.access import Action
from api.dependencies import ConnectionDep, May
from api.errors import NotFound, NotSignedIn, WrongRole, documented
from api.schemas.ladders import (
    LADDER_ID_PATTERN,
    Budget,
    Budgets,
    BudgetsBody,
    LadderBody,
    LadderChoice,
    LadderList,
    LadderStep,
    LadderVerdict,
    StoredLadder,
)
from api.viewer import Viewer
from runtime.database import Connection

router = APIRouter(tags=["ladders"], responses=documented(NotSignedIn, WrongRole))
Keeper = Annotated[Viewer, Depends(May(Action.MANAGE_LADDERS))]
LadderId = Annotated[str, Path(pattern=LADDER_ID_PATTERN, description="Name of the ladder: a-z, 0-9, _")]


@router.get("/ladders")
async def list_ladders(viewer: Keeper, connection: ConnectionDep) -> LadderList:
    """Every ladder, what it is climbed for, and what is wrong with it."""
    del viewer
    choices = await stored.choices(connection)
    rows = sorted(await stored.rows(connection), key=lambda row: row.ladder_id)
    return LadderList(items=[_shown(row, choices) for row in rows])


@router.put("/ladders/{ladder_id}", responses=documented(NotFound))
async def save_ladder(ladder_id: LadderId, body: LadderBody, viewer: Keeper, connection: ConnectionDep) -> StoredLadder:
    """Write a ladder anew. One that loops or reaches nobody is refused, with the reason.

    Incidents that are open keep the steps they were given.
    """
    del viewer
    await planning.save(connection, body.checked(ladder_id), body.written_choices(ladder_id))
    choices = await stored.choices(connection)
    (row,) = [row for row in await stored.rows(connection) if row.ladder_id == ladder_id]
    return _shown(row, choices)


@router.post("/ladders/validate")
async def validate_ladder(body: LadderBody, viewer: Keeper, connection: ConnectionDep) -> LadderVerdict:
    """Whether a ladder could be saved, without saving it."""
    del viewer
    try:
        ladder.check_reach(body.checked("this"), await planning.reachable(connection))
    except LadderError as error:
        return LadderVerdict(problem=str(error))
    return LadderVerdict(problem=None)


@router.get("/budgets")
async def read_budgets(viewer: Keeper, connection: ConnectionDep) -> Budgets:
    """How many messages may go out before the rest waits for a digest."""
    del viewer
    return await _budgets(connection)


@router.put("/budgets")
async def save_budgets(body: BudgetsBody, viewer: Keeper, connection: ConnectionDep) -> Budgets:
    """Write budgets. What is critical goes out whatever stands here."""
    del viewer
    for scope in Scope:
        asked: Budget | None = getattr(body, scope)
        if asked is not None:
            limit = Limit(most=asked.most, every=timedelta(seconds=asked.every_s))
            await withheld.put_budget(connection, scope, limit)
    return await _budgets(connection)


async def _budgets(connection: Connection) -> Budgets:
    limits = dict(BUDGETS) | await withheld.budgets(connection)
    return Budgets(
        **{
            scope.value: Budget(most=limit.most, every_s=int(limit.every.total_seconds()))
            for scope, limit in limits.items()
        }
    )


def _shown(row: LadderRow, choices: list[Choice]) -> StoredLadder:
    try:
        planning.check_row(row)
        problem = None
    except LadderError as error:
        problem = str(error)
    return StoredLadder(
        ladder_id=row.ladder_id,
        title=row.title,
        steps=[
            LadderStep(delay_s=delay.total_seconds(), audiences=list(audiences))
            for delay, audiences in zip(row.delays, row.audiences, strict=True)
        ],
        repeat_after_s=None if row.repeat_after is None else row.repeat_after.total_seconds(),
        choices=[
            LadderChoice(kind=one.kind, severity=one.severity.value, hours=one.hours.value, division=one.division)
            for one in choices
            if one.ladder_id == row.ladder_id
        ],
        problem=problem,
    )
