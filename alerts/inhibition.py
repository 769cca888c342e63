"""What an open incident makes unimportant, as a table: a fall mutes the low battery. Pure.

A muted detection is kept with the incident, counts for its severity and can be read afterwards; it calls nobody and
opens nothing again after somebody has answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

_BED = frozenset({"bed_exit", "restless", "still_in_bed", "turn_reminder", "bed_sensor_fault"})
_CARE = _BED | {"low_battery"}

#: Kind in the open incident -> kinds that say nothing new beside it.
MUTES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "sos": _CARE | {"no_return", "wandering", "off_route", "strap_removed"},
        "fall": _CARE | {"no_return", "strap_removed", "silence"},
        "bedside_fall": _CARE | {"no_return"},
        "danger_enter": _CARE | {"no_return", "danger_approach", "wandering", "off_route"},
        "zone_exit": _BED | {"no_return"},
        "in_vehicle": frozenset({"off_route", "wandering"}),
        "no_return": frozenset({"bed_exit", "restless", "turn_reminder"}),
        "silence": frozenset({"low_battery"}),
        "apnea": frozenset({"breathing_rate", "restless"}),
    }
)


def muted_by(kind: str, held: Iterable[str]) -> str | None:
    """The kind already in the incident that mutes this one; None: nothing does."""
    return next((source for source in held if kind in MUTES.get(source, frozenset())), None)
