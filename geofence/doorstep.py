"""Places just beyond the edge where somebody often is by day: the neighbour's yard, the bench across the lane.

A stay is two or more outside fixes within one spot (60 m), ten minutes or more from the first to the last, in the band
of 100 m beyond the edge, by day. It counts, once a day, when the person then comes home by themselves. A spot with
three such days is the person's doorstep: by day a fix there is no exit. It is one at night, further off, near a danger,
and anywhere new. A spot not visited for 30 days is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from geofence.detection import Place
from geofence.features import SafeArea
from geofence.geometry import distance_m
from geofence.observation import Observation
from geofence.person import Person
from geofence.reading import Fix

#: Spots remembered for each person. Count.
MOST_SPOTS = 12
#: A spot is forgotten after so long. Days.
FORGOTTEN_AFTER = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place, on how many days it was visited, and the last of them (days of the common era, local)."""

    latitude: float
    longitude: float
    days: int
    last_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Outside fixes at one place, the first and the last of them."""

    latitude: float
    longitude: float
    since: datetime
    until: datetime


def familiar(spots: tuple[Spot, ...], seen: Observation, area: SafeArea, fix: Fix) -> bool:
    """Whether an outside fix lies on the person's doorstep, by day, and near no danger."""
    person = seen.person
    policy = person.policy
    if not spots or area.distance_m > policy.zone_doorstep_m or person.is_night(seen.reading.at):
        return False
    today = _day(person, seen.reading.at)
    known = any(
        spot.days >= policy.zone_doorstep_visits
        and today - spot.last_day <= FORGOTTEN_AFTER
        and _at(spot, fix.latitude, fix.longitude, policy.zone_doorstep_spot_m)
        for spot in spots
    )
    return known and not person.dangers.near(fix.latitude, fix.longitude, policy.zone_doorstep_m)


def stayed_on(stay: Stay | None, seen: Observation, area: SafeArea, place: Place) -> Stay | None:
    """The stay after one more outside fix; None when it is too far off to be one."""
    person, at = seen.person, seen.reading.at
    if area.distance_m > person.policy.zone_doorstep_m or person.is_night(at):
        return None
    if stay is not None and _at(stay, place.latitude, place.longitude, person.policy.zone_doorstep_spot_m):
        return replace(stay, until=at)
    return Stay(latitude=place.latitude, longitude=place.longitude, since=at, until=at)


def learnt(spots: tuple[Spot, ...], stay: Stay | None, person: Person) -> tuple[Spot, ...]:
    """The spots after the person came home from a stay."""
    if stay is None or stay.until - stay.since < person.policy.zone_doorstep_stay:
        return spots
    day, reach_m = _day(person, stay.until), person.policy.zone_doorstep_spot_m
    here = [spot for spot in spots if _at(spot, stay.latitude, stay.longitude, reach_m)]
    if not here:
        fresh = Spot(latitude=stay.latitude, longitude=stay.longitude, days=1, last_day=day)
        return _kept((*spots, fresh), day)
    if here[0].last_day == day:
        return spots
    again = replace(here[0], days=here[0].days + 1, last_day=day)
    return _kept((*(spot for spot in spots if spot is not here[0]), again), day)


def _kept(spots: tuple[Spot, ...], day: int) -> tuple[Spot, ...]:
    """The latest, in order of the last visit."""
    return tuple(spot for spot in spots if day - spot.last_day <= FORGOTTEN_AFTER)[-MOST_SPOTS:]


def _at(spot: Spot | Stay, latitude: float, longitude: float, reach_m: float) -> bool:
    return distance_m(spot.latitude, spot.longitude, latitude, longitude) <= reach_m


def _day(person: Person, at: datetime) -> int:
    return person.local(at).date().toordinal()
