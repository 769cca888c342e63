"""Wandering on foot: pacing, lapping or random, told by the shape of the last minutes' walk.

The last 15 minutes of fixes, at least 8 minutes with no pause above 150 s, give a `Shape`; its linear scores
(`geofence.wandering_score`) speak for each pattern of Martino-Saltzman. Three fixes in a row with a score of 0 or more
confirm; the pattern with the highest sum over them is named. While it goes on it is told again after half an hour.

Somebody who did the same at the same hour (one more or less) within 150 m on three earlier days has a habit: by day it
is not told. Nor is, by day, a walk inside the safe area: up and down one's own yard is how old people take the air, and
the family has called it safe. At night it always is told.

A walk begins with a fix 25 m or more from where the person stood, unless the bracelet says that it counted no steps. It
is forgotten with a pause, in a vehicle, at home by Wi-Fi, on the charger, off the wrist, or when all of it lies in a
box of 25 m across. Fixes of one device make one walk.

So that the shape can be seen at all, a bracelet that says it is walking just inside the edge, or outside where no exit
was told, is asked for a fix every 30 s; `geofence.steering` asks after an exit, so nobody is asked twice.

Example: 12 times to and fro along 60 m: density 20, straightness 0, eleven reversals, all along one axis: pacing.

Quiet: no walk is followed, and the fix comes without a step, or at home, or lies within 25 m of where the person came
to stand; slower than walking.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from geofence import strolls
from geofence.detection import Detection, DetectionKind
from geofence.evidence import identify, when
from geofence.geometry import Frame, distance_m
from geofence.observation import NOTHING, Judgement, Observation
from geofence.person import Person
from geofence.quiet import Room
from geofence.strolls import Stroll
from geofence.tally import SLACK, Spotted, Tally, added, dropped, leads_on, spread_m, tallied
from geofence.walk import VERTEX_M, Shape, measure
from geofence.walk_steering import ask_to_be_seen
from geofence.wandering_score import (
    LEAST_DENSITY,
    LEAST_TURNS,
    Scores,
    because,
    likeliest,
    scores,
)

if TYPE_CHECKING:
    from geofence.state import PersonState

#: Fixes remembered of one walk; more often than every 15 s is not needed. Count.
MOST_SPOTS = 64
LEAST_GAP_S = 15.0
#: Fewer show no shape. Count.
LEAST_SPOTS = 8
#: Nobody walks faster from fix to fix; one that says so is left out. Metres a second. Running; settled.
FASTEST_MPS = 3.5
#: Degrees are kept as whole millionths: a tenth of a metre.
_MICRO = 1e6


class Reason(StrEnum):
    """How somebody wanders: `geofence.wandering_score.Pattern`."""

    PACING = "pacing"
    LAPPING = "lapping"
    RANDOM = "random"


class WanderingState(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The walk that is followed, and the strolls that are somebody's habit."""

    device_id: str | None = None
    #: Fixes of this walk; one alone is where the person stands.
    spots: tuple[Spotted, ...] = ()
    #: Running sums of these; None until they are needed.
    tally: Tally | None = None
    #: Fixes in a row that spoke for wandering, and the sum of their scores by pattern.
    speaking: int = 0
    sums: tuple[float, ...] = ()
    told_at: datetime | None = None
    strolls: tuple[Stroll, ...] = ()
    #: Until when the device was asked to report faster.
    tracking_until: datetime | None = None


def step(state: WanderingState, seen: Observation) -> tuple[WanderingState, Judgement]:
    """Judge one live reading."""
    if not seen.movement.believed or seen.reading.fix is None:
        return _without_fix(state, seen), NOTHING
    state, asked = ask_to_be_seen(state, seen)
    before = state.spots
    state = _follow(state, seen)
    if state.spots is before or len(state.spots) < LEAST_SPOTS:
        return state, asked
    state, told = _judge(state, seen)
    return state, asked + told


def quiet(state: WanderingState, person: Person, before: PersonState, room: Room) -> None:  # noqa: ARG001 - as every detector's
    """While the person stands: no step, at home, or around that place."""
    if len(state.spots) > 1:
        room.within(0.0)
        room.at_home_only(None, False)
        room.charging_only(None, False)
        room.worn_only(None, True)
        return
    if room.said.steps == 0:
        room.without_steps()
    elif room.said.at_home is True:
        room.at_home_only(True)
    elif not state.spots or room.place is None:
        room.within(0.0)
    else:
        here = _spot(room.place.at, room.place.latitude, room.place.longitude)
        # Stored places are rounded to a tenth of a metre.
        room.within(VERTEX_M - 1.0 - _apart_m(state.spots[0], here))
    room.slower_than(person.policy.zone_strong_speed_mps * 0.999)
    room.steps_up_to(person.policy.zone_strong_steps - 1)


