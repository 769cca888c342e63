"""A batch between its judging and its commit: what was heard, what it was judged with, what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

import msgspec

from geofence.detection import Detection
from geofence.engine import Outcome, PersonState
from geofence.fixes import BoolArray, Fixes
from geofence.instants import FloatArray, IntArray
from geofence.person import Person
from geofence.reading import Reading
from ingest import wire
from ingest.registry import Device
from ingest.seats import Seats
from ingest.sequence import Novelty, NumberBook, Numbers, begins_anew, follow
from ingest.sources import Envelope
from ingest.states import StateBook
from ingest.store import Commit
from ingest.wire.message import Answer, Ignored, Rejection, Report, Status

#: Readings that are heard, judged or laid out before others have a turn. Count; a millisecond or so.
TURN = 100


class Heard(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A reading with where it came from."""

    #: Place in the batch.
    place: int
    envelope: Envelope
    report: Report
    device: Device
    reading: Reading


class Said(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a device said about itself: a status or an answer."""

    #: Place in the batch.
    place: int
    device: Device
    at: datetime
    message: Status | Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietFixes:
    """Fixes that changed nothing: quiet, or history. In columns of one length n, each of another person."""

    seats: IntArray
    device_key: IntArray
    person_id: IntArray
    fixes: Fixes
    altitude_m: FloatArray
    heading_deg: FloatArray
    #: The number of each message; `sequence.UNNUMBERED` where it has none.
    seq: IntArray
    published_s: FloatArray
    #: Where the number of the message is the next one of its device, and counted as such.
    followed: BoolArray
    #: Where it was old on arrival (`geofence.ordering.old`): such a one is the next of its device, and history.
    old: BoolArray

    def __len__(self) -> int:
        """How many."""
        return len(self.seats)

    def only(self, which: BoolArray) -> QuietFixes:
        """Those of a mask."""
        others = {each.name: getattr(self, each.name)[which] for each in fields(self) if each.name != "fixes"}
        return QuietFixes(fixes=self.fixes.only(which), **others)


@dataclass(slots=True, kw_only=True)
class Judged:
    """A judged batch: what to write, and what to do once it is written."""

    commit: Commit = field(default_factory=Commit)
    #: States to store: those that changed materially, and of whoever was due.
    states: dict[int, PersonState] = field(default_factory=dict)
    due: list[int] = field(default_factory=list)
    numbers: dict[int, Numbers] = field(default_factory=dict)
    #: (device id, event id) of safety events to answer.
    answers: list[tuple[str, str]] = field(default_factory=list)
    #: What was quiet and judged in columns; and the messages that are left to be judged one by one.
    quiet: QuietFixes | None = None
    left: Sequence[Envelope] = ()
    heard: list[Heard] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    #: At most one a message.
    rejections: list[Rejection] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    detections: list[Detection] = field(default_factory=list)
    #: Real seconds by stage, for the metrics.
    took_s: dict[str, float] = field(default_factory=dict)

    def counted(self, known: Known, key: int, seq: int | None, novelty: Novelty) -> tuple[Numbers | None, int, bool]:
        """A device's numbers after a message, how many are missing more than before, and whether it numbers anew."""
        numbers = self.numbers.get(key) or known.numbers.get(key)
        if seq is None:
            return numbers, 0, False
        followed, missing = follow(numbers, seq, novelty)
        self.numbers[key] = followed
        return followed, missing, begins_anew(numbers, seq, novelty)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a batch is judged with; judging changes nothing but the book's memory."""

    devices: Mapping[str, Device]
    persons: Mapping[int, Person]
    book: StateBook
    numbers: NumberBook
    #: None: every reading is judged one by one.
    seats: Seats | None = None

    def device(self, topic: str) -> Device | None:
        """The registered device that a topic names."""
        return self.devices.get(wire.device_of(topic) or "")
