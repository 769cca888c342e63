"""Weekly windows of a receiver: when on duty, when better not disturbed. Pure; local time of the person concerned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from geofence.zone import ScheduleError, Window, schedule_from_rows

Windows = tuple[Window, ...]

#: Quiet hours that follow one another never add up to more than this. Settled: a day has 24 hours, and somebody who
#: wants to hear nothing at all is switched off instead.
LONGEST_QUIET = timedelta(hours=24)


def windows(rows: Any) -> Windows:
    """Windows as stored; none when they cannot be used, so that a slip of the pen keeps nobody from being told."""
    try:
        return schedule_from_rows(rows if isinstance(rows, list) else None)
    except (ScheduleError, TypeError, AttributeError):
        return ()


def problem(rows: Any) -> str | None:
    """What is wrong with windows as stored; None when they can be used."""
    if rows is None:
        return None
    if not isinstance(rows, list):
        return 'write a list: [{"days": [1], "from": "08:00", "until": "17:00"}]'
    try:
        schedule_from_rows(rows)
    except (ScheduleError, TypeError, AttributeError) as error:
        return str(error)
    return None


def on_duty(duty: Windows, local: datetime) -> bool:
    """Whether somebody with this roster is on duty; without one, always."""
    return not duty or any(window.contains(local) for window in duty)


def quiet_until(quiet: Windows, local: datetime) -> datetime | None:
    """When the quiet hours that hold now end, windows that touch taken together; None: they do not hold."""
    until, limit = local, local + LONGEST_QUIET
    while until < limit and (holding := [window for window in quiet if window.contains(until)]):
        until = max(_next(window.end, after=until) for window in holding)
    return None if until == local else min(until, limit)


def next_time(at: time, *, after: datetime) -> datetime:
    """The next local instant that shows this time."""
    return _next(at, after=after)


def _next(at: time, *, after: datetime) -> datetime:
    today = after.replace(hour=at.hour, minute=at.minute, second=at.second, microsecond=0)
    return today if today > after else today + timedelta(days=1)


def none_on_duty(rosters: Sequence[Windows]) -> list[tuple[int, time]]:
    """(ISO weekday, hour) of every hour of a week at which nobody of these is on duty."""
    monday = datetime(2026, 1, 5)  # noqa: DTZ001 - a local week, any will do
    hours = [monday + timedelta(hours=hour) for hour in range(7 * 24)]
    return [(hour.isoweekday(), hour.time()) for hour in hours if not any(on_duty(one, hour) for one in rosters)]
