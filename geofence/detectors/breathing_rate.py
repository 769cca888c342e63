"""Breathing that is too slow or too fast in bed, by the person's own nights and within clinical bounds.

With b the usual rate (`geofence.baseline`), r the rate of a report that can be read (`geofence.detectors.rest`)::

    low     r < 8      critically low    r < 5
    high    r > min(35, max(28, b + 8)); r > 28 while b is unknown

held three minutes, critical thirty seconds, over at least two reports. The usual rate can only raise the upper limit,
for people whose lungs make them breathe fast every night, and never above 35.

Source: reference practice of bed sensors, NEWS2 for the bounds; docs/detectors/vital_signs.md.

Example: reports of 31, 30 and 32 a minute apart: high, told with the third. Usually 25: told above 33 only.

Quiet: a report inside the limits while nothing goes on, less than ten minutes after the last value taken or by day.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING

from geofence.detection import DetectionKind
from geofence.observation import NOTHING, Judgement, Observation
from geofence.person import Person
from geofence.policy import Policy
from geofence.quiet import Room
from geofence.vital_report import VitalSign, judge, narrow
from geofence.vital_sign import Limits, VitalState

if TYPE_CHECKING:
    from geofence.state import PersonState


class Reason(StrEnum):
    """Why it was concluded."""

    LOW = "low"
    HIGH = "high"
    CRITICALLY_LOW = "critically_low"


def limits(usual: float | None, policy: Policy) -> Limits:
    """One person's limits, given their usual rate if it is known. Breaths a minute."""
    high = policy.breathing_high_bpm
    if usual is not None:
        high = max(high, min(policy.breathing_high_most_bpm, usual + policy.breathing_above_usual_bpm))
    return Limits(
        low=policy.breathing_low_bpm,
        high=high,
        critical_low=policy.breathing_critical_low_bpm,
        critical_high=math.inf,
        deadband=policy.breathing_deadband_bpm,
        held=policy.breathing_held,
        critical_held=policy.breathing_critical_held,
        usual=usual,
    )


BREATH = VitalSign(kind=DetectionKind.BREATHING_RATE, limits=limits, reason=Reason)


def step(state: VitalState, seen: Observation) -> tuple[VitalState, Judgement]:
    """Judge one live reading."""
    bed = seen.reading.bed
    # Zero is no reading; that breath itself is missing is judged by `apnea`.
    if bed is None or not bed.breathing_rate_bpm:
        return state, NOTHING
    return judge(BREATH, state, seen, bed.breathing_rate_bpm)


def quiet(state: VitalState, person: Person, before: PersonState, room: Room) -> None:
    """A report inside the limits, before the next value is taken."""
    if (bounds := narrow(BREATH, state, person, before.rest, room)) is not None:
        room.breathing_between(bounds.low, bounds.high)
