"""What a row of each register is. Pure; that rows fit each other and the registry is checked in `loading`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from alerts import channels
from api.importing.duty import duty_rows
from api.schemas.fields import USERNAME_PATTERN, Name, Request
from api.user import Language

WHOLE_CODE = r"^[0-9]{12}$"
Code = Annotated[str, Field(pattern=WHOLE_CODE, description="12-digit statistical code")]
Latitude = Annotated[float | None, Field(ge=-90, le=90, description="Degrees, WGS-84")]
Longitude = Annotated[float | None, Field(ge=-180, le=180, description="Degrees, WGS-84")]
Number = Annotated[str, Field(pattern=r"^[^\s:]{1,64}$", description="The programme's own number, without spaces")]
_YES_NO = {"yes": True, "true": True, "1": True, "是": True, "no": False, "false": False, "0": False, "否": False}


def _channels(text: Any) -> list[dict[str, Any]]:
    """A JSON list as in a roster, or Apprise addresses with spaces between; `log` for trying out.

    Raises:
        ValueError: one of them cannot be used.
    """
    if not isinstance(text, str):
        return list(text)
    return [dict(entry) for entry in _entries(text)]


#: Many responders share a desk's address; looking at one costs an instance of its plug-in.
@cache
def _entries(text: str) -> tuple[Mapping[str, Any], ...]:
    if text.startswith("["):
        entries = json.loads(text)
        if not all(isinstance(entry, dict) for entry in entries):
            raise ValueError('a JSON list holds objects: [{"kind": "webhook", …}]')
    else:
        entries = [{"kind": "log"} if word == "log" else {"kind": "apprise", "url": word} for word in text.split()]
    for number, entry in enumerate(entries, start=1):
        if wrong := channels.problem(entry):
            raise ValueError(f"channel {number}: {wrong}")
    return tuple(entries)


def _active(text: Any) -> Any:
    return _YES_NO.get(text.lower(), text) if isinstance(text, str) else text


def _duty(text: Any) -> Any:
    return (duty_rows(text) or []) if isinstance(text, str) else text


Channels = Annotated[list[dict[str, Any]], BeforeValidator(_channels), Field(max_length=10)]
#: None: nothing is written, so the station's; an empty list stands for "always".
Duty = Annotated[list[dict[str, Any]] | None, BeforeValidator(_duty)]
Active = Annotated[bool, BeforeValidator(_active)]
Capacity = Annotated[int | None, Field(ge=1, le=1000, description="Open cases at once")]
Username = Annotated[str | None, Field(pattern=USERNAME_PATTERN)]


class _Placed(Request):
    """A row with a place, or without one."""

    latitude: Latitude = None
    longitude: Longitude = None

    @model_validator(mode="after")
    def _both_or_none(self) -> _Placed:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude belong together: write both or neither")
        return self


class DivisionRow(_Placed):
    """A division."""

    code: Code
    name: Name
    name_en: str = Field(default="", max_length=200)


class StationRow(_Placed):
    """A service station or a desk."""

    station_id: Number
    name: Name
    division: Code
    duty: Duty = None
    capacity: Capacity = None
    channels: Channels = Field(default_factory=list)
    username: Username = None
    language: Language = "zh-CN"
    active: Active = True


class CoordinatorRow(_Placed):
    """A coordinator; place, division and duty hours are the station's unless they say otherwise."""

    coordinator_id: Number
    name: Name
    station_id: Number
    division: Code | None = None
    duty: Duty = None
    capacity: Capacity = 1
    channels: Channels = Field(default_factory=list)
    username: Username = None
    language: Language = "zh-CN"
    active: Active = True


RowKind = Literal["divisions", "stations", "coordinators"]
_PLACE = {"纬度": "latitude", "经度": "longitude"}
_DESK = {
    "值班时间": "duty",
    "同时处理数": "capacity",
    "通知渠道": "channels",
    "账号": "username",
    "语言": "language",
    "在用": "active",
}
#: Column names that registers in Chinese have.
ALIASES: Mapping[RowKind, Mapping[str, str]] = {
    "divisions": _PLACE | {"代码": "code", "区划代码": "code", "名称": "name", "英文名": "name_en"},
    "stations": _PLACE | _DESK | {"编号": "station_id", "名称": "name", "区划代码": "division"},
    "coordinators": _PLACE
    | _DESK
    | {"编号": "coordinator_id", "姓名": "name", "站点编号": "station_id", "区划代码": "division"},
}
