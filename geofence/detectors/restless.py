"""A restless night: much movement in bed, told once a night.

A report is restless when it has at least 20 % of movement; it stands for the time since the bed's report before it, two
minutes at most. With S the restless share of the last two hours, in bed, at night::

    restless   S >= max(0.25, 2 x the median of the worst S of the last 14 nights); 0.25 alone until 7 are known

The first of a night is told, and no other. Nights without any restless report teach nothing.

Quiet: any report below `restless_movement_pct`, and any report by day.

Example: 20 restless reports of two minutes from 01:00 to 03:00 are S = 0.33: told, if the usual worst is up to 0.16.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING

from geofence.detection import Detection, DetectionKind
from geofence.evidence import identify, when
from geofence.observation import NOTHING, Judgement, Observation
from geofence.occupancy import LYING
from geofence.person import Person
from geofence.policy import Policy
from geofence.quiet import Room
from geofence.reading import ReadingKind

if TYPE_CHECKING:
    from geofence.state import PersonState

#: Restless time is kept in portions of this length; at most 48 of them in the longest window.
PORTION = timedelta(minutes=5)
#: One report stands for at most so long: the longest interval of docs/wire.md.
STANDS_FOR = timedelta(minutes=2)
#: Nights remembered, the newest last.
REMEMBERED_NIGHTS = 14
#: From noon to noon is one night.
_HALF_A_DAY = timedelta(hours=12)


class Reason(StrEnum):
    """Why a night is called restless."""

    #: More than the fixed share; the person's usual is not known yet.
    MUCH_MOVEMENT = "much_movement"
    #: More than the fixed share and than the person's usual.
    MORE_THAN_USUAL = "more_than_usual"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestlessState:
    """One person's restless time of this night, and the worst of earlier ones."""

    #: The local day on which the night began; "" before the first.
    night: str = ""
    #: Restless seconds by portion, the oldest first.
    portions: tuple[tuple[datetime, float], ...] = ()
    #: The highest share of this night.
    worst: float = 0.0
    told: bool = False
    #: The highest shares of earlier nights.
    usual: tuple[float, ...] = ()


def limit(state: RestlessState, policy: Policy) -> float:
    """From which share on a night is restless."""
    if len(state.usual) < policy.restless_learnt_from:
        return policy.restless_share
    return max(policy.restless_share, policy.restless_ratio * median(state.usual))


def step(state: RestlessState, seen: Observation) -> tuple[RestlessState, Judgement]:
    """Judge one live reading."""
    reading, person, bed = seen.reading, seen.person, seen.before.bed
    report = reading.bed
    if report is None or (report.movement_pct or 0.0) < person.policy.restless_movement_pct:
        return state, NOTHING
    if bed.status not in LYING or bed.other_sleeper or bed.device_id != reading.device_id:
        return state, NOTHING
    if report.status not in LYING or not person.is_night(reading.at):
        return state, NOTHING
    state = _tonight(state, (person.local(reading.at) - _HALF_A_DAY).date().isoformat())
    state = _with(state, reading.at, _stood_for(seen), person.policy.restless_window)
    share = sum(seconds for _, seconds in state.portions) / person.policy.restless_window.total_seconds()
    state = replace(state, worst=max(state.worst, round(share, 4)))
    if state.told or share < limit(state, person.policy):
        return state, NOTHING
    return replace(state, told=True), Judgement(detections=(_detection(state, seen, share),))


def quiet(state: RestlessState, person: Person, before: PersonState, room: Room) -> None:  # noqa: ARG001 - as every detector's
    """Reports with little movement."""
    room.movement_up_to(math.nextafter(person.policy.restless_movement_pct, -math.inf))


def _tonight(state: RestlessState, night: str) -> RestlessState:
    """A new night begins with its first restless report, and the last one becomes part of the usual."""
    if state.night == night:
        return state
    usual = (*state.usual, state.worst)[-REMEMBERED_NIGHTS:] if state.night else state.usual
    return RestlessState(night=night, usual=usual)


def _stood_for(seen: Observation) -> timedelta:
    reading = seen.reading
    rows = seen.before.order.newest
    last = [at for device, kind, at in rows if device == reading.device_id and kind is ReadingKind.BED]
    return min(reading.at - last[0], STANDS_FOR) if last else timedelta(0)


def _with(state: RestlessState, at: datetime, lasted: timedelta, window: timedelta) -> RestlessState:
    """Add restless time; what lies before the window goes."""
    kept = tuple((since, seconds) for since, seconds in state.portions if since > at - window)
    if kept and at - kept[-1][0] < PORTION:
        since, seconds = kept[-1]
        return replace(state, portions=(*kept[:-1], (since, seconds + lasted.total_seconds())))
    return replace(state, portions=(*kept, (at, lasted.total_seconds())))


def _detection(state: RestlessState, seen: Observation, share: float) -> Detection:
    reading, person, policy = seen.reading, seen.person, seen.person.policy
    usual = len(state.usual) >= policy.restless_learnt_from
    window_min = policy.restless_window.total_seconds() / 60
    return Detection(
        detection_id=identify(person.person_id, DetectionKind.RESTLESS, reading.at),
        person_id=person.person_id,
        device_id=reading.device_id,
        kind=DetectionKind.RESTLESS,
        reason=Reason.MORE_THAN_USUAL if usual else Reason.MUCH_MOVEMENT,
        at=reading.at,
        place=seen.last_place,
        evidence={
            "moved_min": round(share * window_min, 1),
            "window_min": round(window_min, 1),
            "usual_min": round(median(state.usual) * window_min, 1) if usual else None,
            "limit_min": round(limit(state, policy) * window_min, 1),
            "nights_known": len(state.usual),
            **when(person, reading.at),
        },
    )
