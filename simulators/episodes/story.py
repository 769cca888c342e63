"""What a builder of an episode is given, and what it makes of it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from simulators.episodes.parameter import Value
from simulators.people import routine
from simulators.people.course import Course
from simulators.people.life import Life
from simulators.people.routine import Day
from simulators.people.whereabouts import Place
from simulators.person import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Whom it happens to, when, and with which parameters."""

    rng: random.Random
    life: Life
    #: Unix seconds.
    at_s: float
    parameters: Mapping[str, Value]

    @property
    def person(self) -> Person:
        """Whom."""
        return self.life.person

    @property
    def here(self) -> Place:
        """Where they are when it begins, metres from home."""
        place = self.life.whereabouts(self.at_s)
        return place.east_m, place.north_m

    @property
    def day(self) -> Day:
        """Their ordinary day."""
        return self.life.day(routine.day_number(self.at_s))

    @property
    def midnight_s(self) -> float:
        """When that day began, unix seconds."""
        return routine.midnight_s(routine.day_number(self.at_s))

    def number(self, name: str) -> float:
        """A parameter that is a number."""
        value = self.parameters[name]
        assert isinstance(value, float | int)
        return float(value)

    def flag(self, name: str) -> bool:
        """A parameter that is yes or no."""
        return self.parameters[name] is True


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What happens."""

    course: Course
    #: From here a delay counts; None: from the beginning.
    counts_from_s: float | None = None
    #: Where it is then.
    place: Place = (0.0, 0.0)
    #: Instead of the row's own; None: those.
    expects: frozenset[str] | None = None
    quiet: bool | None = None
    #: What it brings this time, beside what the row says.
    explains: frozenset[str] = frozenset()
    announced: bool = False
