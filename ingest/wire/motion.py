"""The movement around an impact, as an event may carry it: a raw `window`, or the `summary` of one. Never raises.

A wrong window costs the window and nothing else: the impact itself is judged as a bare one.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from geofence.motion import NAMES, MotionError, MotionSummary, checked, summarise

#: Fields of an event that this file reads.
FIELDS = ("window", "summary")


class _Window(Struct, kw_only=True):
    rate_hz: float
    x: list[float]
    y: list[float]
    z: list[float]


def motion(told: Mapping[str, object]) -> MotionSummary | None:
    """What an event says of the movement; the raw window goes before a summary made on the device."""
    return _of_window(told.get("window")) or _of_summary(told.get("summary"))


def _of_window(told: object) -> MotionSummary | None:
    try:
        window = msgspec.convert(told, _Window)
        return summarise(window.x, window.y, window.z, window.rate_hz)
    except (msgspec.ValidationError, MotionError, UnicodeError):
        return None


def _of_summary(told: object) -> MotionSummary | None:
    try:
        numbers = msgspec.convert(told, dict[str, float])
        return checked([numbers[name] for name in NAMES])
    except (msgspec.ValidationError, MotionError, UnicodeError, KeyError):
        return None
