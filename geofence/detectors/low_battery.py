"""A battery running flat: two thresholds, each armed again only well above it; and one that will be empty by morning.

Rule: a warning when the charge is at or below 20 %, a second at or below 10 %. Each is armed again 5 points above its
threshold, or while charging. One device's charge never arms or fires another's.

Forecast: a charge an hour is remembered, at most twelve of them. From eight in the evening the straight
line through them (Theil-Sen: the median of the slopes of all pairs, which one wrong charge does not bend) is drawn on
to the end of the night::

    battery_pct + slope_pct_per_h * hours until morning <= 3 %      told once an evening

Source: Theil (1950), Sen (1968) for the line; thresholds as on phones.

Example: 48 % at 16:00, 36 % at 20:00: 3 points an hour, 6 % at 06:00, nothing. 44 % to 28 %: empty at 03:00, told.

Quiet: a charge that leaves the level as it is, less than an hour after the last one remembered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations
from statistics import median
from typing import TYPE_CHECKING

from geofence.detection import Detection, DetectionKind, Evidence
from geofence.evidence import identify, when
from geofence.local_time import next_time
from geofence.observation import NOTHING, Judgement, Observation
from geofence.person import Person
from geofence.policy import Policy
from geofence.quiet import Facet, Room
from geofence.reading import Reading

if TYPE_CHECKING:
    from geofence.state import PersonState

#: A charge is remembered so often, and so many of them. Provisional: half a day.
REMEMBERED_EVERY = timedelta(hours=1)
REMEMBERED = 12
#: A line needs so many of them: three hours and more. Count. Provisional.
LINE_CHARGES = 4
#: A charge that falls more slowly is a battery at rest. Points an hour. Provisional.
DRAIN_LEAST = 0.2
_HOUR = timedelta(hours=1)


class Level(StrEnum):
    """What was last said about a battery."""

    GOOD = "good"
    LOW = "low"
    CRITICAL = "critical"


class Reason(StrEnum):
    """Why it was told."""

    BELOW_LOW = "below_low"
    BELOW_CRITICAL = "below_critical"
    EMPTY_BEFORE_MORNING = "empty_before_morning"


#: How bad; a warning goes out only when this grows.
RANK = {Level.GOOD: 0, Level.LOW: 1, Level.CRITICAL: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Charges:
    """The last charges of one device since it was taken off the charger, an hour apart."""

    device_id: str
    points: tuple[tuple[datetime, float], ...] = ()
    #: The very last charge while it is low, for who asks; an hour's point does for the rest.
    low_pct: float | None = None
    #: The morning that was told of.
    told_for: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryState:
    """What is remembered of the batteries of one person's devices."""

    #: The level of each device that is not good.
    levels: tuple[tuple[str, Level], ...] = ()
    charges: tuple[Charges, ...] = ()


def next_level(level: Level, battery_pct: float, policy: Policy) -> Level:
    """The level after one measurement."""
    low, critical, slack = policy.battery_low_pct, policy.battery_critical_pct, policy.battery_hysteresis_pct
    if battery_pct <= critical:
        return Level.CRITICAL
    if level is Level.CRITICAL and battery_pct < critical + slack:
        return Level.CRITICAL
    if battery_pct <= low or (level is not Level.GOOD and battery_pct < low + slack):
        return Level.LOW
    return Level.GOOD


def drain_pct_per_h(points: tuple[tuple[datetime, float], ...]) -> float | None:
    """Points an hour that a battery loses, by the median slope of all pairs; None when too little is known."""
    if len(points) < LINE_CHARGES:
        return None
    slopes = [(after - before) / ((late - early) / _HOUR) for (early, before), (late, after) in combinations(points, 2)]
    return -median(slopes)


def last_charge_pct(state: BatteryState, device_id: str) -> float | None:
    """The last charge of a device: exact while it is low, else up to an hour old when it was last heard."""
    charges = _of(state, device_id)
    if charges.low_pct is not None:
        return charges.low_pct
    return charges.points[-1][1] if charges.points else None


def step(state: BatteryState, seen: Observation) -> tuple[BatteryState, Judgement]:
    """Judge one live reading."""
    reading, policy = seen.reading, seen.person.policy
    if reading.battery_pct is None:
        return state, NOTHING
    if _ordinary(state, reading, reading.battery_pct, policy):
        return state, NOTHING
    state, forecast = _remember(state, seen, reading.battery_pct)
    before = dict(state.levels).get(reading.device_id, Level.GOOD)
    after = Level.GOOD if reading.charging else next_level(before, reading.battery_pct, policy)
    state = _with_low(state, reading.device_id, None if after is Level.GOOD else reading.battery_pct)
    if after is before:
        return state, forecast
    others = tuple(row for row in state.levels if row[0] != reading.device_id)
    state = replace(state, levels=others if after is Level.GOOD else (*others, (reading.device_id, after)))
    if RANK[after] <= RANK[before]:
        return state, forecast
    threshold = policy.battery_critical_pct if after is Level.CRITICAL else policy.battery_low_pct
    reason = Reason.BELOW_CRITICAL if after is Level.CRITICAL else Reason.BELOW_LOW
    warning = _detection(seen, reason, {"battery_pct": reading.battery_pct, "threshold_pct": threshold})
    return state, Judgement(detections=(warning,)) + forecast


