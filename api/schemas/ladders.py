"""Ladders: who is told after how long, and for what each is climbed; budgets of messages."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from alerts import ladder
from alerts.ladder import Choice, Hours, Ladder
from alerts.scale import Severity
from api.schemas.fields import DIVISION_PATTERN, Request
from api.schemas.incidents import Severity as SeverityWord

LADDER_ID_PATTERN = r"^[a-z][a-z0-9_]{0,39}$"
_MINUTE_S = 60
Seconds = Annotated[float, Field(ge=-86_400, le=864_000, allow_inf_nan=False)]


class LadderStep(Request):
    """One rung."""

    delay_s: Seconds = Field(description="Seconds after the round began, growing from step to step")
    audiences: list[str] = Field(
        max_length=20,
        description="first_family, all_family, coordinators, station, county, centre, fleet",
    )


class LadderChoice(Request):
    """What a ladder is climbed for; of several that fit, the most particular one counts."""

    kind: str | None = Field(default=None, max_length=40, description="Kind of detection; null: every kind")
    severity: SeverityWord = Field(default="info", description="At least so bad")
    hours: Literal["any", "day", "night"] = Field(default="any", description="By the person's night hours")
    division: str = Field(default="", pattern=DIVISION_PATTERN, description="Persons who live there; empty: everywhere")


class LadderBody(Request):
    """A ladder as it is written."""

    title: str = Field(default="", max_length=200, description="For people, up to 200 characters")
    steps: list[LadderStep] = Field(max_length=50, description="Rungs in order; at least one is needed")
    repeat_after_s: Seconds | None = Field(
        default=None, description="Seconds from the last step to the first of the next round; null: said once"
    )
    choices: list[LadderChoice] = Field(default_factory=list, max_length=200, description="What it is climbed for")

    def checked(self, ladder_id: str) -> Ladder:
        """The ladder.

        Raises:
            LadderError: it would loop, reach nobody or climb in the wrong order.
        """
        return ladder.checked(
            ladder_id,
            title=self.title,
            steps=[(timedelta(seconds=step.delay_s), step.audiences) for step in self.steps],
            repeat_after=None if self.repeat_after_s is None else timedelta(seconds=self.repeat_after_s),
        )

    def written_choices(self, ladder_id: str) -> list[Choice]:
        """What it is climbed for, as it is stored."""
        return [
            Choice(
                ladder_id=ladder_id,
                kind=one.kind,
                severity=Severity(one.severity),
                hours=Hours(one.hours),
                division=one.division,
            )
            for one in self.choices
        ]


class StoredLadder(BaseModel):
    """A ladder that is there."""

    ladder_id: str = Field(description="Its name")
    title: str = Field(description="For people")
    steps: list[LadderStep] = Field(description="Rungs in order")
    repeat_after_s: float | None = Field(description="Seconds to the next round; null: said once")
    choices: list[LadderChoice] = Field(description="What it is climbed for")
    problem: str | None = Field(description="Why it is not climbed, with what to write; null: it is fine")


class LadderList(BaseModel):
    """All ladders."""

    items: list[StoredLadder] = Field(description="By name")


class LadderVerdict(BaseModel):
    """Whether a ladder could be saved."""

    problem: str | None = Field(description="Why not, with what to write instead; null: it could")


class Budget(Request):
    """How many messages may go out in a span of time; the rest comes in one. Critical is never held."""

    most: int = Field(ge=1, le=100_000, description="Messages, 1 to 100,000")
    every_s: int = Field(ge=_MINUTE_S, le=86_400, description="Seconds, 60 to 86,400")


class Budgets(BaseModel):
    """Every budget."""

    device: Budget = Field(description="Rounds of telling that one device causes")
    receiver: Budget = Field(description="Alerts to one receiver")
    channel: Budget = Field(description="Messages through one service")


class BudgetsBody(Request):
    """Budgets to be written; those left away stay."""

    device: Budget | None = Field(default=None, description="Rounds of telling that one device causes")
    receiver: Budget | None = Field(default=None, description="Alerts to one receiver")
    channel: Budget | None = Field(default=None, description="Messages through one service")
