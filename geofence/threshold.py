"""One threshold as people write it: what kind of value, within which bounds, and what to write instead.

In JSON a duration is a number of seconds and a time of day is "HH:MM". Nothing here knows which thresholds there are.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import time, timedelta

#: A threshold as JSON has it.
Written = float | str

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
#: Characters of a wrong value that a message repeats.
_SHOWN = 40


class ThresholdError(Exception):
    """A value cannot be a threshold; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far one threshold may be moved, both ends included, and why no further. Durations in seconds."""

    least: float
    most: float
    unit: str
    #: What would happen below `least`, and above `most`.
    below: str = field(kw_only=True)
    above: str = field(kw_only=True)

    def check(self, value: float, *, given: object) -> None:
        """Let pass what lies within.

        Raises:
            ThresholdError: it does not.
        """
        if self.least <= value <= self.most:
            return
        why = self.below if value < self.least else self.above
        raise ThresholdError(
            f"{shown(given)} is refused, because {why}: write {self.least:g} to {self.most:g} ({self.unit})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOfDay:
    """A threshold that is a local time; every minute of the day will do."""

    unit: str = "local time, HH:MM"


Limits = Bounds | TimeOfDay


def parse(value: object, kind: type, limits: Limits) -> float | timedelta | time:
    """A threshold from JSON.

    Args:
        value: as it was written.
        kind: float, int, timedelta or time.
        limits: what of that kind is let through.

    Raises:
        ThresholdError: it is of another kind, or out of bounds.
    """
    if isinstance(limits, TimeOfDay):
        return _time(value)
    number = _number(value, limits, whole=kind is int)
    limits.check(number, given=value)
    if kind is timedelta:
        return timedelta(seconds=number)
    return int(number) if kind is int else float(number)


def write(value: float | timedelta | time) -> Written:
    """The inverse of `parse`; a whole number is written as one."""
    if isinstance(value, time):
        return f"{value:%H:%M}"
    number = value.total_seconds() if isinstance(value, timedelta) else value
    return int(number) if float(number).is_integer() else number


def shown(value: object) -> str:
    """A wrong value as JSON has it, short enough for a message."""
    # JSON may hold half of a surrogate pair, which no answer can be written with.
    text = json.dumps(value, ensure_ascii=False, default=repr).encode(errors="backslashreplace").decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _number(value: object, bounds: Bounds, *, whole: bool) -> float:
    # In Python true and NaN are numbers; nobody means them as one.
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124 - NaN alone
        wanted = "a whole number" if whole else "a number"
        raise ThresholdError(
            f"{shown(value)} is not {wanted}: write {bounds.least:g} to {bounds.most:g} ({bounds.unit}), without quotes"
        )
    if whole and isinstance(value, float) and not value.is_integer():
        raise ThresholdError(
            f"{shown(value)} is not a whole number: write {bounds.least:g} to {bounds.most:g} ({bounds.unit})"
        )
    return value


def _time(value: object) -> time:
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ThresholdError(f'{shown(value)} is not a time of day: write "HH:MM", "00:00" to "23:59"')
    return time(int(found[1]), int(found[2]))
