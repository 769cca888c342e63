"""Judging a bed's report of one vital sign: what heart and breathing rate have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from geofence import baseline, vital_sign
from geofence.detection import Detection, DetectionKind
from geofence.detectors import rest
from geofence.detectors.rest import RestState
from geofence.evidence import identify, when
from geofence.observation import NOTHING, Judgement, Observation
from geofence.person import Person
from geofence.policy import Policy
from geofence.quiet import Facet, Room
from geofence.vital_sign import Limits, Told, VitalState, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalSign:
    """One vital sign: its kind of detection, its limits by the usual rate, its reasons, which are `Word`s."""

    kind: DetectionKind
    limits: Callable[[float | None, Policy], Limits]
    reason: type[StrEnum]


def judge(sign: VitalSign, state: VitalState, seen: Observation, rate_bpm: float) -> tuple[VitalState, Judgement]:
    """What one rate changes, and what is told of it."""
    policy, at = seen.person.policy, seen.reading.at
    if not rest.readable(seen, after_movement=policy.vital_after_movement):
        return state, NOTHING
    bounds = sign.limits(baseline.usual(state.baseline, policy), policy)
    said = vital_sign.word(rate_bpm, bounds)
    learnt = baseline.sample(state.baseline, rate_bpm, at, seen.person)
    if learnt is not state.baseline:
        state = replace(state, baseline=learnt)
    if said is Word.NORMAL:
        return vital_sign.inside(state, rate_bpm, at, limits=bounds, policy=policy), NOTHING
    speaks_since = rest.speaks_since(seen)
    state, told = vital_sign.outside(state, said, at, speaks_since=speaks_since, limits=bounds, policy=policy)
    if told is Told.NOTHING:
        return state, NOTHING
    return state, Judgement(detections=(_detection(sign, state, seen, rate_bpm, bounds),))


def narrow(sign: VitalSign, state: VitalState, person: Person, rested: RestState, room: Room) -> Limits | None:
    """Leave room for reports before the next value is taken; the limits they must keep, or None: there are none."""
    if rested.lying_since is None:
        # `rest` leaves room for reports of an empty bed alone, and those say nothing here.
        return None
    if not state.settled or baseline.wants(state.baseline, room.since, person):
        room.never(Facet.BED)
        return None
    room.before(baseline.next_wanted(state.baseline, room.since, person))
    return sign.limits(baseline.usual(state.baseline, person.policy), person.policy)


def _detection(sign: VitalSign, state: VitalState, seen: Observation, rate_bpm: float, bounds: Limits) -> Detection:
    reading, critical = seen.reading, state.told is Told.CRITICAL
    since = state.critical_since if critical else state.since
    assert since is not None
    reason, limit_bpm = _reason(bounds, low_side=state.low_side, critical=critical)
    return Detection(
        detection_id=identify(reading.person_id, sign.kind, reading.at, reading.device_id, reason),
        person_id=reading.person_id,
        device_id=reading.device_id,
        kind=sign.kind,
        reason=sign.reason(reason),
        at=reading.at,
        place=seen.last_place,
        evidence={
            "rate_bpm": round(rate_bpm, 1),
            "limit_bpm": limit_bpm,
            "usual_bpm": bounds.usual,
            "held_since": since.isoformat(),
            "held_s": round((reading.at - since).total_seconds()),
            "reports_count": state.critical_reports if critical else state.reports,
            "quality_pct": reading.bed.quality_pct if reading.bed else None,
            **when(seen.person, reading.at),
        },
    )


def _reason(bounds: Limits, *, low_side: bool, critical: bool) -> tuple[Word, float]:
    """Which limit was passed."""
    if low_side:
        return (Word.CRITICALLY_LOW, bounds.critical_low) if critical else (Word.LOW, bounds.low)
    return (Word.CRITICALLY_HIGH, bounds.critical_high) if critical else (Word.HIGH, bounds.high)
