"""Safe zones. The rules of their shape are in `api.zone_shape`."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from api.schemas.fields import Name, Request

_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
ClockTime = Annotated[str, Field(pattern=_CLOCK, description="Local time, 00:00 to 23:59")]


def _weekdays(days: list[int]) -> list[int]:
    if len(set(days)) != len(days):
        raise ValueError("each day at most once")
    return sorted(days)


class ScheduleEntry(BaseModel):
    """A span of local time on some weekdays; one that ends before it begins runs past midnight."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    days: Annotated[
        list[Annotated[int, Field(ge=1, le=7)]],
        Field(min_length=1, max_length=7, description="Weekdays on which it begins, 1 is Monday"),
        AfterValidator(_weekdays),
    ]
    begins: ClockTime = Field(alias="from", description="Local time it begins, HH:MM")
    until: ClockTime = Field(description="Local time it ends, HH:MM; before `from`: on the next day")

    @model_validator(mode="after")
    def _lasts(self) -> ScheduleEntry:
        if time.fromisoformat(self.begins) == time.fromisoformat(self.until):
            raise ValueError(
                "from and until are the same: leave the schedule away (null) for a zone that always counts"
            )
        return self


Schedule = Annotated[
    list[ScheduleEntry] | None,
    Field(min_length=1, max_length=50, description="When the zone counts, local time; null: always"),
]


class PointGeometry(BaseModel):
    """The middle of a round zone."""

    type: Literal["Point"] = Field(description="Point")
    coordinates: list[float] = Field(description="[longitude, latitude], degrees, WGS-84")


class PolygonGeometry(BaseModel):
    """A zone of any outline."""

    type: Literal["Polygon"] = Field(description="Polygon")
    coordinates: list[list[list[float]]] = Field(
        description="One ring of 3 to 500 [longitude, latitude], degrees, WGS-84"
    )


Geometry = Annotated[PointGeometry | PolygonGeometry, Field(discriminator="type")]


class Zone(BaseModel):
    """Where a person is safe."""

    zone_id: int = Field(description="Identifier, 1 or more")
    person_id: int = Field(description="Whose zone")
    name: str = Field(description="What the family calls it")
    kind: Literal["safe"] = Field(description="safe")
    geometry: Geometry = Field(description="GeoJSON, WGS-84")
    radius_m: float | None = Field(description="With a Point: metres, 20 to 20,000; with a Polygon: null")
    schedule: Schedule = None


class ZoneList(BaseModel):
    """The zones of one person."""

    items: list[Zone] = Field(description="Zones in the order they were drawn")


class ZoneBody(Request):
    """A zone as it is drawn. Its shape is checked by `api.zone_shape.checked`."""

    name: Name
    kind: Literal["safe"] = Field(default="safe", description="safe")
    geometry: Geometry = Field(description="GeoJSON, WGS-84: Point with radius_m, or Polygon of 3 to 500 corners")
    radius_m: float | None = Field(default=None, description="With a Point: metres, 20 to 20,000", allow_inf_nan=False)
    schedule: Schedule = None

    def schedule_rows(self) -> list[dict[str, Any]] | None:
        """The schedule as it is stored."""
        if self.schedule is None:
            return None
        return [entry.model_dump(by_alias=True) for entry in self.schedule]
