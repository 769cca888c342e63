"""The roster file of `tongxing register`: who is looked after, by whom, with which devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr

from api.access import Role
from api.schemas.devices import DeviceKind
from api.schemas.fields import DEVICE_ID_PATTERN, DIVISION_PATTERN, USERNAME_PATTERN, Name, Request
from api.schemas.persons import Approach, BirthYear, DivisionCode, TimeZone
from api.schemas.policies import Overrides
from api.schemas.zones import Schedule, ZoneBody
from api.user import Language

Username = Annotated[str, Field(pattern=USERNAME_PATTERN, description="1 to 64 of A-Z a-z 0-9 . _ @ -")]
#: Tried in order by alerts, which also knows what each sort needs besides its kind.
Channel = dict[str, Any]
#: Least length of a password. Characters. NIST SP 800-63B, 5.1.1.1.
MIN_PASSWORD = 8


class RosterUser(Request):
    """A login."""

    username: Username
    password: SecretStr = Field(min_length=MIN_PASSWORD, max_length=200, description="8 to 200 characters")
    display_name: Name
    role: Role = Field(description="family, responder, operator or admin")
    division: str = Field(default="", pattern=DIVISION_PATTERN, description="Where a responder works")
    language: Language = Field(default="zh-CN", description="zh-CN or en")


class RosterDevice(Request):
    """A device of one person."""

    device_id: str = Field(pattern=DEVICE_ID_PATTERN, description="1 to 64 of A-Z a-z 0-9 _ -")
    kind: DeviceKind = Field(description="bracelet or bed")
    model: str = Field(default="", max_length=100, description="Maker's model")
    gateway: str | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="Through what it reaches us, by its own name; null: unchanged",
    )


class RosterReceiver(Request):
    """Somebody who can be told."""

    display_name: Name
    language: Language = Field(default="zh-CN", description="zh-CN or en")
    channels: list[Channel] = Field(default_factory=list, max_length=10, description="Tried in order")
    username: Username | None = Field(default=None, description="Their login; null: none")
    duty: Schedule = Field(default=None, description="When on duty, local time; null: unchanged, at first always")
    quiet_hours: Schedule = Field(default=None, description="When what can wait waits, local time; null: unchanged")

    def row(self, users: Mapping[str, int]) -> dict[str, Any]:
        """The receiver as it is stored, its login as an identifier."""
        user_id = None if self.username is None else users[self.username]
        return self.model_dump(exclude={"username"}, by_alias=True) | {"user_id": user_id}


class RosterFamily(RosterReceiver):
    """A relative of one person."""

    priority: int = Field(default=1, ge=1, le=100, description="1 is called first")


class RosterDesk(RosterReceiver):
    """A coordinator, station or desk of a division, or who looks after its devices."""

    relation: Literal["coordinator", "station", "county", "centre", "fleet"] = Field(description="What they are")
    division: DivisionCode


class RosterPerson(Request):
    """A person who is looked after, with all that belongs to them."""

    external_id: str = Field(min_length=1, max_length=100, description="The programme's own number")
    display_name: Name
    birth_year: BirthYear = None
    time_zone: TimeZone = "Asia/Shanghai"
    division: DivisionCode = ""
    approach: Approach = ""
    devices: list[RosterDevice] = Field(default_factory=list, description="Their devices")
    zones: list[ZoneBody] = Field(default_factory=list, description="Their safe zones, by name")
    policy: Overrides | None = Field(default=None, description="Thresholds that differ for them; null: unchanged")
    guardians: list[Username] | None = Field(default=None, description="Logins that may see them; null: unchanged")
    receivers: list[RosterFamily] | None = Field(default=None, description="Family to be told; null: unchanged")


class Roster(Request):
    """The whole file."""

    users: list[RosterUser] = Field(default_factory=list, description="Logins")
    persons: list[RosterPerson] = Field(default_factory=list, description="Persons")
    receivers: list[RosterDesk] = Field(default_factory=list, description="Coordinators, stations and desks")
