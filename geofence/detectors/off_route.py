"""Off usual routes: on foot from ground the person usually walks on to ground they do not. Never told as "lost".

The ground is learnt from walks (`geofence.usual_ground`), each day's with the next, for four weeks before anything is
told. Metres walked on unusual ground count up, those on usual ground down twice as fast. At 500 (by night 400), 200 m
from all usual ground, it is told once; then not again until usual ground is reached. Ground walked then is not learnt.

Where the person came by vehicle, or after ten minutes without a fix, no route leads from usual ground to here: nothing
counts until usual ground is reached on foot. `in_vehicle` tells of the ride. The safe area and home by Wi-Fi are usual
ground.

Example: 28 days of the same walk to the market; today 520 m further on, 300 m from the nearest usual cell: off route.

Quiet: within 25 m of the last walking fix, or of where the person came to stand; 100 m without a step.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from geofence import usual_ground
from geofence.detection import Detection, DetectionKind, Place
from geofence.evidence import identify, when
from geofence.geometry import distance_m
from geofence.observation import NOTHING, Judgement, Observation
from geofence.person import Person
from geofence.quiet import Room
from geofence.usual_ground import Ground

if TYPE_CHECKING:
    from geofence.state import PersonState

#: A shorter way may be the error of a fix. Metres. Source: reference; settled.
LEAST_WAY_M = 25.0
#: ... and this long a one, when the bracelet says that it counted no steps. Metres. Judgement; provisional.
AT_REST_M = 100.0
#: How much faster usual ground takes off than unusual ground adds. Ratio. Source: reference; settled.
TAKEN_OFF = 2.0
#: Fast fixes in a row after which the person has ridden, whatever `in_vehicle` says of bicycles. Count. Provisional.
RIDDEN_AFTER = 3
#: Fixes with a larger radius show no route. Metres. As wandering; settled.
ACCURACY_M = 50.0
#: Nobody is farther from usual ground than they walked off it; beyond this share of it and metres they rode unseen.
#: Ratio, metres. Slack for the errors of fixes; provisional.
UNSEEN_SHARE, UNSEEN_M = 1.2, 200.0
#: Cells remembered of one day. Count: 18 km.
MOST_TODAY = 300


class Reason(StrEnum):
    """Why it is told."""

    UNUSUAL_GROUND = "unusual_ground"


class Footing(StrEnum):
    """How the person came to where they are."""

    #: By vehicle, or unseen, or nothing is known yet.
    CARRIED = "carried"
    #: On foot from usual ground.
    ON_FOOT = "on_foot"
    #: On foot, and it was told.
    TOLD = "told"


class Ways(StrEnum):
    """What the latest way says."""

    USUAL = "usual"
    FAR = "far"
    RODE = "rode"


#: (footing, way) -> footing. A pair that is absent changes nothing.
TRANSITIONS: dict[tuple[Footing, Ways], Footing] = {
    (Footing.CARRIED, Ways.USUAL): Footing.ON_FOOT,
    (Footing.ON_FOOT, Ways.FAR): Footing.TOLD,
    (Footing.ON_FOOT, Ways.RODE): Footing.CARRIED,
    (Footing.TOLD, Ways.USUAL): Footing.ON_FOOT,
    (Footing.TOLD, Ways.RODE): Footing.CARRIED,
}


class RouteState(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The usual ground, today's walk, and how far it has led off."""

    footing: Footing = Footing.CARRIED
    ground: Ground | None = None
    #: The day (of the common era, local) of the first walk, and on how many days there was one.
    first_day: int = 0
    walked_days: int = 0
    #: The day that is being walked, and the cells of it.
    day: int = 0
    today: tuple[int, ...] = ()
    #: The last walking fix.
    here: Place | None = None
    #: Metres on unusual ground, and since when.
    unusual_m: float = 0.0
    unusual_since: datetime | None = None
    #: Fixes in a row too fast for walking.
    fast: int = 0


