"""Where one person is and how they lie at any instant: the ordinary routine, or the episodes they are in.

Instants are unix seconds, as on the wire. Both devices of a person look at the same life, so bed and bracelet tell
one story.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

from simulators.ground.streets import Streets
from simulators.people import habits, routine
from simulators.people.course import Act, Course, Vitals
from simulators.people.routine import Day
from simulators.people.whereabouts import AT_HOME, BedStatus, Strap, Whereabouts
from simulators.person import Person

#: An episode is remembered so long after its end: a walk that it fell into does not go on without it. Seconds.
REMEMBERED_S = 3 * 3600.0


class Life:
    """One person's time, looked at by their devices."""

    def __init__(self, seed: int, person: Person, streets: Streets) -> None:
        self.person = person
        self.streets = streets
        self.habits = habits.habits(seed, person, streets)
        self.courses: list[Course] = []
        self._seed = seed
        self._days: dict[int, _Timeline] = {}
        #: (from, until, status) of the bed as it was last looked up.
        self._bed = (math.inf, -math.inf, BedStatus.EMPTY)

    def begin(self, course: Course) -> None:
        """An episode comes into this life, now or later."""
        self.courses.append(course)
        self._bed = (math.inf, -math.inf, BedStatus.EMPTY)

    def forget(self, at_s: float) -> None:
        """Let go of episodes that are long over."""
        self.courses = [course for course in self.courses if course.until_s + REMEMBERED_S > at_s]

    def busy(self, since_s: float, until_s: float) -> bool:
        """Whether an episode takes place in a span."""
        return any(course.since_s < until_s and since_s < course.until_s for course in self.courses)

    def whereabouts(self, at_s: float) -> Whereabouts:
        """Where the person is."""
        for course in self.courses:
            if (place := course.whereabouts(at_s)) is not None:
                return place
        timeline, moment_s = self._timeline(at_s)
        for trip in timeline.day.trips:
            if trip.since_s <= moment_s < trip.until_s:
                begins_s = at_s - moment_s
                if any(one.goes_out(begins_s + trip.since_s, begins_s + trip.until_s) for one in self.courses):
                    break
                return next((leg.at(moment_s) for leg in trip.legs if leg.since_s <= moment_s < leg.until_s), AT_HOME)
        return AT_HOME

    def bed_status(self, at_s: float) -> BedStatus:
        """How the bed finds them."""
        since_s, until_s, status = self._bed
        if not since_s <= at_s < until_s:
            status = self._look_at_bed(at_s)
            self._bed = (at_s, self.next_bed_change_s(at_s), status)
        return status

    def bed_until(self, at_s: float) -> tuple[BedStatus, float]:
        """How the bed finds them, and until when at least."""
        return self.bed_status(at_s), self._bed[1]

    def strap(self, at_s: float) -> Strap:
        """Where the bracelet is."""
        for course in self.courses:
            if (strap := course.strap_at(at_s)) is not None:
                return strap
        timeline, moment_s = self._timeline(at_s)
        if not timeline.day.charging[0] <= moment_s < timeline.day.charging[1]:
            return Strap.WORN
        if any(one.uncharged and one.uncharged[0] <= at_s < one.uncharged[1] for one in self.courses):
            return Strap.WORN
        return Strap.CHARGER

    def vitals(self, at_s: float) -> Vitals | None:
        """What heart and breath do instead of the usual, if anything."""
        for course in self.courses:
            if course.vitals is not None and course.vitals.since_s <= at_s < course.vitals.until_s:
                return course.vitals
        return None

    def handled(self, at_s: float) -> bool:
        """Whether it is others' hands or weight that the bed feels."""
        return any(course.handled and course.since_s <= at_s < course.until_s for course in self.courses)

    def fallen(self, at_s: float) -> bool:
        """Whether the person lies where they fell."""
        return any(course.fallen and course.since_s <= at_s < course.until_s for course in self.courses)

    def mute(self, at_s: float) -> bool:
        """Whether the bracelet says nothing at all."""
        return any(course.mute and course.since_s <= at_s < course.until_s for course in self.courses)

    def acts(self, since_s: float, until_s: float) -> list[Act]:
        """Deeds after `since_s` up to `until_s`, in order."""
        found = [act for course in self.courses for act in course.acts if since_s < act.at_s <= until_s]
        return sorted(found, key=lambda act: act.at_s)

    def charged_at_s(self, at_s: float) -> float:
        """When the charger was last taken off before `at_s`."""
        number = routine.day_number(at_s)
        for back in (number, number - 1):
            end_s = routine.midnight_s(back) + self._timeline_of(back).day.charging[1]
            if end_s <= at_s:
                return end_s
        return at_s - routine.DAY_S

    def charging_after(self, at_s: float) -> tuple[float, float]:
        """The first usual hour on the charger that begins at `at_s` or later: from, until."""
        number = routine.day_number(at_s)
        if routine.midnight_s(number) + self._timeline_of(number).day.charging[0] < at_s:
            number += 1
        since_s, until_s = self._timeline_of(number).day.charging
        return routine.midnight_s(number) + since_s, routine.midnight_s(number) + until_s

    def next_bed_change_s(self, at_s: float) -> float:
        """The first instant after `at_s` at which the bed may find something else."""
        timeline, moment_s = self._timeline(at_s)
        return self._sooner(at_s, at_s - moment_s + _next(timeline.bed_changes_s, moment_s))

    def next_move_s(self, at_s: float) -> float:
        """The first instant after `at_s` at which a leg begins or ends, charging does, or something is done."""
        timeline, moment_s = self._timeline(at_s)
        return self._sooner(at_s, at_s - moment_s + _next(timeline.moves_s, moment_s))

    def day(self, number: int) -> Day:
        """The ordinary day of that number."""
        return self._timeline_of(number).day

    def _look_at_bed(self, at_s: float) -> BedStatus:
        for course in self.courses:
            if (status := course.bed_status(at_s)) is not None:
                return status
        timeline, moment_s = self._timeline(at_s)
        return timeline.bed[bisect_right(timeline.bed_changes_s, moment_s) - 1][1]

    def _sooner(self, at_s: float, routine_s: float) -> float:
        for course in self.courses:
            change_s = course.next_change_s(at_s)
            if change_s is not None and change_s < routine_s:
                routine_s = change_s
        return routine_s

    def _timeline(self, at_s: float) -> tuple[_Timeline, float]:
        number = routine.day_number(at_s)
        return self._timeline_of(number), at_s - routine.midnight_s(number)

    def _timeline_of(self, number: int) -> _Timeline:
        timeline = self._days.get(number)
        if timeline is None:
            self._days = {key: day for key, day in self._days.items() if abs(key - number) <= 1}
            made = routine.day(self._seed, self.person, number, self.habits, self.streets)
            timeline = self._days[number] = _timeline(made)
        return timeline


@dataclass(frozen=True, slots=True)
class _Timeline:
    """A day with what its devices look up again and again."""

    day: Day
    bed: tuple[tuple[float, BedStatus], ...]
    bed_changes_s: tuple[float, ...]
    moves_s: tuple[float, ...]


def _next(changes_s: tuple[float, ...], moment_s: float) -> float:
    position = bisect_right(changes_s, moment_s)
    return changes_s[position] if position < len(changes_s) else routine.DAY_S


def _timeline(day: Day) -> _Timeline:
    bed = tuple(sorted(_bed(day)))
    moves_s = {edge for trip in day.trips for leg in trip.legs for edge in (leg.since_s, leg.until_s)}
    return _Timeline(day, bed, tuple(at_s for at_s, _ in bed), tuple(sorted(moves_s | set(day.charging))))


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
            (visit.since_s, BedStatus.EMPTY),
            (visit.until_s, BedStatus.OCCUPIED),
        ]
    if day.nap:
        changes += [(day.nap[0], BedStatus.OCCUPIED), (day.nap[1], BedStatus.EMPTY)]
    return changes
