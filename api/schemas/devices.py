"""Bracelets and beds."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field

from api.schemas.fields import DEVICE_ID_PATTERN, BatteryPct, Identifier, Instant, Request

DeviceKind = Literal["bracelet", "bed"]


class DeviceProblem(StrEnum):
    """What a fleet operator looks for."""

    #: Any of those below.
    ANY = "any"
    #: Says it is disconnected.
    OFFLINE = "offline"
    #: Below the policy's first battery warning and not charging.
    BATTERY = "battery"
    #: A bracelet that is not on a wrist.
    NOT_WORN = "not_worn"
    #: A bed sensor that cannot tell.
    FAULT = "fault"
    #: Says more than is judged, within the hour before it was last heard: slowed alone.
    FLOODS = "floods"
    #: Assigned to a person and never heard of.
    NEVER_SEEN = "never_seen"


class DeviceFlood(BaseModel):
    """The last spell in which a device said more than is judged; what was too much is stored all the same."""

    since: Instant = Field(description="First reading that was too many, by the device's time")
    until: Instant = Field(description="Last one so far; an hour without any ends a spell")
    surplus: int = Field(description="Readings that were stored and not judged, 1 or more")


class DeviceState(BaseModel):
    """What a device last said of itself."""

    last_seen_at: Instant = Field(description="When it was last heard")
    online: bool | None = Field(description="Connected to the broker; null: unknown")
    battery_pct: BatteryPct
    charging: bool | None = Field(description="On its charger; null: unknown")
    worn: bool | None = Field(description="Strap closed on a wrist; null: unknown, or a bed")
    bed_status: str | None = Field(description="occupied, empty, edge or fault; null: unknown, or a bracelet")
    missing: int = Field(description="Messages that the numbering says were lost, 0 or more")
    repeats: int = Field(description="Readings that came again, 0 or more")
    restarts: int = Field(description="Times its numbering began anew, 0 or more")
    restarted_at: Instant | None = Field(description="When it last did, by the device's time; null: never")
    flood: DeviceFlood | None = Field(description="When it last said more than is judged; null: never")


class Device(BaseModel):
    """A bracelet or a bed."""

    device_id: str = Field(description="Its name on the wire, 1 to 64 of A-Z a-z 0-9 _ -")
    kind: DeviceKind = Field(description="bracelet or bed")
    person_id: int | None = Field(description="Who wears it or sleeps in it; null: nobody")
    model: str = Field(description="Maker's model")
    retired_at: Instant | None = Field(description="Out of use since; null: in use")
    state: DeviceState | None = Field(description="What it last said of itself; null: never heard")


class DevicePage(BaseModel):
    """Devices in order of their id."""

    items: list[Device] = Field(description="Devices")
    next: str | None = Field(description="Pass as `after` for the next page; null: no more")


class DeviceCreate(Request):
    """A new device."""

    device_id: str = Field(pattern=DEVICE_ID_PATTERN, description="1 to 64 of A-Z a-z 0-9 _ -, unique")
    kind: DeviceKind = Field(description="bracelet or bed")
    person_id: Identifier | None = Field(default=None, description="Whom it is issued to; null: nobody yet")
    model: str = Field(default="", max_length=100, description="Maker's model, up to 100 characters")


class DeviceChange(Request):
    """What changes of a device; what is left away stays."""

    person_id: Identifier | None = Field(default=None, description="Whom it is issued to; null: nobody")
    model: str = Field(default="", max_length=100, description="Maker's model, up to 100 characters")
    retired: bool = Field(default=False, description="True: out of use from now on; false: in use again")
