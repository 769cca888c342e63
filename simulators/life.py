"""Where one person is and how they lie at any instant: the ordinary routine, or the scene they play in.

Instants are unix seconds, as on the wire. Both devices of a person look at the same life, so bed and bracelet tell
one story.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from simulators import routine
from simulators.person import Person
from simulators.routine import Day, Step


class BedStatus(StrEnum):
    """What a bed can say (docs/wire.md)."""

    OCCUPIED = "occupied"
    EMPTY = "empty"
    EDGE = "edge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """The truth about one person at one instant, metres from home."""

    east_m: float = 0.0
    north_m: float = 0.0
    #: Under the open sky, so the bracelet hears satellites.
    outdoors: bool = False
    speed_mps: float = 0.0
    heading_deg: float = 0.0


AT_HOME = Whereabouts()


class Course(Protocol):
    """A scene's course: it takes the place of the routine until it ends."""

    @property
    def end_s(self) -> float:
        """When the routine takes over again."""
        ...

    def whereabouts(self, at_s: float) -> Whereabouts | None:
        """Where the scene puts the person; None leaves it to the routine."""
        ...

    def bed_status(self, at_s: float) -> BedStatus | None:
        """How the scene leaves the bed; None leaves it to the routine."""
        ...

    def next_change_s(self, at_s: float) -> float:
        """The first instant after `at_s` at which a device notices something."""
        ...


class Life:
    """One person's time, looked at by their devices."""

    def __init__(self, seed: int, person: Person) -> None:
        self.person = person
        self.course: Course | None = None
        self._seed = seed
        self._days: dict[int, _Timeline] = {}

    def whereabouts(self, at_s: float) -> Whereabouts:
        """Where the person is."""
        course = self._course(at_s)
        if course is not None and (place := course.whereabouts(at_s)) is not None:
            return place
        timeline, moment_s = self._timeline(at_s)
        for walk in timeline.day.walks:
            if walk.start_s <= moment_s < walk.end_s:
                return outdoors(walk.at(moment_s))
        return AT_HOME

    def bed_status(self, at_s: float) -> BedStatus:
        """How the bed finds them."""
        course = self._course(at_s)
        if course is not None and (status := course.bed_status(at_s)) is not None:
            return status
        timeline, moment_s = self._timeline(at_s)
        return timeline.bed[bisect_right(timeline.bed_changes_s, moment_s) - 1][1]

    def charging(self, at_s: float) -> bool:
        """Whether the bracelet is on its charger."""
        timeline, moment_s = self._timeline(at_s)
        return timeline.day.charging[0] <= moment_s < timeline.day.charging[1]

    def charged_at_s(self, at_s: float) -> float:
        """When the charger was last taken off before `at_s`."""
        number = routine.day_number(at_s)
        for back in (number, number - 1):
            end_s = routine.midnight_s(back) + self._timeline_of(back).day.charging[1]
            if end_s <= at_s:
                return end_s
        return at_s - routine.DAY_S

    def next_bed_change_s(self, at_s: float) -> float:
        """The first instant after `at_s` at which the bed may find something else."""
        timeline, moment_s = self._timeline(at_s)
        position = bisect_right(timeline.bed_changes_s, moment_s)
        later = timeline.bed_changes_s[position:]
        return self._with_course(at_s, at_s - moment_s + (later[0] if later else routine.DAY_S))

    def next_move_s(self, at_s: float) -> float:
        """The first instant after `at_s` at which a walk begins or ends, or charging does."""
        timeline, moment_s = self._timeline(at_s)
        position = bisect_right(timeline.moves_s, moment_s)
        later = timeline.moves_s[position:]
        return self._with_course(at_s, at_s - moment_s + (later[0] if later else routine.DAY_S))

    def _with_course(self, at_s: float, routine_s: float) -> float:
        course = self._course(at_s)
        return routine_s if course is None else min(routine_s, course.next_change_s(at_s), course.end_s)

    def _course(self, at_s: float) -> Course | None:
        if self.course is not None and at_s >= self.course.end_s:
            self.course = None
        return self.course

    def _timeline(self, at_s: float) -> tuple[_Timeline, float]:
        number = routine.day_number(at_s)
        return self._timeline_of(number), at_s - routine.midnight_s(number)

    def _timeline_of(self, number: int) -> _Timeline:
        timeline = self._days.get(number)
        if timeline is None:
            self._days = {key: day for key, day in self._days.items() if abs(key - number) <= 1}
            timeline = self._days[number] = _timeline(routine.day(self._seed, self.person, number))
        return timeline


@dataclass(frozen=True, slots=True)
class _Timeline:
    """A day with what its devices look up again and again."""

    day: Day
    bed: tuple[tuple[float, BedStatus], ...]
    bed_changes_s: tuple[float, ...]
    moves_s: tuple[float, ...]


def outdoors(step: Step) -> Whereabouts:
    """A step of a walk, under the open sky."""
    return Whereabouts(
        east_m=step.east_m,
        north_m=step.north_m,
        outdoors=True,
        speed_mps=step.speed_mps,
        heading_deg=step.heading_deg,
    )


def _timeline(day: Day) -> _Timeline:
    bed = tuple(sorted(_bed(day)))
    moves_s = sorted([edge for walk in day.walks for edge in (walk.start_s, walk.end_s)] + list(day.charging))
    return _Timeline(day, bed, tuple(at_s for at_s, _ in bed), tuple(moves_s))


def _bed(day: Day) -> list[tuple[float, BedStatus]]:
    changes = [
        (0.0, BedStatus.OCCUPIED),
        (day.wakes_s - 90, BedStatus.EDGE),
        (day.wakes_s, BedStatus.EMPTY),
        (day.sleeps_s - 60, BedStatus.EDGE),
        (day.sleeps_s, BedStatus.OCCUPIED),
    ]
    for visit in day.visits:
        changes += [
            (visit.edge_s, BedStatus.EDGE),
            (visit.start_s, BedStatus.EMPTY),
            (visit.end_s, BedStatus.OCCUPIED),
        ]
    if day.nap:
        changes += [(day.nap[0], BedStatus.OCCUPIED), (day.nap[1], BedStatus.EMPTY)]
    return changes
