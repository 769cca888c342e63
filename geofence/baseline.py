"""A person's usual heart or breathing rate asleep: the median of the medians of the last nights. Causal and bounded.

Tonight never counts for tonight: a night's median joins the others only when the next night begins. A value is taken
every ten minutes, so an ordinary report changes nothing and a whole night is at most 64 numbers.

    usual = median(m_1 .. m_14),   m_i = median of the values of night i, if it has two hours of them

Example: nights of 58, 61, 60, 59, 62, 60, 61 give 60; six nights give nothing yet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

from geofence.local_time import next_time
from geofence.person import Person
from geofence.policy import Policy

#: Nights remembered. Count. Source: reference practice; settled.
NIGHTS = 14
#: A value is taken so often. Provisional: two numbers of a bed's noise apart after a night.
SAMPLED_EVERY = timedelta(minutes=10)
#: Values of one night remembered, the first ones. Count: ten hours and a half.
SAMPLES_MOST = 64
#: Values that a night needs to count. Count: two hours asleep.
SAMPLES_LEAST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What is remembered of one vital sign."""

    #: Medians of earlier nights, the newest last.
    nights: tuple[float, ...] = ()
    #: Values of the night that `night` names.
    tonight: tuple[float, ...] = ()
    #: Local date on which that night began.
    night: str | None = None
    sampled_at: datetime | None = None


NEW = Baseline()


def usual(baseline: Baseline, policy: Policy) -> float | None:
    """The person's usual rate, or None until enough nights are known."""
    if len(baseline.nights) < policy.baseline_nights_least:
        return None
    return median(baseline.nights)


def wants(baseline: Baseline, at: datetime, person: Person) -> bool:
    """Whether a value of this instant would be taken."""
    if baseline.sampled_at is not None and at - baseline.sampled_at < SAMPLED_EVERY:
        return False
    return person.is_night(at)


def next_wanted(baseline: Baseline, at: datetime, person: Person) -> datetime:
    """The earliest instant after `at` at which a value may be taken; `at` is one at which none is."""
    if person.is_night(at) and baseline.sampled_at is not None:
        return baseline.sampled_at + SAMPLED_EVERY
    return next_time(person, at, person.policy.night_from)


def sample(baseline: Baseline, value: float, at: datetime, person: Person) -> Baseline:
    """After one more value, if it is time for one; the same object if not."""
    if not wants(baseline, at, person):
        return baseline
    night = _night(at, person)
    if night != baseline.night:
        baseline = Baseline(nights=_nights(baseline), night=night)
    if len(baseline.tonight) >= SAMPLES_MOST:
        return replace(baseline, sampled_at=at)
    return replace(baseline, tonight=(*baseline.tonight, round(value, 1)), sampled_at=at)


def _nights(baseline: Baseline) -> tuple[float, ...]:
    if len(baseline.tonight) < SAMPLES_LEAST:
        return baseline.nights
    return (*baseline.nights, round(median(baseline.tonight), 1))[-NIGHTS:]


def _night(at: datetime, person: Person) -> str:
    """The local date on whose noon the half day of this night began."""
    return (person.local(at) - timedelta(hours=12)).date().isoformat()
