"""The line a person's fixes draw: which fix is believed, how fast it says they move, where they were last.

A fix that would need an impossible speed from the last believed one is held back. When the next fix agrees with the
one held back, it was the earlier one that was wrong, and the person is believed to be there.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from geofence.detection import Place
from geofence.geometry import distance_m
from geofence.policy import Policy
from geofence.reading import Fix, FixSource, Reading


class TrackState(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The last believed place, and one that was not believed."""

    place: Place | None = None
    held: Place | None = None


class Movement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a fix says about movement."""

    #: It can be believed: accurate enough, not from a cell tower, not an impossible jump.
    believed: bool
    #: Least speed that explains the way from the last believed place, both radii taken off. Metres a second.
    least_speed_mps: float | None = None


NOT_BELIEVED = Movement(believed=False)


def follow(state: TrackState, reading: Reading, policy: Policy) -> tuple[TrackState, Movement]:
    """Add one live reading to the track."""
    fix = reading.fix
    if fix is None or not usable(fix, policy):
        return state, NOT_BELIEVED
    place = Place(latitude=fix.latitude, longitude=fix.longitude, accuracy_m=fix.accuracy_m, at=reading.at)
    if state.place is None:
        return TrackState(place=place), Movement(believed=True)
    # One fix told twice, as a location and with a call for help, must not confirm itself.
    if place.at < state.place.at or place == state.place or (state.held is not None and place == state.held):
        return state, NOT_BELIEVED
    speed = least_speed_mps(state.place, place)
    if speed <= policy.impossible_speed_mps:
        return TrackState(place=place), Movement(believed=True, least_speed_mps=speed)
    if state.held is not None and least_speed_mps(state.held, place) <= policy.impossible_speed_mps:
        speed = least_speed_mps(state.held, place)
        return TrackState(place=place), Movement(believed=True, least_speed_mps=speed)
    return TrackState(place=state.place, held=place), NOT_BELIEVED


def usable(fix: Fix, policy: Policy) -> bool:
    """Whether a fix is good enough to move a zone state at all."""
    return fix.source is not FixSource.CELL and fix.accuracy_m <= policy.zone_accuracy_ceiling_m


def least_speed_mps(before: Place, after: Place) -> float:
    """Metres a second that the way between two places needs at least, after both radii are taken off."""
    way_m = distance_m(before.latitude, before.longitude, after.latitude, after.longitude)
    way_m = max(0.0, way_m - before.accuracy_m - after.accuracy_m)
    elapsed_s = _seconds(before.at, after.at)
    return way_m / elapsed_s if elapsed_s > 0 else (float("inf") if way_m > 0 else 0.0)


def _seconds(since: datetime, until: datetime) -> float:
    return (until - since).total_seconds()
