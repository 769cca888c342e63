"""Who is told about one person, and what each would rather hear later."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from alerts.restraint import may_be_unwanted
from api.schemas.fields import Identifier, Request
from api.schemas.zones import ScheduleEntry


def _leavable(kinds: list[str]) -> list[str]:
    floors = sorted(kind for kind in set(kinds) if not may_be_unwanted(kind))
    if floors:
        raise ValueError(f"{', '.join(floors)} is urgent by itself and is always told: leave it away")
    return sorted(set(kinds))


QuietHours = Annotated[
    list[ScheduleEntry] | None,
    Field(max_length=50, description="When what can wait waits, local time; urgent and critical never do. Null: never"),
]
UnwantedKinds = Annotated[
    list[Annotated[str, Field(max_length=40)]],
    Field(max_length=50, description="Kinds not to be told of while they are not urgent"),
    AfterValidator(_leavable),
]


class FamilyReceiver(BaseModel):
    """Somebody of the family who is told."""

    receiver_id: int = Field(description="Identifier, 1 or more")
    display_name: str = Field(description="Who")
    priority: int = Field(description="1 is called first")
    language: str = Field(description="zh-CN or en")
    channels: list[str] = Field(description="Sorts of channel in order; addresses stay here")
    quiet_hours: list[ScheduleEntry] | None = Field(description="When what can wait waits; null: never")
    unwanted_kinds: list[str] = Field(description="Kinds not told while they are not urgent")


class FamilyReceiverList(BaseModel):
    """Everybody of the family who is told, first called first."""

    items: list[FamilyReceiver] = Field(description="First called first")


class Preference(Request):
    """What one receiver would rather hear later, or not."""

    receiver_id: Identifier
    quiet_hours: QuietHours = None
    unwanted_kinds: UnwantedKinds = Field(default_factory=list)


class PreferencesBody(Request):
    """Preferences of some of the family; who is not named keeps theirs."""

    items: list[Preference] = Field(max_length=50, description="One for each receiver that changes")
