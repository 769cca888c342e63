"""Field types that several resources share. Instants are RFC 3339, UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

DIVISION_PATTERN = r"^[0-9]{0,12}$"
DEVICE_ID_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
USERNAME_PATTERN = r"^[A-Za-z0-9._@-]{1,64}$"

Instant = Annotated[datetime, Field(description="Instant, RFC 3339, UTC, on the server's clock")]
_FIRST_YEAR, _LAST_YEAR = 2000, 2199


def _plausible(at: datetime) -> datetime:
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise ValueError(f"must lie in the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return at


AskedInstant = Annotated[AwareDatetime, AfterValidator(_plausible)]
Identifier = Annotated[int, Field(ge=1, le=2**63 - 1, description="Identifier, 1 or more")]
BatteryPct = Annotated[float | None, Field(description="Charge, per cent, 0 to 100; null: not reported")]
Name = Annotated[str, Field(min_length=1, max_length=200, description="Text, 1 to 200 characters")]


class Request(BaseModel):
    """A body sent to us: an unknown field is a mistake worth naming."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
