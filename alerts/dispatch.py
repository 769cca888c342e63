"""Which receivers an audience means for one person, and through which channel each is reached first. Pure.

Responders are found in two ways and both are used. By area: whoever answers for the smallest division that contains
the person's home, because they know the person. By distance: whoever starts nearest to where the person was last,
because a village's border is no wall. Who is off duty, has as many cases as they take, or has declined is passed over,
and counted; where nobody is left the caller goes on to the level above at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from alerts.availability import Availability, availability
from alerts.divisions import LEVELS, area, spellings
from alerts.ladder import Audience
from alerts.receiver import Receiver, Relation
from geofence.geometry import distance_m

__all__ = [
    "LEVELS",
    "Addressed",
    "Dispatch",
    "Place",
    "Reach",
    "area",
    "dispatch",
    "first_working",
    "spellings",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """How many are asked for being near, and how near that is."""

    count: int
    within_m: float


#: Who is asked by distance, beside those asked by area. Count and metres. Two coordinators: the village's pair, so that
#: one may be asleep. 5 km: 78 % of the missing found dead in Japan in 2024 lay within it (National Police Agency);
#: 10 km: a town station covers the villages around it, about 68 km2 a town in Zibo. Provisional.
NEAREST: Mapping[Audience, Near] = MappingProxyType(
    {
        Audience.COORDINATORS: Near(count=2, within_m=5_000.0),
        Audience.STATION: Near(count=1, within_m=10_000.0),
    }
)
#: Who a level's audience is made of; the others are family.
RELATION: Mapping[Audience, Relation] = MappingProxyType(
    {
        Audience.COORDINATORS: Relation.COORDINATOR,
        Audience.STATION: Relation.STATION,
        Audience.COUNTY: Relation.COUNTY,
        Audience.CENTRE: Relation.CENTRE,
        Audience.FLEET: Relation.FLEET,
    }
)

#: Says whether a channel can be used as it is written.
Works = Callable[[Mapping[str, Any]], bool]


class Reach(StrEnum):
    """How far a step came."""

    REACHED = "reached"
    #: Everyone meant has been told in this round already.
    TOLD_ALREADY = "told_already"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the person was last. WGS-84, degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """A receiver with the channel to use."""

    receiver: Receiver
    channel_index: int

    @property
    def channel(self) -> Mapping[str, Any]:
        """The channel as the receiver's entry has it."""
        return self.receiver.channels[self.channel_index]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Whom a step addresses now."""

    reach: Reach
    addressed: tuple[Addressed, ...] = ()
    #: How many of those the step names were passed over, by reason.
    passed_over: Mapping[Availability, int] = field(default_factory=dict)


def first_working(channels: Sequence[Mapping[str, Any]], works: Works, *, start: int = 0) -> int | None:
    """Index of the first channel from `start` on that can be used."""
    return next((index for index in range(start, len(channels)) if works(channels[index])), None)


def dispatch(
    audiences: Iterable[Audience],
    receivers: Sequence[Receiver],
    *,
    division: str,
    told: frozenset[int],
    works: Works,
    local: datetime | None = None,
    place: Place | None = None,
) -> Dispatch:
    """Whom a step addresses, without those already told in this round.

    Args:
        audiences: whom the step names.
        receivers: the person's family, whoever answers for an area that contains the person, and whoever is near.
        division: the person's statistical code.
        told: receivers already told, or being told, in this round.
        works: whether a channel can be used.
        local: now, in local time, for duty hours; None: whoever is asked is available.
        place: where the person was last; None: only the area counts.
    """
    named = list(audiences)
    usable, passed_over = _usable(_named(named, receivers), works, local=local)
    meant = {
        addressed.receiver.receiver_id: addressed
        for audience in named
        for addressed in _members(audience, usable, division=division, place=place)
    }
    if not meant:
        return Dispatch(reach=Reach.NOBODY, passed_over=passed_over)
    new = tuple(addressed for receiver_id, addressed in meant.items() if receiver_id not in told)
    return Dispatch(reach=Reach.REACHED if new else Reach.TOLD_ALREADY, addressed=new, passed_over=passed_over)


def _named(audiences: Sequence[Audience], receivers: Sequence[Receiver]) -> list[Receiver]:
    relations = {RELATION.get(audience, Relation.FAMILY) for audience in audiences}
    return [receiver for receiver in receivers if receiver.relation in relations]


def _usable(
    receivers: Iterable[Receiver], works: Works, *, local: datetime | None
) -> tuple[list[Addressed], Mapping[Availability, int]]:
    """Those who can be asked, and how many cannot, by reason."""
    found: list[Addressed] = []
    passed_over: Counter[Availability] = Counter()
    for receiver in receivers:
        reason = Availability.AVAILABLE if local is None else availability(receiver, local=local)
        index = first_working(receiver.channels, works) if reason is Availability.AVAILABLE else None
        if index is not None:
            found.append(Addressed(receiver=receiver, channel_index=index))
        else:
            passed_over[Availability.NO_CHANNEL if reason is Availability.AVAILABLE else reason] += 1
    return found, dict(passed_over)


def _members(
    audience: Audience, usable: Sequence[Addressed], *, division: str, place: Place | None
) -> Sequence[Addressed]:
    if audience not in RELATION:
        family = sorted(
            (one for one in usable if one.receiver.relation is Relation.FAMILY),
            key=lambda one: (one.receiver.priority, one.receiver.receiver_id),
        )
        return family[:1] if audience is Audience.FIRST_FAMILY else family
    level = [one for one in usable if one.receiver.relation is RELATION[audience]]
    by_area = _of_smallest_area(level, area(division))
    near = NEAREST.get(audience)
    return [*by_area, *(_nearest(level, place, near) if near and place else ())]


def _of_smallest_area(candidates: Sequence[Addressed], person_area: str) -> Sequence[Addressed]:
    """Those of the smallest area that contains the person."""
    containing = [
        (len(own), one) for one in candidates if person_area.startswith(own := area(one.receiver.division or ""))
    ]
    smallest = max((length for length, _ in containing), default=0)
    return [one for length, one in containing if length == smallest]


def _nearest(candidates: Sequence[Addressed], place: Place, near: Near) -> Sequence[Addressed]:
    """The nearest of those who are near enough."""
    measured = sorted(
        ((away_m(one.receiver, place), one.receiver.receiver_id, one) for one in candidates),
        key=lambda row: row[:2],
    )
    return [one for distance, _, one in measured[: near.count] if distance <= near.within_m]


def away_m(receiver: Receiver, place: Place) -> float:
    """Metres from where a receiver starts to a place; infinite where that is not known."""
    if receiver.latitude is None or receiver.longitude is None:
        return float("inf")
    return distance_m(receiver.latitude, receiver.longitude, place.latitude, place.longitude)
