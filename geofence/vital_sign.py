"""One vital sign against its limits: how long it has been outside, what was told of it, when it is over.

A report outside the limits begins or goes on with a run; a run that was *held* long enough, over at least two reports,
is told once, and once more if it becomes critical. A report just inside the limit (the deadband of ISA-18.2) neither
adds to a run nor ends it. Back inside for a while ends the episode. A report speaks for the time since
the one before it, so three reports a minute apart hold three minutes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from geofence.baseline import NEW, Baseline
from geofence.policy import Policy


class Word(StrEnum):
    """What one report says of the rate."""

    NORMAL = "normal"
    LOW = "low"
    HIGH = "high"
    CRITICALLY_LOW = "critically_low"
    CRITICALLY_HIGH = "critically_high"


#: Reports that a run needs. Count. Our judgement; settled.
REPORTS_LEAST = 2
LOW_WORDS = (Word.LOW, Word.CRITICALLY_LOW)
CRITICAL_WORDS = (Word.CRITICALLY_LOW, Word.CRITICALLY_HIGH)


class Told(StrEnum):
    """What was told of this episode."""

    NOTHING = "nothing"
    UNUSUAL = "unusual"
    CRITICAL = "critical"


#: (told, what is held) -> told. A pair that is absent tells nothing new.
TRANSITIONS: dict[tuple[Told, Told], Told] = {
    (Told.NOTHING, Told.UNUSUAL): Told.UNUSUAL,
    (Told.NOTHING, Told.CRITICAL): Told.CRITICAL,
    (Told.UNUSUAL, Told.CRITICAL): Told.CRITICAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """One vital sign's limits for one person. Beats or breaths a minute; a rate exactly at a limit is normal."""

    low: float
    high: float
    critical_low: float
    critical_high: float
    #: So far inside a limit a run is not yet over.
    deadband: float
    held: timedelta
    critical_held: timedelta
    #: The person's usual rate, if it is known.
    usual: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalState:
    """What is remembered of one vital sign of one person."""

    baseline: Baseline = field(default_factory=lambda: NEW)
    #: Outside the limits on one side without interruption: which, since when, how many reports, the last of them.
    low_side: bool = False
    since: datetime | None = None
    critical_since: datetime | None = None
    reports: int = 0
    #: Reports of the run that were just inside the limit.
    near: int = 0
    critical_reports: int = 0
    seen_at: datetime | None = None
    told: Told = Told.NOTHING
    #: Back within the limits since, after something was told.
    normal_since: datetime | None = None

    @property
    def settled(self) -> bool:
        """Nothing is going on."""
        return self.since is None and self.told is Told.NOTHING


def word(rate: float, limits: Limits) -> Word:
    """What one rate says."""
    if rate < limits.critical_low:
        return Word.CRITICALLY_LOW
    if rate > limits.critical_high:
        return Word.CRITICALLY_HIGH
    if rate < limits.low:
        return Word.LOW
    return Word.HIGH if rate > limits.high else Word.NORMAL


def inside(state: VitalState, rate: float, at: datetime, *, limits: Limits, policy: Policy) -> VitalState:
    """After a report within the limits."""
    if state.settled:
        return state
    if _near(state, rate, limits) and _goes_on(state, at, policy):
        return replace(state, near=state.near + 1, seen_at=at)
    state = replace(state, since=None, critical_since=None, reports=0, near=0, critical_reports=0)
    if state.told is Told.NOTHING:
        return state
    normal_since = state.normal_since or at
    if at - normal_since >= policy.vital_over_after:
        return replace(state, told=Told.NOTHING, normal_since=None)
    return replace(state, normal_since=normal_since)


def outside(
    state: VitalState, said: Word, at: datetime, *, speaks_since: datetime, limits: Limits, policy: Policy
) -> tuple[VitalState, Told]:
    """After a report outside the limits: the state, and what there is to tell now, if anything."""
    low_side, critical = said in LOW_WORDS, said in CRITICAL_WORDS
    before = state if _same_episode(state, low_side, at, policy) else VitalState(baseline=state.baseline)
    goes_on = _goes_on(before, at, policy)
    critically = goes_on and before.critical_since is not None
    state = replace(
        before,
        low_side=low_side,
        since=before.since if goes_on else speaks_since,
        critical_since=(before.critical_since if critically else speaks_since) if critical else None,
        reports=before.reports + 1 if goes_on else 1,
        near=before.near if goes_on else 0,
        critical_reports=(before.critical_reports if critically else 0) + 1 if critical else 0,
        seen_at=at,
        normal_since=None,
    )
    told = TRANSITIONS.get((state.told, _held(state, at, limits)))
    return (state, Told.NOTHING) if told is None else (replace(state, told=told), told)


def _near(state: VitalState, rate: float, limits: Limits) -> bool:
    return rate < limits.low + limits.deadband if state.low_side else rate > limits.high - limits.deadband


def _goes_on(state: VitalState, at: datetime, policy: Policy) -> bool:
    return state.since is not None and state.seen_at is not None and at - state.seen_at <= policy.vital_gap_most


def _same_episode(state: VitalState, low_side: bool, at: datetime, policy: Policy) -> bool:
    """Whether what was told before is about this: the same side, and not hours ago."""
    if state.seen_at is None:
        return True
    return state.low_side is low_side and at - state.seen_at <= policy.vital_forgotten_after


def _held(state: VitalState, at: datetime, limits: Limits) -> Told:
    """What has been going on for long enough."""
    assert state.since is not None
    # One report is never enough: a sensor that counts every second beat, or each twice, does so for a moment.
    if state.critical_since is not None and state.critical_reports >= REPORTS_LEAST:  # noqa: SIM102 - two questions
        if at - state.critical_since >= limits.critical_held:
            return Told.CRITICAL
    enough = state.reports >= REPORTS_LEAST and state.reports >= state.near
    return Told.UNUSUAL if enough and at - state.since >= limits.held else Told.NOTHING
