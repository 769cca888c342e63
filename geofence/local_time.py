"""Instants of a person's wall clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from geofence.person import Person


def next_time(person: Person, at: datetime, clock: time) -> datetime:
    """The first instant after `at` at which the person's clock shows `clock`."""
    local = person.local(at)
    for days in range(3):
        found = datetime.combine(local.date() + timedelta(days=days), clock, person.time_zone).astimezone(UTC)
        if found > at:
            return found
    raise AssertionError("a day later is later")
