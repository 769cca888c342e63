"""One live reading with everything measured on it: what the detectors are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from geofence.detection import Command, Detection, Place
from geofence.features import SafeArea
from geofence.person import Person
from geofence.reading import Reading
from geofence.track import Movement

if TYPE_CHECKING:
    from geofence.state import PersonState


class Observation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A reading, the person it is about, and its features."""

    reading: Reading
    person: Person
    #: Where the fix stands to the safe area; None without a fix or a zone that counts.
    area: SafeArea | None
    movement: Movement
    #: The last believed place, this reading's own included.
    last_place: Place | None
    #: The person's whole state just before this reading: what the other detectors knew.
    before: PersonState


class Judgement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one detector, or all of them, make of one reading or deadline."""

    detections: tuple[Detection, ...] = ()
    commands: tuple[Command, ...] = ()

    def __add__(self, other: Judgement) -> Judgement:
        """This, then the other."""
        if not other.detections and not other.commands:
            return self
        return Judgement(detections=self.detections + other.detections, commands=self.commands + other.commands)


NOTHING = Judgement()
