"""What the engine knows of one person beforehand: zones, thresholds, local time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from geofence.danger_map import NO_DANGERS, DangerMap
from geofence.policy import DEFAULT, Policy
from geofence.zone import Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person, as far as judging needs. Names and addresses are not here."""

    person_id: int
    time_zone: ZoneInfo
    zones: tuple[Zone, ...] = ()
    policy: Policy = DEFAULT
    #: Of the area: one map that everybody refers to.
    dangers: DangerMap = NO_DANGERS

    def local(self, at: datetime) -> datetime:
        """An instant as the person's wall clock shows it."""
        return at.astimezone(self.time_zone)

    def active_zones(self, at: datetime) -> tuple[Zone, ...]:
        """The zones that count at an instant."""
        for zone in self.zones:
            if zone.schedule:
                break
        else:
            return self.zones
        local = self.local(at)
        return tuple(zone for zone in self.zones if zone.active(local))

    def zones_change_at(self, at: datetime) -> datetime | None:
        """An instant up to which `active_zones` stays as it is at `at`; None if it never changes.

        Each hour of a schedule counts on every day, and midnight always: early at most, never late. In the days before
        clocks are set forward or back it is `at` itself.
        """
        if not any(zone.schedule for zone in self.zones):
            return None
        local = self.local(at)
        if self.local(at + timedelta(days=2)).utcoffset() != local.utcoffset():
            return at
        times = {time_ for zone in self.zones for window in zone.schedule for time_ in (window.start, window.end)}
        days = (local.date(), local.date() + timedelta(days=1))
        moments = (
            datetime.combine(day, time_, self.time_zone).astimezone(UTC)
            for day in days
            for time_ in (*times, time(0, 0))
        )
        return min(moment for moment in moments if moment > at)

    def is_night(self, at: datetime) -> bool:
        """Whether the person would be expected in bed."""
        return _within(self.local(at).time(), self.policy.night_from, self.policy.night_until)


def _within(at: time, start: time, end: time) -> bool:
    return start <= at < end if start < end else at >= start or at < end
