"""The names of the scenes that can be asked for."""

from __future__ import annotations

from enum import StrEnum

from simulators.errors import SimulatorError


class Scene(StrEnum):
    """A story that ends in an alert."""

    #: A man of 81 gets out of bed at night and walks away.
    NIGHT_EXIT = "night_exit"
    #: A woman at the early market presses SOS.
    SOS_MARKET = "sos_market"
    #: A bracelet runs flat within minutes.
    BATTERY_FLAT = "battery_flat"


#: A scene begins within this many real seconds of the start.
AFTER_MOST_S = 1e9


def parse(text: str) -> tuple[Scene, float]:
    """`night_exit@20s` as (scene, 20.0): real seconds after the start; without `@`, at once.

    Raises:
        SimulatorError: the scene or the offset is not understood.
    """
    name, _, offset = text.partition("@")
    try:
        after_s = float(offset.removesuffix("s")) if offset else 0.0
        named = Scene(name)
    except ValueError:
        named, after_s = None, -1.0
    if named is None or not 0 <= after_s < AFTER_MOST_S:
        known = ", ".join(Scene)
        raise SimulatorError(
            f"scene {text!r} is not understood. Write one of {known}, with an offset if wanted: night_exit@20s."
        )
    return named, after_s
