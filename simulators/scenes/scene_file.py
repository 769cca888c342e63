"""What a scene file may hold. Every field may be left away: what is included, or the default, then counts.

The descriptions here are what an error says and what docs/simulator.md tabulates.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from geofence.datum import Datum

_Share = Annotated[float, Meta(ge=0, le=1, description="a share from 0 to 1, e.g. 0.7")]
_Span = Annotated[str, Meta(description='a length of time, e.g. "20m", "1h 30m" or "7d"')]
_Time = Annotated[str, Meta(description='a time, e.g. "02:40", "day 2 02:40", or "+20m" from the start on')]
Value: TypeAlias = bool | float | str


class Part(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """A table of the file."""


class City(Part, frozen=True):
    """`[city]`: who lives there."""

    seed: Annotated[int, Meta(ge=0, description="a whole number; another one is another city")] | UnsetType = UNSET
    bracelets: Annotated[int, Meta(ge=0, le=100_000, description="persons with a bracelet")] | UnsetType = UNSET
    beds: Annotated[int, Meta(ge=0, le=100_000, description="beds, most of them theirs")] | UnsetType = UNSET
    boundaries: (
        Annotated[str, Meta(description='a GeoJSON file of the districts, e.g. "zibo.geojson", beside this file')]
        | UnsetType
    ) = UNSET
    #: What its coordinates refer to.
    datum: Annotated[Datum, Meta(description='"wgs84", "gcj02" or "bd09"')] | UnsetType = UNSET
    #: `mixed`: makes, firmware and formats as in a real fleet; `uniform`: one make with the newest.
    devices: Annotated[Literal["mixed", "uniform"], Meta(description='"mixed" or "uniform"')] | UnsetType = UNSET


class Run(Part, frozen=True):
    """`[run]`: when, how long, how fast."""

    start: Annotated[
        datetime, Meta(tz=True, description="an instant with its zone, e.g. 2026-11-24T04:45:00+08:00")
    ] | (UnsetType) = UNSET
    length: _Span | UnsetType = UNSET
    speed: (
        Annotated[float, Meta(gt=0, le=2_000, description="simulated seconds in a real one, up to 2000")] | UnsetType
    ) = UNSET


class People(Part, frozen=True):
    """`[families]` and `[responders]`: how those who are told behave. Shares are of messages."""

    answers: _Share | UnsetType = UNSET
    answers_at_night: _Share | UnsetType = UNSET
    #: Of those who answer.
    goes: _Share | UnsetType = UNSET
    answers_after: _Span | UnsetType = UNSET
    #: From going to "found, safe".
    takes: _Span | UnsetType = UNSET


class EpisodeStep(Part, frozen=True, tag_field="do", tag="episode"):
    """Something happens to somebody."""

    at: _Time
    name: Annotated[str, Meta(description="an episode; docs/simulator.md has the table")]
    who: Annotated[str, Meta(description='a device or a person, e.g. "zb-000012"')] | UnsetType = UNSET
    #: So many, one after the other.
    times: Annotated[int, Meta(ge=1, le=1_000, description="how many persons, 1 to 1000")] = 1
    with_: Annotated[dict[str, Value], Meta(description="parameters of the episode")] = msgspec.field(
        default_factory=dict, name="with"
    )


class OutageStep(Part, frozen=True, tag_field="do", tag="outage"):
    """The mobile network, or the current, of an area goes."""

    at: _Time
    lasts: _Span
    division: Annotated[
        str, Meta(pattern="^[0-9]{0,12}$", description='a statistical code, or its beginning; "" is all')
    ] = ""
    #: Only what the base station of this device serves.
    around: Annotated[str, Meta(description='a device whose base station fails, e.g. "zb-000012"')] | UnsetType = UNSET
    #: Of the devices there.
    share: _Share = 1.0
    #: Devices keep what they measure and send it afterwards.
    buffers: bool = True


class FaultStep(Part, frozen=True, tag_field="do", tag="fault"):
    """Something of the installation breaks. Only what the run itself started."""

    at: _Time
    name: Annotated[str, Meta(description="a fault; docs/simulator.md has the table")]
    lasts: _Span | UnsetType = UNSET
    device: Annotated[str, Meta(description='with clock_jump: a device, e.g. "zb-000012"')] | UnsetType = UNSET
    by: _Span | UnsetType = UNSET


Step: TypeAlias = EpisodeStep | OutageStep | FaultStep


class SceneFile(Part, frozen=True):
    """A whole file."""

    title: Annotated[str, Meta(description="a line of text")] | UnsetType = UNSET
    include: Annotated[list[str], Meta(description='scenes by name or file, e.g. ["ordinary_tuesday"]')] = []
    city: City = City()
    run: Run = Run()
    #: `set` names one of simulators.episodes.rates; the others are episodes a person and day.
    rates: dict[str, float | str] = {}
    families: People = People()
    responders: People = People()
    steps: list[Step] = []