def step(state: RouteState, seen: Observation) -> tuple[RouteState, Judgement]:
    """Judge one live reading."""
    fix, here, before = seen.reading.fix, seen.last_place, seen.before.track.place
    if fix is None or here is None or not seen.movement.believed or fix.accuracy_m > ACCURACY_M:
        return state, NOTHING
    if seen.before.vehicle.motion == "riding":
        return _rode(state, None), NOTHING
    if state.here is None or before is None:
        return _begun(state, seen, here), NOTHING
    least_m = AT_REST_M if seen.reading.steps == 0 else LEAST_WAY_M
    way_m = _apart_m(state.here, here)
    return _moved(state, seen, before, here, way_m) if way_m >= least_m else (state, NOTHING)


def _moved(
    state: RouteState, seen: Observation, before: Place, here: Place, way_m: float
) -> tuple[RouteState, Judgement]:
    """A fix away from the last walking one: walked, too fast for that, or nobody knows how."""
    policy, took = seen.person.policy, here.at - before.at
    if took > policy.off_route_pause:
        return _begun(_rode(state, here), seen, here), NOTHING
    straight_m = way_m if before is state.here else _apart_m(before, here)
    if straight_m > policy.off_route_fastest_mps * took.total_seconds():
        return _hurried(state, here), NOTHING
    return _walked(state, seen, here, way_m)


def quiet(state: RouteState, person: Person, before: PersonState, room: Room) -> None:  # noqa: ARG001 - as every detector's
    """Fixes around the last walking fix."""
    if state.here is None or room.place is None:
        room.within(0.0)
        return
    at_rest = room.said.steps == 0
    if at_rest:
        room.without_steps()
    room.within((AT_REST_M if at_rest else LEAST_WAY_M) - _apart_m(state.here, room.place))


def _apart_m(one: Place, other: Place) -> float:
    return distance_m(one.latitude, one.longitude, other.latitude, other.longitude)


def _rode(state: RouteState, here: Place | None) -> RouteState:
    footing = TRANSITIONS.get((state.footing, Ways.RODE), state.footing)
    if footing is state.footing and here is state.here:
        return state
    return replace(state, footing=footing, here=here, unusual_m=0.0, unusual_since=None, fast=0)


def _hurried(state: RouteState, here: Place) -> RouteState:
    """Too fast for walking: it shows no route, and three in a row were a ride."""
    if state.fast + 1 >= RIDDEN_AFTER:
        return _rode(state, here)
    return replace(state, here=here, fast=state.fast + 1)


def _begun(state: RouteState, seen: Observation, here: Place) -> RouteState:
    """The first fix of a walk."""
    state = replace(_on_day(state, seen, here), here=here)
    if not _familiar(state, seen, here):
        return state
    footing = TRANSITIONS.get((state.footing, Ways.USUAL), state.footing)
    return replace(state, footing=footing)


def _familiar(state: RouteState, seen: Observation, here: Place) -> bool:
    """Whether a place is usual, or next to what once was, or declared to be by the family."""
    ground = state.ground
    assert ground is not None
    if not ground.cells or _at_home(seen):
        return _at_home(seen)
    cell = usual_ground.cell_of(*ground.frame.to_metres(here.latitude, here.longitude))
    return usual_ground.near_usual(ground, cell, state.day)


def _at_home(seen: Observation) -> bool:
    """In the safe area, or with home in the air: that is usual ground."""
    return seen.reading.at_home is True or (seen.area is not None and seen.area.distance_m <= 0)


def _on_day(state: RouteState, seen: Observation, here: Place) -> RouteState:
    """The day turned over: what was walked before today is learnt."""
    day = seen.person.local(here.at).toordinal()
    if day == state.day:
        return state
    ground = state.ground or Ground(latitude=here.latitude, longitude=here.longitude)
    if state.today:
        ground = usual_ground.learnt(ground, state.today, state.day)
    return replace(
        state,
        ground=ground,
        day=day,
        today=(),
        first_day=state.first_day or day,
        walked_days=state.walked_days + bool(state.today),
    )


