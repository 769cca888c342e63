"""Where to go after a safety event, and what to ask of its device: shared by the detectors that such an event fires."""

from __future__ import annotations

from datetime import datetime

from geofence.detection import Command, CommandType, Place
from geofence.evidence import identify
from geofence.observation import Observation
from geofence.person import Person
from geofence.track import usable


def best_place(seen: Observation) -> tuple[Place | None, str]:
    """The event's own fix if it is usable or all there is, else the last believed place; and which of the two."""
    fix, at = seen.reading.fix, seen.reading.at
    if fix is not None and (usable(fix, seen.person.policy) or seen.last_place is None):
        return Place(latitude=fix.latitude, longitude=fix.longitude, accuracy_m=fix.accuracy_m, at=at), "own_fix"
    return seen.last_place, "last_good" if seen.last_place else "unknown"


def age_s(place: Place | None, at: datetime) -> float | None:
    """How old a place was at an instant. Seconds; 0 too when it is newer, which a late message makes possible."""
    return round(max(0.0, (at - place.at).total_seconds()), 1) if place else None


def late_s(seen: Observation) -> float:
    """From what happened to its arrival. Seconds; 0 if the device's clock runs ahead."""
    return round(max(0.0, (seen.reading.received_at - seen.reading.at).total_seconds()), 1)


def ask(person: Person, device_id: str, at: datetime, *, reason: str, until: datetime) -> tuple[Command, ...]:
    """A fix now, and a faster rate until an instant."""

    def command(type_: CommandType, interval_s: int | None, ends: datetime | None) -> Command:
        return Command(
            # Two detectors that ask the same at the same moment ask once.
            command_id=identify(person.person_id, type_, at, device_id),
            person_id=person.person_id,
            device_id=device_id,
            type=type_,
            at=at,
            reason=reason,
            interval_s=interval_s,
            until=ends,
        )

    return (
        command(CommandType.LOCATE, None, None),
        command(CommandType.REPORT_INTERVAL, person.policy.tracking_interval_s, until),
    )
