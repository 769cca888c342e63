"""What a person's own nights teach: how long they are up, and when they rise for good. Bounded, and learnt causally."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from geofence.person import Person
from geofence.policy import Policy

#: Absences and risings that are remembered, the newest. Counts: some weeks of nights.
REMEMBERED_ABSENCES = 40
REMEMBERED_RISINGS = 28
#: A rising lies between so long before the night's end and so long after it; other long absences teach nothing.
RISING_FROM_MIN, RISING_UNTIL_MIN = -180, 480
#: Nine of ten mornings the person is up by then.
RISEN_SHARE = 0.9
_DAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """One person's nights, the newest last."""

    #: Minutes out of bed, at night, each followed by a return.
    absences_min: tuple[float, ...] = ()
    #: Minutes after local midnight at which they rose for good.
    risings_min: tuple[int, ...] = ()


def with_absence(habits: Habits, left_at: datetime, back_at: datetime) -> Habits:
    """After one more absence of a night."""
    minutes = round((back_at - left_at).total_seconds() / 60, 1)
    return replace(habits, absences_min=(*habits.absences_min, minutes)[-REMEMBERED_ABSENCES:])


def with_rising(habits: Habits, left_at: datetime, person: Person) -> Habits:
    """After one more rising; an exit at another time of day is none, and the same habits come back."""
    local = person.local(left_at)
    minute = local.hour * 60 + local.minute
    if not RISING_FROM_MIN <= _after_the_night(minute, person.policy) <= RISING_UNTIL_MIN:
        return habits
    return replace(habits, risings_min=(*habits.risings_min, minute)[-REMEMBERED_RISINGS:])


def back_within(habits: Habits, policy: Policy) -> timedelta:
    """How long the person may be out of bed at night before somebody is asked to look.

    min(most, max(least, own 95th percentile)); `least` until enough absences are known.
    """
    if len(habits.absences_min) < policy.no_return_learnt_from:
        return policy.no_return_least
    own = timedelta(minutes=nearest_rank(habits.absences_min, policy.no_return_share))
    return min(policy.no_return_most, max(policy.no_return_least, own))


def up_by_min(habits: Habits, policy: Policy) -> int:
    """Minutes after local midnight by which the person is up: own habit and margin, or the policy's fixed time."""
    if len(habits.risings_min) < policy.still_in_bed_learnt_from:
        return policy.still_in_bed_at.hour * 60 + policy.still_in_bed_at.minute
    late = nearest_rank([_after_the_night(minute, policy) for minute in habits.risings_min], RISEN_SHARE)
    margin_min = policy.still_in_bed_margin.total_seconds() / 60
    return int(late + margin_min + _ends_min(policy)) % _DAY_MIN


def usually_up(habits: Habits, at: datetime, person: Person) -> bool:
    """Whether this is a time at which the person rises for good: getting up is no absence.

    From a little before the earliest of ten own mornings on: of seven, the next is the earliest one time in eight.
    Until enough are known, from so long before the night's end as most people may rise.
    """
    policy, local = person.policy, person.local(at)
    if len(habits.risings_min) < policy.still_in_bed_learnt_from:
        early = -policy.rising_early.total_seconds() / 60
    else:
        early = nearest_rank([_after_the_night(minute, policy) for minute in habits.risings_min], 1 - RISEN_SHARE)
        early -= policy.rising_margin.total_seconds() / 60
    return early <= _after_the_night(local.hour * 60 + local.minute, policy) <= RISING_UNTIL_MIN


def nearest_rank(values: tuple[float, ...] | list[int], share: float) -> float:
    """The smallest value that at least this share of all do not exceed."""
    return sorted(values)[max(0, math.ceil(round(share * len(values), 6)) - 1)]


def _ends_min(policy: Policy) -> int:
    return policy.night_until.hour * 60 + policy.night_until.minute


def _after_the_night(minute: int, policy: Policy) -> int:
    """Minutes from the end of the night, from half a day before to half a day after."""
    return (minute - _ends_min(policy) + _DAY_MIN // 2) % _DAY_MIN - _DAY_MIN // 2
