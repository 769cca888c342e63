"""Duty hours as people write them, as rows of a schedule: `Mon-Fri 08:00-18:00; Sat 08:00-12:00`. Pure."""

from __future__ import annotations

import re
from typing import Any

from geofence.zone import ScheduleError, schedule_from_rows

#: Monday first; digits as in ISO 8601.
_DAYS = (
    ("1", "mon", "monday", "周一", "星期一"),
    ("2", "tue", "tuesday", "周二", "星期二"),
    ("3", "wed", "wednesday", "周三", "星期三"),
    ("4", "thu", "thursday", "周四", "星期四"),
    ("5", "fri", "friday", "周五", "星期五"),
    ("6", "sat", "saturday", "周六", "星期六"),
    ("7", "sun", "sunday", "周日", "星期日", "周天", "星期天"),
)
_NUMBER = {word: number for number, words in enumerate(_DAYS, start=1) for word in words}
_ALWAYS = frozenset({"always", "24h", "全天", "全时"})
_EVERY_DAY = frozenset({"", "daily", "每天", "每日"})
_WEEK = list(range(1, 8))
_HOW = "write e.g. Mon-Fri 08:00-18:00; Sat 20:00-06:00, or always"
_SPAN = re.compile(r"(?P<days>.*?)\s*(?P<start>\d{1,2}:\d{2})\s*(?:-|–|~|至|到)\s*(?P<end>\d{1,2}:\d{2})")


def duty_rows(text: str) -> list[dict[str, Any]] | None:
    """[{"days": [1..7], "from": "HH:MM", "until": "HH:MM"}, ...]; None: always.

    Raises:
        ValueError: it cannot be read; the message says what to write.
    """
    if text.strip().lower() in _ALWAYS:
        return None
    rows = [_row(part.strip()) for part in re.split(r"[;；]", text) if part.strip()]
    try:
        schedule_from_rows(rows)
    except ScheduleError as error:
        raise ValueError(f"{error}: {_HOW}") from None
    return rows


def _row(text: str) -> dict[str, Any]:
    if (match := _SPAN.fullmatch(text)) is None:
        raise ValueError(f"{text!r} has no hours: {_HOW}")
    return {
        "days": _days(match["days"].strip().lower()),
        "from": match["start"].zfill(5),
        "until": match["end"].zfill(5),
    }


def _days(text: str) -> list[int]:
    if text in _EVERY_DAY:
        return _WEEK
    found: set[int] = set()
    for part in re.split(r"[,，、]\s*", text):
        ends = [_day(end.strip()) for end in re.split(r"-|–|~|至|到", part)]
        if len(ends) > 2:  # noqa: PLR2004 - from and until
            raise ValueError(f"{part!r} is no span of days: {_HOW}")
        # Sat-Mon runs over the week's end.
        length = (ends[-1] - ends[0]) % 7
        found |= {(ends[0] - 1 + step) % 7 + 1 for step in range(length + 1)}
    return sorted(found)


def _day(word: str) -> int:
    if word not in _NUMBER:
        raise ValueError(f"{word!r} is no day: {_HOW}")
    return _NUMBER[word]
