"""A heart that beats too slowly or too fast in bed, by the person's own nights and within clinical bounds.

With b the usual rate (`geofence.baseline`), r the rate of a report that can be read (`geofence.detectors.rest`)::

    low             r < max(35, min(40, b - 15))        critically low    r < 35
    high            r > min(140, max(110, b + 45))      critically high   r > 140

held three minutes, critical ones thirty seconds, over at least two reports. While b is unknown the limits are 40 and
120. No configuration lowers 35 or raises 140.

Source: reference practice of bed sensors, NEWS2 for the clinical bounds; measured in docs/detectors/vital_signs.md.

Example: usual 52, reports of 38, 37 and 38 a minute apart: low, told with the third.

Quiet: a report inside the limits while nothing goes on, less than ten minutes after the last value taken or by day.
"""

from __future__ import annotations

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
    CRITICALLY_HIGH = "critically_high"


def limits(usual: float | None, policy: Policy) -> Limits:
    """One person's limits, given their usual rate if it is known. Beats a minute."""
    low, high = policy.heart_low_bpm, policy.heart_high_unknown_bpm
    if usual is not None:
        low = min(policy.heart_low_bpm, usual - policy.heart_below_usual_bpm)
        high = max(policy.heart_high_bpm, usual + policy.heart_above_usual_bpm)
    return Limits(
        low=max(policy.heart_critical_low_bpm, low),
        high=min(policy.heart_critical_high_bpm, high),
        critical_low=policy.heart_critical_low_bpm,
        critical_high=policy.heart_critical_high_bpm,
        deadband=policy.heart_deadband_bpm,
        held=policy.heart_held,
        critical_held=policy.heart_critical_held,
        usual=usual,
    )


HEART = VitalSign(kind=DetectionKind.HEART_RATE, limits=limits, reason=Reason)


def step(state: VitalState, seen: Observation) -> tuple[VitalState, Judgement]:
    """Judge one live reading."""
    bed = seen.reading.bed
    # Zero is no reading, not a heart that stands still.
    if bed is None or not bed.heart_rate_bpm:
        return state, NOTHING
    return judge(HEART, state, seen, bed.heart_rate_bpm)


def quiet(state: VitalState, person: Person, before: PersonState, room: Room) -> None:
    """A report inside the limits, before the next value is taken."""
    if (bounds := narrow(HEART, state, person, before.rest, room)) is not None:
        room.heart_between(bounds.low, bounds.high)
