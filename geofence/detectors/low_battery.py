"""A battery running flat: two thresholds, each armed again only well above it.

Rule: a warning when the charge is at or below 20 %, a second at or below 10 %. Each is armed again 5 points above its
threshold, or while charging. One device's charge never arms or fires another's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from geofence.detection import Detection, DetectionKind
from geofence.evidence import identify, when
from geofence.observation import NOTHING, Judgement, Observation
from geofence.policy import Policy


class Level(StrEnum):
    """What was last said about a battery."""

    GOOD = "good"
    LOW = "low"
    CRITICAL = "critical"


#: How bad; a warning goes out only when this grows.
RANK = {Level.GOOD: 0, Level.LOW: 1, Level.CRITICAL: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryState:
    """The level of each device that is not good."""

    levels: tuple[tuple[str, Level], ...] = ()


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


def step(state: BatteryState, seen: Observation) -> tuple[BatteryState, Judgement]:
    """Judge one live reading."""
    reading, policy = seen.reading, seen.person.policy
    if reading.battery_pct is None:
        return state, NOTHING
    before = dict(state.levels).get(reading.device_id, Level.GOOD)
    after = Level.GOOD if reading.charging else next_level(before, reading.battery_pct, policy)
    if after is before:
        return state, NOTHING
    others = tuple(row for row in state.levels if row[0] != reading.device_id)
    state = BatteryState(levels=others if after is Level.GOOD else (*others, (reading.device_id, after)))
    if RANK[after] <= RANK[before]:
        return state, NOTHING
    return state, Judgement(detections=(_detection(seen, after, reading.battery_pct),))


def _detection(seen: Observation, level: Level, battery_pct: float) -> Detection:
    reading, policy = seen.reading, seen.person.policy
    threshold = policy.battery_critical_pct if level is Level.CRITICAL else policy.battery_low_pct
    return Detection(
        detection_id=identify(reading.person_id, DetectionKind.LOW_BATTERY, reading.at, reading.device_id, level),
        person_id=reading.person_id,
        device_id=reading.device_id,
        kind=DetectionKind.LOW_BATTERY,
        reason=f"below_{level}",
        at=reading.at,
        place=seen.last_place,
        evidence={"battery_pct": battery_pct, "threshold_pct": threshold, **when(seen.person, reading.at)},
    )
