"""One person's thresholds. Which there are and how far they go is in `geofence.policy`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.schemas.fields import Instant, Request

#: A count stays a whole number: 2, not 2.0.
Thresholds = dict[str, int | float | str]
#: Checked by `geofence.policy.with_overrides`, which can say what to write instead.
Overrides = Annotated[
    dict[str, Any],
    Field(
        max_length=100,
        description='Thresholds that differ from the defaults, by name; durations in seconds, times "HH:MM"',
    ),
]


class Policy(BaseModel):
    """The thresholds one person is judged by."""

    defaults: Thresholds = Field(description="What holds for everybody who has nothing else")
    overrides: dict[str, Any] = Field(description="What differs for this person, as it was written")
    effective: Thresholds = Field(description="What this person is judged by")
    updated_at: Instant | None = Field(description="When the overrides were last written; null: never")
    updated_by: str | None = Field(
        description="Display name of who wrote them; null: a roster, or a login that is gone"
    )


class PolicyBody(Request):
    """All overrides of one person; a threshold that is left away goes back to its default."""

    overrides: Overrides
