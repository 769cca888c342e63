"""The noun `Receiver`: somebody who can be told, and through what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from alerts.weekly import Windows


class Relation(StrEnum):
    """What a receiver is to the person."""

    FAMILY = "family"
    COORDINATOR = "coordinator"
    STATION = "station"
    COUNTY = "county"
    CENTRE = "centre"
    #: Looks after the devices of an area.
    FLEET = "fleet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Somebody who can be told."""

    receiver_id: int
    relation: Relation
    #: Everyone but family: the statistical code of the area they answer for.
    division: str | None
    #: Order within the family: 1 is called first.
    priority: int
    language: str
    #: Tried in order; `alerts.channels` says what each kind needs.
    channels: tuple[Mapping[str, Any], ...]
    #: When on duty, local time; empty: always.
    duty: Windows = ()
    #: When better not disturbed by what can wait; empty: never.
    quiet_hours: Windows = ()
    #: Kinds they would rather not hear of, unless it is urgent.
    unwanted_kinds: frozenset[str] = frozenset()
    #: Where a responder starts from, WGS-84, degrees; None: not known, so only the area counts.
    latitude: float | None = None
    longitude: float | None = None
    #: Open cases they take at once; None: any number.
    capacity: int | None = None
    #: Other open cases they have accepted.
    open_cases: int = 0
    #: Whether they have said that they cannot go to this incident.
    declined: bool = False
