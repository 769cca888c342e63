"""Evidence in words: every field a template may name gets a value, whatever the evidence lacks. Pure, never raises."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from alerts.messages import placeholders

#: Below this a person is standing; GPS alone shows as much. Metres a second. Half of slow walking; provisional.
MOVING_SPEED_MPS = 0.4
#: A shorter delay between press and arrival is not worth a word. Seconds. Provisional.
LATE_S = 60.0
_METRES_IN_KILOMETRE = 1000
_SECONDS_IN_MINUTE = 60
_SECONDS = {"s": 1, "min": _SECONDS_IN_MINUTE, "h": 60 * _SECONDS_IN_MINUTE}
#: A duration is said in the largest unit it holds twice, so that nothing reads "1 minutes". Seconds.
_SPANS = (
    ("hours", 2 * _SECONDS["h"], _SECONDS["h"]),
    ("minutes", 2 * _SECONDS["min"], _SECONDS["min"]),
    ("seconds", 0, 1),
)


def zone_of(name: str) -> tzinfo:
    """The time zone of an IANA name; UTC when there is no such zone, so that a message still goes out."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def local_time(at: datetime, zone: tzinfo, phrases: Mapping[str, str], *, today: datetime | None = None) -> str:
    """HH:MM; with the day in front when it is another day than `today`."""
    local = at.astimezone(zone)
    clock = f"{local:%H:%M}"
    if today is None or local.date() == today.astimezone(zone).date():
        return clock
    return phrases["other_day"].format(month=local.month, day=local.day, time=clock)


def fields(
    phrases: Mapping[str, str],
    *,
    kind: str,
    evidence: Mapping[str, Any],
    at: datetime,
    zone: tzinfo,
    place_at: datetime | None,
    zone_name: str | None,
) -> dict[str, str]:
    """Every field a sentence may name and that is known; evidence keys as they are, said by their unit."""
    since = _instant(evidence.get("suspected_since")) or at
    named = {
        "kind": phrases.get(f"kind.{kind}", kind),
        "time": local_time(at, zone, phrases),
        "since": local_time(since, zone, phrases, today=at),
        "zone": zone_name or _text(evidence.get("zone_name")) or phrases["unknown_zone"],
        "distance": _length(evidence.get("distance_m"), phrases),
        "accuracy": _length(evidence.get("accuracy_m"), phrases),
        "fixes": _whole(evidence.get("fixes")),
        "battery": _whole(evidence.get("battery_pct")),
        "threshold": _whole(evidence.get("threshold_pct")),
        "moving": _moving(evidence.get("speed_mps"), phrases),
        "night": phrases["night"] if evidence.get("night") is True else "",
        "late": _late(evidence.get("late_s"), phrases),
        "place": _place(evidence, phrases, at=at, place_at=place_at),
        "outside_since": _outside_since(evidence, phrases, at=at, zone=zone),
    }
    spoken = {
        key: said(key, value, phrases, at=at, zone=zone)
        for key, value in evidence.items()
        if placeholders.is_evidence(key)
    }
    return {name: text for name, text in (spoken | named).items() if text is not None}


def said(key: str, value: Any, phrases: Mapping[str, str], *, at: datetime, zone: tzinfo) -> str | None:
    """One evidence value in words, by the unit its key ends with; None when it is missing or no such value."""
    unit = key.rpartition("_")[2]
    if unit in {"at", "since", "until"}:
        instant = _instant(value)
        return None if instant is None else local_time(instant, zone, phrases, today=at)
    if isinstance(value, str):
        return phrases.get(f"word.{key}.{value}", value) or None
    number = _number(value)
    if number is None:
        return None
    if unit in {"m", "km"}:
        return _length(number * (_METRES_IN_KILOMETRE if unit == "km" else 1), phrases)
    if unit in _SECONDS:
        return _span(number * _SECONDS[unit], phrases)
    return f"{number:.1f}" if unit in {"mps", "g"} else f"{number:.0f}"


def _span(seconds: float, phrases: Mapping[str, str]) -> str:
    """A duration as it is said: 40 seconds, 12 minutes, 3 hours."""
    unit, length = next((name, length) for name, least, length in _SPANS if abs(seconds) >= least)
    return phrases[unit].format(number=round(seconds / length))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _instant(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else None


def _whole(value: Any) -> str | None:
    number = _number(value)
    return None if number is None else f"{number:.0f}"


def _length(value: Any, phrases: Mapping[str, str]) -> str | None:
    number = _number(value)
    if number is None:
        return None
    # Metres as they are read: 63 and 640, not 63.4 and 1,240.
    rounded = round(abs(number))
    if rounded < _METRES_IN_KILOMETRE:
        return phrases["metres"].format(number=rounded)
    return phrases["kilometres"].format(number=f"{rounded / _METRES_IN_KILOMETRE:.1f}")


def _moving(value: Any, phrases: Mapping[str, str]) -> str:
    speed_mps = _number(value)
    if speed_mps is None or speed_mps < MOVING_SPEED_MPS:
        return ""
    return phrases["moving"].format(speed=f"{speed_mps:.1f}")


def _late(value: Any, phrases: Mapping[str, str]) -> str:
    late_s = _number(value)
    return "" if late_s is None or late_s < LATE_S else phrases["late"].format(minutes=_minutes(late_s))


def _minutes(seconds: float) -> int:
    return max(1, round(seconds / _SECONDS_IN_MINUTE))


def _place(evidence: Mapping[str, Any], phrases: Mapping[str, str], *, at: datetime, place_at: datetime | None) -> str:
    if evidence.get("place") == "own_fix":
        return phrases["place_own_fix"]
    age_s = _number(evidence.get("place_age_s"))
    if age_s is None and place_at is not None:
        age_s = (at - place_at).total_seconds()
    if age_s is None or evidence.get("place") == "unknown":
        return phrases["place_unknown"]
    return phrases["place_last_good"].format(minutes=_minutes(age_s))


def _outside_since(evidence: Mapping[str, Any], phrases: Mapping[str, str], *, at: datetime, zone: tzinfo) -> str:
    since = _instant(evidence.get("outside_since"))
    if since is None:
        return ""
    return phrases["outside_since"].format(since=local_time(since, zone, phrases, today=at))
