"""Strolls that are somebody's habit: the park at ten, the market in the morning.

A stroll that looks like wandering is noted with its place, its hour and its day, whether it was told or not. The same
place at the same hour, one more or less around midnight too, on enough earlier days is a habit. It is forgotten when
it did not come back for 30 days.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from geofence.geometry import distance_m
from geofence.person import Person

#: Strolls remembered for each person. Count.
MOST_STROLLS = 24
#: Days after which one that did not come back is forgotten. A month; provisional.
FORGOTTEN_AFTER = 30
_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroll:
    """Where, at which local hour, on how many days, and the last of them (days of the common era, local)."""

    latitude: float
    longitude: float
    hour: int
    days: int
    last_day: int


def usual(strolls: tuple[Stroll, ...], latitude: float, longitude: float, at: datetime, person: Person) -> bool:
    """Whether the person did the same at this hour on enough earlier days."""
    local = person.local(at)
    today = local.date().toordinal()
    near = [each for each in strolls if _same(each, latitude, longitude, local.hour, person)]
    # Today's own stroll is no earlier day.
    earlier = sum(each.days - (each.last_day == today) for each in near if today - each.last_day <= FORGOTTEN_AFTER)
    return earlier >= person.policy.wandering_usual_days


def noted(
    strolls: tuple[Stroll, ...], latitude: float, longitude: float, at: datetime, person: Person
) -> tuple[Stroll, ...]:
    """The strolls with this one, the latest last."""
    local = person.local(at)
    today = local.date().toordinal()
    same = next((each for each in strolls if _same(each, latitude, longitude, local.hour, person)), None)
    if same is None:
        fresh = Stroll(latitude=latitude, longitude=longitude, hour=local.hour, days=1, last_day=today)
    elif same.last_day == today:
        return strolls
    else:
        fresh = replace(same, days=same.days + 1, last_day=today)
    others = (each for each in strolls if each is not same and today - each.last_day <= FORGOTTEN_AFTER)
    return (*others, fresh)[-MOST_STROLLS:]


def _same(stroll: Stroll, latitude: float, longitude: float, hour: int, person: Person) -> bool:
    apart = abs(stroll.hour - hour)
    if min(apart, _HOURS - apart) > 1:
        return False
    return distance_m(stroll.latitude, stroll.longitude, latitude, longitude) <= person.policy.wandering_usual_m
