"""The noun `Person`, as far as telling others about a person needs it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom an incident is about; for a fleet incident, the area it is about."""

    #: None: an area.
    person_id: int | None
    display_name: str
    #: IANA name; messages speak local time.
    time_zone: str
    #: 12-digit statistical code, or a prefix of it.
    division: str
