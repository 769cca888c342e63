"""A batch between its judging and its commit: what was heard, what it was judged with, what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from geofence.detection import Detection
from geofence.engine import Outcome, PersonState
from geofence.person import Person
from geofence.reading import Reading
from ingest.registry import Device
from ingest.sequence import NumberBook, Numbers
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
    heard: list[Heard] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    #: At most one a message.
    rejections: list[Rejection] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    detections: list[Detection] = field(default_factory=list)
    #: Real seconds by stage, for the metrics.
    took_s: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a batch is judged with; judging changes nothing but the book's memory."""

    devices: Mapping[str, Device]
    persons: Mapping[int, Person]
    book: StateBook
    numbers: NumberBook
