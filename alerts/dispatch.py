"""Which receivers an audience means for one person, and through which channel each is reached first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from alerts.ladder import Audience
from alerts.receiver import Receiver, Relation

#: Digits of a statistical code that name a province, city, county, town and village; the rest is filled with zeros.
#: Source: National Bureau of Statistics, code rules for statistical divisions (GB/T 10114 levels).
LEVELS = (2, 4, 6, 9, 12)

_RELATION: Mapping[Audience, Relation] = MappingProxyType(
    {
        Audience.COORDINATORS: Relation.COORDINATOR,
        Audience.STATION: Relation.STATION,
        Audience.COUNTY: Relation.COUNTY,
        Audience.CENTRE: Relation.CENTRE,
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


def area(code: str) -> str:
    """A statistical code without the zeros that fill it: 370302000000 is the county 370302."""
    if len(code) != LEVELS[-1]:
        return code
    return next(code[:level] for level in LEVELS if not code[level:].strip("0"))


def spellings(code: str) -> list[str]:
    """Every way an area that contains `code` may be written: each prefix, bare or filled with zeros."""
    bare = area(code)
    prefixes = [bare[:length] for length in range(len(bare) + 1)]
    filled = [bare[:level].ljust(LEVELS[-1], "0") for level in LEVELS if level <= len(bare)]
    return sorted({*prefixes, *filled})


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
) -> Dispatch:
    """Whom a step addresses, without those already told in this round.

    Args:
        audiences: whom the step names.
        receivers: the person's family, and whoever answers for an area that contains the person.
        division: the person's statistical code.
        told: receivers already told, or being told, in this round.
        works: whether a channel can be used.
    """
    usable = [
        Addressed(receiver=receiver, channel_index=index)
        for receiver in receivers
        if (index := first_working(receiver.channels, works)) is not None
    ]
    meant = {
        addressed.receiver.receiver_id: addressed
        for audience in audiences
        for addressed in _members(audience, usable, division=division)
    }
    if not meant:
        return Dispatch(reach=Reach.NOBODY)
    new = tuple(addressed for receiver_id, addressed in meant.items() if receiver_id not in told)
    return Dispatch(reach=Reach.REACHED if new else Reach.TOLD_ALREADY, addressed=new)


def _members(audience: Audience, usable: Sequence[Addressed], *, division: str) -> Sequence[Addressed]:
    if audience in {Audience.FIRST_FAMILY, Audience.ALL_FAMILY}:
        family = sorted(
            (one for one in usable if one.receiver.relation is Relation.FAMILY),
            key=lambda one: (one.receiver.priority, one.receiver.receiver_id),
        )
        return family[:1] if audience is Audience.FIRST_FAMILY else family
    return _nearest([one for one in usable if one.receiver.relation is _RELATION[audience]], area(division))


def _nearest(candidates: Sequence[Addressed], person_area: str) -> Sequence[Addressed]:
    """Those of the smallest area that contains the person."""
    containing = [
        (len(own), one) for one in candidates if person_area.startswith(own := area(one.receiver.division or ""))
    ]
    smallest = max((length for length, _ in containing), default=0)
    return [one for length, one in containing if length == smallest]
