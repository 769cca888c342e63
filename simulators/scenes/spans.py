"""Lengths of time and instants as people write them in a scene: `1h 30m`, `02:40`, `day 3 02:40`, `+20m`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from simulators.errors import SimulatorError

#: China has one time zone without summer time.
ZIBO = timezone(timedelta(hours=8))
_UNITS_S = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([dhms])")
_CLOCK = re.compile(r"(?:day\s+(?P<day>\d{1,3})\s+)?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?")
#: No scene is longer. A year would fill any disk.
LONGEST_S = 62 * 86_400.0


def seconds(text: str) -> float:
    """`1h 30m` as 5400.0; units are d, h, m and s, the largest first or in any order.

    Raises:
        SimulatorError: it is something else, or longer than two months.
    """
    parts = _SPAN.findall(text)
    if not parts or _SPAN.sub("", text).strip():
        raise SimulatorError(f'{text!r} is no length of time. Write for example "90s", "20m", "1h 30m" or "7d".')
    total_s = sum(float(number) * _UNITS_S[unit] for number, unit in parts)
    if total_s > LONGEST_S:
        raise SimulatorError(f'{text!r} is longer than two months. Write at most "62d".')
    return total_s


def local(at: datetime) -> str:
    """An instant as clocks and calendars in Zibo show it."""
    return f"{at.astimezone(ZIBO):%d %b %H:%M}"


def after_s(text: str, start: datetime) -> float:
    """How long after the start of a scene an instant lies.

    Args:
        text: `02:40` is the first time that clocks in Zibo show it from the start on; `day 2 02:40` the same on the
            second day, the day of the start being the first; `+20m` counts from the start.
        start: aware.

    Raises:
        SimulatorError: it is not understood, or lies before the start.
    """
    if text.startswith("+"):
        return seconds(text[1:])
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise SimulatorError(f'{text!r} is no time. Write "02:40", "day 2 02:40", or "+20m" from the start on.')
    return _until(found, text, start.astimezone(ZIBO))


def _until(found: re.Match[str], text: str, start: datetime) -> float:
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    try:
        at = start.replace(hour=hour, minute=minute, second=second, microsecond=0)
    except ValueError:
        raise SimulatorError(f'{text!r} is no time of day. Write "00:00" to "23:59".') from None
    if found["day"] is not None:
        at += timedelta(days=int(found["day"]) - 1)
        if at < start:
            raise SimulatorError(f"{text!r} lies before the start, {start:%H:%M} on day 1. Write a later one.")
    elif at < start:
        at += timedelta(days=1)
    return (at - start).total_seconds()
