"""A course of events that takes the place of the routine: where somebody goes, what the bed and the bracelet find.

Each part is told only where it differs; the rest of the person's day goes on.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from simulators.people.whereabouts import BedStatus, Leg, Place, Strap, Whereabouts

T = TypeVar("T")


class Deed(Enum):
    """What the wearer or the device does at an instant."""

    SOS = "sos"
    #: The device feels a blow.
    IMPACT = "impact"
    RUN_FLAT = "run_flat"
    #: Something about the bed changed without the person: look at it now.
    LOOK = "look"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A deed and its instant."""

    at_s: float
    deed: Deed
    #: Of an impact: raw samples of three axes in g, `simulators.people.impact.RATE_HZ` a second.
    samples: tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What heart and breath do instead of the usual."""

    since_s: float
    until_s: float
    heart_bpm: float | None = None
    breathing_bpm: float | None = None
    #: Pauses in breathing: begin and length, in order.
    pauses: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Instants are unix seconds. Changes hold until the next one, None gives back to the routine."""

    since_s: float
    until_s: float
    legs: tuple[Leg, ...] = ()
    bed: tuple[tuple[float, BedStatus | None], ...] = ()
    strap: tuple[tuple[float, Strap | None], ...] = ()
    acts: tuple[Act, ...] = ()
    vitals: Vitals | None = None
    #: The bed is felt by others' hands and weight: no heart, no breath, movement.
    handled: bool = False
    #: The person lies where they fell.
    fallen: bool = False
    #: The bracelet says nothing at all.
    mute: bool = False
    #: The evenings on which nobody charges the bracelet: from, until.
    uncharged: tuple[float, float] | None = None
    _changes_s: tuple[float, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        changes = {self.since_s, self.until_s, *(at_s for at_s, _ in self.bed), *(at_s for at_s, _ in self.strap)}
        changes |= {leg.since_s for leg in self.legs} | {leg.until_s for leg in self.legs}
        changes |= {act.at_s for act in self.acts}
        if self.vitals is not None:
            changes |= {self.vitals.since_s, self.vitals.until_s}
        object.__setattr__(self, "_changes_s", tuple(sorted(changes)))

    def whereabouts(self, at_s: float) -> Whereabouts | None:
        """Where it puts the person."""
        for leg in self.legs:
            if leg.since_s <= at_s < leg.until_s:
                return leg.at(at_s)
        return None

    def goes_out(self, since_s: float, until_s: float) -> bool:
        """Whether it moves the person in a span."""
        return bool(self.legs) and self.legs[0].since_s < until_s and since_s < self.legs[-1].until_s

    def bed_status(self, at_s: float) -> BedStatus | None:
        """How it leaves the bed."""
        return _holding(self.bed, at_s) if self.since_s <= at_s < self.until_s else None

    def strap_at(self, at_s: float) -> Strap | None:
        """Where it leaves the bracelet."""
        return _holding(self.strap, at_s) if self.since_s <= at_s < self.until_s else None

    def next_change_s(self, at_s: float) -> float | None:
        """The first instant after `at_s` at which a device notices something."""
        position = bisect_right(self._changes_s, at_s)
        return self._changes_s[position] if position < len(self._changes_s) else None

    @property
    def end(self) -> Place | None:
        """Where it leaves the person; None: it does not move them."""
        return self.legs[-1].points[-1] if self.legs else None


def _holding(changes: tuple[tuple[float, T | None], ...], at_s: float) -> T | None:
    held: T | None = None
    for since_s, what in changes:
        if since_s > at_s:
            break
        held = what
    return held