def shape(state: WanderingState, person: Person) -> Shape | None:
    """The shape of the walk that is followed, once it is long enough and not simply on its way somewhere."""
    spots = state.spots
    if len(spots) < LEAST_SPOTS or spots[-1][0] - spots[0][0] < person.policy.wandering_least.total_seconds():
        return None
    if leads_on(state.tally or tallied(spots), spots, LEAST_DENSITY, LEAST_TURNS):
        return None
    return measured(spots)


def measured(spots: tuple[Spotted, ...]) -> Shape | None:
    """The shape of a walk, if it is dense and turned enough to be one of the patterns."""
    times, norths, easts = zip(*spots, strict=True)
    frame = Frame.at(norths[0] / _MICRO, easts[0] / _MICRO)
    longitude, metres_east = frame.longitude, frame.metres_per_degree_east
    latitude, metres_north = frame.latitude, frame.metres_per_degree_north
    return measure(
        times,
        [(east / _MICRO - longitude) * metres_east for east in easts],
        [(north / _MICRO - latitude) * metres_north for north in norths],
        least_density=LEAST_DENSITY,
        least_turns=LEAST_TURNS,
    )


def _without_fix(state: WanderingState, seen: Observation) -> WanderingState:
    return _stopped(state) if _indoors(seen) else state


def _indoors(seen: Observation) -> bool:
    """What a bracelet says of itself that ends every walk."""
    reading = seen.reading
    return reading.at_home is True or reading.charging is True or reading.worn is False


def _stopped(state: WanderingState) -> WanderingState:
    if len(state.spots) <= 1:
        return state
    return replace(state, device_id=None, spots=(), tally=None, speaking=0, sums=())


def _follow(state: WanderingState, seen: Observation) -> WanderingState:
    """The walk after one more believed fix."""
    fix, policy = seen.reading.fix, seen.person.policy
    assert fix is not None
    if _indoors(seen) or seen.before.vehicle.motion == "riding":
        return _stopped(state)
    if fix.accuracy_m > policy.wandering_accuracy_m:
        return state
    spot = _spot(seen.reading.at, fix.latitude, fix.longitude)
    if len(state.spots) <= 1 or spot[0] - state.spots[-1][0] > policy.wandering_pause.total_seconds():
        return _begin(state, seen, spot)
    return _go_on(state, seen, spot)


def _go_on(state: WanderingState, seen: Observation, spot: Spotted) -> WanderingState:
    """The walk with one more spot: of the same device, late enough after the last, and not too far from it."""
    spots, policy = state.spots, seen.person.policy
    elapsed_s = spot[0] - spots[-1][0]
    if elapsed_s < LEAST_GAP_S or state.device_id != seen.reading.device_id:
        return state
    way_m = _apart_m(spots[-1], spot)
    if way_m > FASTEST_MPS * elapsed_s:
        return state
    tally = state.tally or tallied(spots)
    earliest = spot[0] - policy.wandering_window.total_seconds()
    while spots[0][0] < earliest and len(spots) > 1:
        tally, spots = dropped(tally, spots), spots[1:]
    oldest = spots[0]
    spots = (*spots, spot)
    tally = added(tally, spots)
    # A way longer than the box is across need not be looked up in it.
    if (
        way_m <= VERTEX_M * SLACK
        and spot[0] - oldest[0] >= policy.wandering_least.total_seconds()
        and _stands(tally, spots)
    ):
        return replace(_stopped(state), device_id=state.device_id, spots=(oldest,))
    while len(spots) > MOST_SPOTS:
        tally, spots = dropped(tally, spots), spots[1:]
    return replace(state, spots=spots, tally=tally)


def _stands(tally: Tally, spots: tuple[Spotted, ...]) -> bool:
    """Whether all of a walk lies in a box that is no larger than one step."""
    # Nobody is farther from the middle on average than the box is across.
    if spread_m(tally, spots) > VERTEX_M * SLACK:
        return False
    norths, easts = [spot[1] for spot in spots], [spot[2] for spot in spots]
    return _apart_m((0, min(norths), min(easts)), (0, max(norths), max(easts))) < VERTEX_M


