"""What is kept of the past: sums, and what goes when."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from api.keeping.data_class import DataClass
from api.schemas.fields import Instant


class DeviceHour(BaseModel):
    """How a device did in one hour of its own time."""

    model_config = ConfigDict(from_attributes=True)

    hour: Instant = Field(description="Beginning of the hour")
    readings: int = Field(description="Messages stored, 1 or more")
    heard_minutes: int = Field(description="Minutes with a message, 1 to 60")
    gaps: int = Field(description="Stretches of ten minutes and more without one, within the hour")
    longest_gap_min: int = Field(description="The longest stretch without one, minutes, 0 to 59")
    worn_minutes: int | None = Field(description="Minutes in which it said that it was worn; null: it never says")
    battery_min_pct: float | None = Field(description="Lowest charge, per cent; null: not reported")
    battery_max_pct: float | None = Field(description="Highest charge, per cent; null: not reported")


class DeviceHours(BaseModel):
    """Hours in which a device was heard."""

    items: list[DeviceHour] = Field(description="Hours, oldest first; an hour without a message is left out")


class PersonDay(BaseModel):
    """One day of a person, in their time zone."""

    model_config = ConfigDict(from_attributes=True)

    day: date = Field(description="The day")
    heard_hours: int = Field(description="Hours in which a bracelet was heard, 0 to 25")
    worn_minutes: int = Field(description="Minutes in which it said that it was worn")
    told_minutes: int = Field(description="Minutes in which it said whether it was worn")
    steps: int | None = Field(description="Steps; null: none were reported")
    distance_m: float | None = Field(description="The way through the fixes, metres; null: no fix that is good enough")
    outside_minutes: float = Field(description="Minutes outside the safe area")
    in_bed_minutes: int | None = Field(description="Minutes in bed in the night that ended on this day; null: no bed")
    bed_exits: int = Field(description="Times the bed was left in that night")
    alerts: int = Field(description="Rounds of telling about this person")


class PersonDays(BaseModel):
    """Days of a person."""

    items: list[PersonDay] = Field(description="Days, oldest first")


class AreaCoverage(BaseModel):
    """How the people of one area were covered."""

    model_config = ConfigDict(from_attributes=True)

    division: str = Field(description="The area: the first digits of its statistical code")
    persons: int = Field(description="Persons with a device; areas with fewer than five are left out")
    person_days: int = Field(description="Their days in the span")
    coverage: float = Field(description="Share of all hours in which a bracelet was heard, 0 to 1")
    wear_rate: float | None = Field(description="Share of the minutes that told of it in which it was worn; null: none")
    alerts_per_person_day: float = Field(description="Rounds of telling a person and day")
    outside_minutes_per_person_day: float = Field(description="Minutes outside the safe area a person and day")


class Coverage(BaseModel):
    """Coverage by area."""

    items: list[AreaCoverage] = Field(description="Areas, in order of their code")


class Doomed(BaseModel):
    """What goes, or went, in one step."""

    model_config = ConfigDict(from_attributes=True)

    data_class: DataClass = Field(description="What is kept equally long: docs/privacy.md")
    series: str = Field(description="Table")
    part: str | None = Field(description="Part of a day that goes whole; null: single rows")
    rows: int = Field(description="Rows that go, 0 or more")
    held_rows: int = Field(description="Rows that stay because their person is being looked for")
    bytes: int | None = Field(description="On disk, of a part that goes whole")
    oldest: Instant | None = Field(description="Of the rows that go")
    newest: Instant | None = Field(description="Of the rows that go")
    cutoff: Instant | None = Field(description="What is older goes")


class ClassTerm(BaseModel):
    """How long one class of data is kept."""

    data_class: DataClass = Field(description="What is kept equally long")
    keep_days: int = Field(description="Days; 0: for ever")
    next_at: Instant | None = Field(
        description="When the oldest that is kept has to go; null: never, or nothing is there"
    )


class RetentionPreview(BaseModel):
    """What will be deleted, when."""

    at: Instant = Field(description="As of this instant")
    terms: list[ClassTerm] = Field(description="Every class of data")
    items: list[Doomed] = Field(description="What a run at that instant would delete")
    held_persons: int = Field(description="Persons of whom nothing is deleted now")


class RetentionRun(BaseModel):
    """What was deleted."""

    items: list[Doomed] = Field(description="What went, oldest parts first")


class Deletion(BaseModel):
    """One deletion as it was recorded."""

    model_config = ConfigDict(from_attributes=True)

    deletion_id: int = Field(description="Identifier, 1 or more")
    at: Instant = Field(description="When")
    data_class: str = Field(description="What is kept equally long, or `erasure`")
    series: str = Field(description="Table")
    part: str | None = Field(description="Part of a day that went whole; null: single rows")
    rows: int = Field(description="Rows that went")
    held_rows: int = Field(description="Rows that stayed because their person was being looked for")
    oldest: Instant | None = Field(description="Of the rows that went; null: erased on request")
    newest: Instant | None = Field(description="Of the rows that went; null: erased on request")
    cutoff: Instant | None = Field(description="What was older went; null: erased on request")
    user_id: int | None = Field(description="Whose login asked for it; null: by itself or by the command line")


class DeletionPage(BaseModel):
    """The record of deletions."""

    items: list[Deletion] = Field(description="Deletions, newest first")