def quiet(state: BatteryState, person: Person, before: PersonState, room: Room) -> None:  # noqa: ARG001 - as every detector's
    """Charges that leave every level as it is, before the next one is remembered."""
    if state.levels or not state.charges:
        room.never(Facet.BATTERY)
        return
    room.battery_between(person.policy.battery_low_pct + 1e-9, 1_000.0)
    room.charging_only(None, False)
    room.battery_only_of(*(charges.device_id for charges in state.charges))
    for charges in state.charges:
        if charges.points:
            room.before(charges.points[-1][0] + REMEMBERED_EVERY)
        else:
            room.never(Facet.BATTERY)


def _ordinary(state: BatteryState, reading: Reading, battery_pct: float, policy: Policy) -> bool:
    """Whether a charge leaves everything as it is: nothing low, and the last one remembered not an hour ago."""
    if reading.charging or state.levels or battery_pct <= max(policy.battery_low_pct, policy.battery_critical_pct):
        return False
    for known in state.charges:
        if known.device_id == reading.device_id and known.points and known.low_pct is None:
            return reading.at - known.points[-1][0] < REMEMBERED_EVERY
    return False


def _of(state: BatteryState, device_id: str) -> Charges:
    for known in state.charges:
        if known.device_id == device_id:
            return known
    return Charges(device_id=device_id)


def _remember(state: BatteryState, seen: Observation, battery_pct: float) -> tuple[BatteryState, Judgement]:
    """One more charge, if it is time for one, and what it lets foresee."""
    reading, known = seen.reading, _of(state, seen.reading.device_id)
    if reading.charging:
        # On the charger the line begins anew, and so does what was told.
        on_charger = Charges(device_id=reading.device_id, points=((reading.at, battery_pct),))
        fresh = not known.points or len(known.points) > 1 or reading.at - known.points[0][0] >= REMEMBERED_EVERY
        return (_with(state, on_charger) if fresh or known.told_for else state), NOTHING
    if known.points and reading.at - known.points[-1][0] < REMEMBERED_EVERY:
        return state, NOTHING
    known = replace(known, points=(*known.points, (reading.at, battery_pct))[-REMEMBERED:])
    known, judgement = _foresee(known, seen, battery_pct)
    return _with(state, known), judgement


def _with_low(state: BatteryState, device_id: str, low_pct: float | None) -> BatteryState:
    known = _of(state, device_id)
    return state if known.low_pct == low_pct else _with(state, replace(known, low_pct=low_pct))


def _with(state: BatteryState, charges: Charges) -> BatteryState:
    others = tuple(each for each in state.charges if each.device_id != charges.device_id)
    return replace(state, charges=(*others, charges))


def _foresee(known: Charges, seen: Observation, battery_pct: float) -> tuple[Charges, Judgement]:
    """Whether the battery will be empty by morning; told once for each morning."""
    at, person = seen.reading.at, seen.person
    morning = next_time(person, at, person.policy.night_until)
    evening = next_time(person, morning - timedelta(days=1), person.policy.battery_evening)
    drain = drain_pct_per_h(known.points)
    if known.told_for == morning or not evening <= at < morning or drain is None or drain < DRAIN_LEAST:
        return known, NOTHING
    left_pct = battery_pct - drain * ((morning - at) / _HOUR)
    if left_pct > person.policy.battery_empty_pct:
        return known, NOTHING
    empty_at = at + max(0.0, battery_pct) / drain * _HOUR
    told = _detection(
        seen,
        Reason.EMPTY_BEFORE_MORNING,
        {
            "battery_pct": battery_pct,
            "drain_pct_per_h": round(drain, 2),
            "empty_at": min(empty_at, morning).replace(microsecond=0).isoformat(),
            "morning_at": morning.isoformat(),
            "charges_count": len(known.points),
        },
    )
    return replace(known, told_for=morning), Judgement(detections=(told,))


def _detection(seen: Observation, reason: Reason, evidence: Evidence) -> Detection:
    reading = seen.reading
    return Detection(
        detection_id=identify(reading.person_id, DetectionKind.LOW_BATTERY, reading.at, reading.device_id, reason),
        person_id=reading.person_id,
        device_id=reading.device_id,
        kind=DetectionKind.LOW_BATTERY,
        reason=reason,
        at=reading.at,
        place=seen.last_place,
        evidence={**evidence, **when(seen.person, reading.at)},
    )