def _begin(state: WanderingState, seen: Observation, spot: Spotted) -> WanderingState:
    """A walk of two fixes, if the person has left where they stood at a walker's speed; else they stand here."""
    last, policy = seen.before.track.place, seen.person.policy
    # A bracelet that counted no steps has not walked, however far its fix jumped.
    if len(state.spots) <= 1 and seen.reading.steps == 0:
        return state
    if len(state.spots) == 1 and _apart_m(state.spots[0], spot) < VERTEX_M:
        return state
    standing = replace(state, device_id=seen.reading.device_id, spots=(spot,), tally=None, speaking=0, sums=())
    if len(state.spots) != 1 or last is None or last.accuracy_m > policy.wandering_accuracy_m:
        return standing
    first = _spot(last.at, last.latitude, last.longitude)
    elapsed_s = spot[0] - first[0]
    together = 0 < elapsed_s <= policy.wandering_pause.total_seconds()
    if not together or _apart_m(first, spot) > FASTEST_MPS * elapsed_s:
        return standing
    return replace(standing, spots=(first, spot))


def _spot(at: datetime, latitude: float, longitude: float) -> Spotted:
    return int(at.timestamp()), round(latitude * _MICRO), round(longitude * _MICRO)


def _apart_m(one: Spotted, other: Spotted) -> float:
    return distance_m(one[1] / _MICRO, one[2] / _MICRO, other[1] / _MICRO, other[2] / _MICRO)


def _judge(state: WanderingState, seen: Observation) -> tuple[WanderingState, Judgement]:
    """What the walk says with its latest fix."""
    found, policy = shape(state, seen.person), seen.person.policy
    values = scores(found) if found is not None else None
    if found is None or values is None or max(values) < policy.wandering_score:
        return (replace(state, speaking=0, sums=()) if state.speaking else state), NOTHING
    state = _counted(state, values)
    if state.speaking < policy.wandering_confirming_fixes or not _due(state, seen):
        return state, NOTHING
    state, usual = _remembered(state, seen)
    state = replace(state, told_at=seen.reading.at)
    if usual or _in_the_yard(seen):
        return state, NOTHING
    return state, Judgement(detections=(_detection(state, seen, found),))


def _in_the_yard(seen: Observation) -> bool:
    """Whether the walk is where the person may be, by day."""
    return seen.area is not None and seen.area.distance_m <= 0 and not seen.person.is_night(seen.reading.at)


def _counted(state: WanderingState, values: Scores) -> WanderingState:
    # Added up over the whole run, so that the name rests on more than the last look.
    sums = tuple(a + b for a, b in zip(state.sums or (0.0,) * len(values), values, strict=True))
    return replace(state, speaking=state.speaking + 1, sums=sums)


def _due(state: WanderingState, seen: Observation) -> bool:
    pause: timedelta = seen.person.policy.wandering_again_after
    return state.told_at is None or seen.reading.at - state.told_at >= pause


def _remembered(state: WanderingState, seen: Observation) -> tuple[WanderingState, bool]:
    """The stroll noted, and whether it is a habit by day."""
    latitude, longitude = _middle(state)
    person, at = seen.person, seen.reading.at
    usual = strolls.usual(state.strolls, latitude, longitude, at, person)
    noted = strolls.noted(state.strolls, latitude, longitude, at, person)
    return replace(state, strolls=noted), usual and not person.is_night(at)


def _middle(state: WanderingState) -> tuple[float, float]:
    count = len(state.spots) * _MICRO
    return sum(spot[1] for spot in state.spots) / count, sum(spot[2] for spot in state.spots) / count


def _detection(state: WanderingState, seen: Observation, found: Shape) -> Detection:
    person, at = seen.person, seen.reading.at
    pattern = likeliest(state.sums, state.speaking)
    since = datetime.fromtimestamp(state.spots[0][0], at.tzinfo)
    return Detection(
        detection_id=identify(person.person_id, DetectionKind.WANDERING, at),
        person_id=person.person_id,
        device_id=seen.reading.device_id,
        kind=DetectionKind.WANDERING,
        reason=Reason(pattern),
        at=at,
        place=seen.last_place,
        zone_id=seen.area.zone.zone_id if seen.area else None,
        evidence={
            "suspected_since": since.isoformat(),
            "walk_min": round(found.span_s / 60, 1),
            "length_m": round(found.length_m),
            "spread_m": round(found.spread_m),
            "reversals_count": found.reversals,
            "sharp_turns_count": found.sharp_turns,
            "laps_count": round(abs(found.turning_deg) / 360, 1),
            "revisits_pct": round(100 * found.revisits),
            "score": round(max(state.sums) / state.speaking, 2),
            "because": because(found, pattern),
            "beyond_m": round(seen.area.distance_m, 1) if seen.area and seen.area.distance_m > 0 else None,
            "zone_name": seen.area.zone.name if seen.area else None,
            **when(person, at),
        },
    )