def _walked(state: RouteState, seen: Observation, here: Place, way_m: float) -> tuple[RouteState, Judgement]:
    """One more way on foot."""
    state = _on_day(state, seen, here)
    ground, last = state.ground, state.here
    assert ground is not None
    assert last is not None
    to_metres = ground.frame.to_metres
    cells = usual_ground.cells_between(
        to_metres(last.latitude, last.longitude), to_metres(here.latitude, here.longitude)
    )
    known = [True] * len(cells) if _at_home(seen) else usual_ground.usual(ground, cells, state.day)
    footing, unusual_m, since = _counted(state, seen, known, way_m / len(cells), here)
    state = replace(
        state,
        footing=footing,
        unusual_m=unusual_m,
        unusual_since=since if unusual_m > 0 else None,
        here=here,
        fast=0,
        today=state.today if footing is Footing.TOLD else _with_cells(state.today, cells),
    )
    return _far(state, seen, cells[-1])


def _with_cells(today: tuple[int, ...], cells: list[int]) -> tuple[int, ...]:
    if len(today) >= MOST_TODAY:
        return today
    for cell in cells:
        if cell not in today:
            today = (*today, cell)
    return today[:MOST_TODAY]


def _counted(
    state: RouteState, seen: Observation, known: list[bool], each_m: float, here: Place
) -> tuple[Footing, float, datetime | None]:
    """Metres up or down, cell by cell: the footing, metres on unusual ground, and since when."""
    footing, unusual_m, since = state.footing, state.unusual_m, state.unusual_since
    for yes in known:
        if yes:
            unusual_m = max(0.0, unusual_m - TAKEN_OFF * each_m)
            if footing is not Footing.ON_FOOT:
                footing = TRANSITIONS[footing, Ways.USUAL]
        elif footing is Footing.ON_FOOT:
            since = since if unusual_m > 0 else here.at
            unusual_m += each_m
    if footing is Footing.CARRIED and _familiar(state, seen, here):
        footing = TRANSITIONS[footing, Ways.USUAL]
    return footing, unusual_m, since


def _far(state: RouteState, seen: Observation, cell: int) -> tuple[RouteState, Judgement]:
    """Tell of it when it has led far enough off."""
    policy = seen.person.policy
    # Before the clock is asked, which costs more than all of this.
    if state.footing is not Footing.ON_FOOT or state.unusual_m < min(
        policy.off_route_night_m, policy.off_route_least_m
    ):
        return state, NOTHING
    night = seen.person.is_night(seen.reading.at)
    least_m = policy.off_route_night_m if night else policy.off_route_least_m
    if state.unusual_m < least_m or not _learnt(state, seen):
        return state, NOTHING
    assert state.ground is not None
    away_m = usual_ground.nearest_m(state.ground, cell, state.day)
    if away_m < policy.off_route_away_m:
        return state, NOTHING
    if away_m > UNSEEN_M + UNSEEN_SHARE * state.unusual_m:
        return _rode(state, seen.last_place), NOTHING
    told = replace(state, footing=TRANSITIONS[Footing.ON_FOOT, Ways.FAR])
    return told, Judgement(detections=(_detection(state, seen, away_m),))


def _learnt(state: RouteState, seen: Observation) -> bool:
    policy = seen.person.policy
    long_enough = state.day - state.first_day >= policy.off_route_learning_days
    return long_enough and state.walked_days >= policy.off_route_walked_days


def _detection(state: RouteState, seen: Observation, away_m: float) -> Detection:
    person, at, here = seen.person, seen.reading.at, seen.last_place
    assert state.ground is not None
    return Detection(
        detection_id=identify(person.person_id, DetectionKind.OFF_ROUTE, at),
        person_id=person.person_id,
        device_id=seen.reading.device_id,
        kind=DetectionKind.OFF_ROUTE,
        reason=Reason.UNUSUAL_GROUND,
        at=at,
        place=here,
        zone_id=seen.area.zone.zone_id if seen.area else None,
        evidence={
            "unusual_m": round(state.unusual_m),
            "away_m": round(away_m),
            "suspected_since": (state.unusual_since or at).isoformat(),
            "learnt_days_count": state.day - state.first_day,
            "walked_days_count": state.walked_days,
            "usual_cells_count": len(state.ground),
            "beyond_m": round(seen.area.distance_m, 1) if seen.area and seen.area.distance_m > 0 else None,
            "zone_name": seen.area.zone.name if seen.area else None,
            **when(person, at),
        },
    )
