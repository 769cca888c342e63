"""Nights in bed, in words a test can be read by: local times, what the bed says, what the bracelet says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from geofence import engine
from geofence.detection import Detection
from geofence.ordering import Admission
from geofence.person import Person
from geofence.reading import BedReport, BedStatus, Reading, ReadingKind
from tests.geofence.scenes import BRACELET, Story, fix, person

BED = "zb-bed-1"
EXIT, REMINDER, OVERDUE = "bed_exit.left_at_night", "no_return.reminder", "no_return.overdue"
MOVING, UNTOLD = "no_return.moving_at_home", "no_return.bed_no_longer_tells"


def bed_reading(at: datetime, status: str, *, device_id: str = BED, late_s: float = 0.0, **measured: Any) -> Reading:
    """One report of a bed."""
    return Reading(
        person_id=1,
        device_id=device_id,
        kind=ReadingKind.BED,
        at=at,
        received_at=at + timedelta(seconds=late_s),
        bed=BedReport(status=BedStatus(status), **measured),
    )


@dataclass
class Night:
    """One person's bed and bracelet. A clock is `HH:MM` or `HH:MM:SS`; one earlier than the last is of the next day."""

    person: Person = field(default_factory=person)
    day: date = date(2026, 11, 20)
    story: Story = field(init=False)
    _last: datetime | None = None

    def __post_init__(self) -> None:
        self.story = Story(self.person)

    def at(self, clock: str) -> datetime:
        """The instant, on or after the last one named."""
        found = self.then(clock)
        if self._last is not None and found < self._last:
            self.day += timedelta(days=1)
            found = self.then(clock)
        self._last = found
        return found

    def then(self, clock: str) -> datetime:
        """An instant of the day that it is by now, also one that is over."""
        return datetime.combine(self.day, time.fromisoformat(clock), self.person.time_zone).astimezone(UTC)

    def bed(self, clock: str, status: str, **measured: Any) -> list[Detection]:
        """The bed reports."""
        return self.hear(bed_reading(self.at(clock), status, **measured))

    def bracelet(self, clock: str, **said: Any) -> list[Detection]:
        """The bracelet sends a heartbeat."""
        values: dict[str, Any] = {"person_id": 1, "device_id": BRACELET, "kind": ReadingKind.HEARTBEAT} | said
        at = self.at(clock)
        return self.hear(Reading(at=at, received_at=at, **values))

    def walk(self, clock: str, east_m: float) -> list[Detection]:
        """The bracelet sends a fix so far from home, and sixty steps."""
        return self.bracelet(clock, kind=ReadingKind.LOCATION, fix=fix(east_m), steps=60)

    def bed_every(
        self, clock: str, until: str, status: str, seconds: float = 120.0, **measured: Any
    ) -> list[Detection]:
        """It says the same again and again, both ends included."""
        at, end, told = self.at(clock), self.at(until), list[Detection]()
        while at <= end:
            told += self.hear(bed_reading(at, status, **measured))
            at += timedelta(seconds=seconds)
        return told

    def hear(self, reading: Reading) -> list[Detection]:
        """Any reading; what was told because of it or of the time before."""
        known = len(self.story.detections)
        assert self.story.hear(reading).admission is Admission.LIVE
        return self.story.detections[known:]

    def wait(self, clock: str) -> list[Detection]:
        """Nothing is heard until then."""
        at, known = self.at(clock), len(self.story.detections)
        self.story.state, judgement = engine.run_down(self.story.state, self.person, at)
        self.story.detections += judgement.detections
        self.story.commands += judgement.commands
        return self.story.detections[known:]

    def asleep(self, clock: str = "22:30") -> None:
        """Gone to bed, two reports."""
        self.bed(clock, "occupied")
        at = self.at(clock) + timedelta(seconds=60)
        self.hear(bed_reading(at, "occupied"))
        self._last = at

    @property
    def told(self) -> list[str]:
        """`kind.reason` of everything told about being in bed or out of it; what others tell is left out."""
        return about_bed(self.story.detections)


def asleep(**thresholds: Any) -> Night:
    """In bed since 22:30, and last heard of there at 02:38."""
    night = Night(person(**thresholds))
    night.asleep("22:30")
    night.bed_every("22:35", "02:38", "occupied")
    return night


def up_since_0240() -> Night:
    """Left the bed at 02:40."""
    night = asleep()
    night.bed("02:40", "empty")
    night.bed("02:40:10", "empty")
    return night


def about_bed(told: list[Detection]) -> list[str]:
    """`kind.reason` of exits, missing returns and staying in bed."""
    return [word for word in words(told) if word.startswith(("bed_exit.", "no_return.", "still_in_bed."))]


def words(told: list[Detection]) -> list[str]:
    """`kind.reason` of some detections."""
    return [f"{each.kind}.{each.reason}" for each in told]
