"""How often a device speaks, and until when its silence means nothing. Bounded, learnt, and cheap.

The usual interval is learnt in windows: 20 intervals, one an hour, give their 95th percentile, and the next
window begins 25 hours later, so that in time every hour of the day has its turn and an ordinary message changes
nothing. Taking the interval that is going on at an instant favours long ones, which errs on the patient side. The
longest of the last seven windows counts: a device that sleeps at night is not missed at night.

    patience = min(most, max(least, 3 x usual interval)),   an hour while it is not known
    outside  = min(most, max(five minutes, 3 x median interval outside)),   five minutes while that is not known
"""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median

import msgspec
from msgspec.structs import replace

from geofence.habits import nearest_rank
from geofence.local_time import next_time
from geofence.person import Person
from geofence.policy import Policy

#: Intervals of one window, and how far apart they are taken. Count: one of them may be odd.
WINDOW = 20
TAKEN_EVERY = timedelta(hours=1)
#: From the end of one window to the next. An hour more than a day; provisional.
RELEARNT_AFTER = timedelta(hours=25)
#: Windows that count. Count: a week.
WINDOWS = 7
#: The share of intervals that are not longer. Reference practice; settled.
SHARE = 0.95
#: Newest intervals outside, and the least that tell anything. Counts; provisional.
OUTSIDE_INTERVALS, OUTSIDE_LEAST = 8, 3


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of one device's messages."""

    device_id: str
    #: When to look whether it is silent. It may be too early, never too late; None: its silence was told.
    deadline: datetime | None = None
    #: Seconds between messages, of the window that is being learnt.
    window_s: tuple[int, ...] = ()
    #: 95th percentiles of the windows learnt, the newest last. Seconds.
    usual_s: tuple[int, ...] = ()
    #: From when on the next interval is taken; None: at once.
    learns_at: datetime | None = None
    #: Newest seconds between messages while the person was outside, or perhaps.
    outside_s: tuple[int, ...] = ()
    charging: bool = False
    #: Its last safety event: those are not in the order of readings.
    event_at: datetime | None = None


def learnt(contact: Contact, interval_s: int, at: datetime, *, outside: bool) -> Contact:
    """After one more interval; the same object when nothing is to be learnt."""
    if interval_s <= 0:
        return contact
    if outside:
        outside_s = (*contact.outside_s, interval_s)[-OUTSIDE_INTERVALS:]
        return contact if outside_s == contact.outside_s else replace(contact, outside_s=outside_s)
    if contact.learns_at is not None and at < contact.learns_at:
        return contact
    window_s = (*contact.window_s, interval_s)
    if len(window_s) < WINDOW:
        return replace(contact, window_s=window_s, learns_at=at + TAKEN_EVERY)
    usual_s = int(nearest_rank(window_s, SHARE))
    return replace(contact, window_s=(), usual_s=(*contact.usual_s, usual_s)[-WINDOWS:], learns_at=at + RELEARNT_AFTER)


def usual_interval_s(contact: Contact) -> int | None:
    """Seconds within which 95 % of its messages follow each other; None while it is not known."""
    return max(contact.usual_s, default=None)


def patience(contact: Contact, policy: Policy, *, outside: bool) -> timedelta:
    """How long it may be silent."""
    if outside:
        known = len(contact.outside_s) >= OUTSIDE_LEAST
        own = timedelta(seconds=policy.silence_intervals * median(contact.outside_s)) if known else timedelta(0)
        return min(policy.silence_outside_most, max(policy.silence_outside, own))
    usual_s = usual_interval_s(contact)
    if usual_s is None:
        return policy.silence_unknown
    return min(policy.silence_most, max(policy.silence_least, timedelta(seconds=policy.silence_intervals * usual_s)))


def least_patience(policy: Policy) -> timedelta:
    """No device is waited for less than this while the person is outside: `patience`, whatever is known of it."""
    return min(policy.silence_outside_most, policy.silence_outside)


def silent_at(contact: Contact, heard: datetime, person: Person, *, outside: bool) -> datetime:
    """When a device that was last heard at an instant is silent."""
    policy = person.policy
    due = heard + patience(contact, policy, outside=outside)
    if outside:
        return due
    if contact.charging and person.is_night(heard):
        morning = next_time(person, heard, policy.night_until) + policy.silence_least
        due = max(due, min(heard + policy.silence_charging, morning))
    return max(due, _awake_at(due, person))


def _awake_at(due: datetime, person: Person) -> datetime:
    """The end of the hours in which the device sleeps, and a little, if `due` lies in them."""
    start, end = person.policy.power_saving_from, person.policy.power_saving_until
    clock = person.local(due).time()
    asleep = start <= clock < end if start <= end else clock >= start or clock < end
    return next_time(person, due, end) + person.policy.silence_least if asleep else due
