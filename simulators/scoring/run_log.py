"""The record of one rehearsal, from which alone its score follows: the same record gives the same score.

Instants are of the scaled clock, aware UTC; `_ms` are real milliseconds. Persons go by their external ids.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from simulators import truth
from simulators.truth import Episode


class Detected(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine concluded, and what became of it."""

    detection_id: str
    person: str
    kind: str
    reason: str
    #: Event time.
    at: datetime
    #: What alerts made of it; None: not handled yet when the record was made.
    decision: str | None = None
    incident_id: int | None = None


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One round of telling: an incident's ladder from its first step on, until somebody answers or it begins again."""

    incident_id: int
    round: int
    #: What it tells of.
    detection_id: str
    #: None: of the fleet.
    person: str | None
    kind: str
    reason: str
    #: When that happened.
    at: datetime
    #: When the first message of the round was written, or the message that told of what had waited.
    told_at: datetime
    #: Whether it had waited: for the morning, or for a budget.
    waited: bool = False


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """An open case, in short."""

    incident_id: int
    person: str | None
    kind: str
    opened_at: datetime
    #: When the first human answered, by link or signed in.
    answered_at: datetime | None = None
    resolved_at: datetime | None = None
    outcome: str | None = None


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """Readings on their way. Counts."""

    published: int = 0
    #: By the broker.
    acknowledged: int = 0
    stored: int = 0
    refused: int = 0


class Paced(msgspec.Struct, frozen=True, kw_only=True):
    """How fast the run went."""

    asked: float
    #: Over the whole run.
    reached: float
    real_s: float = 0.0
    #: Longest that a message waited for its commit while no fault was on, in real seconds.
    longest_lag_s: float = 0.0


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with a device."""

    external_id: str
    bracelet_id: str | None = None
    bed_id: str | None = None


class RunLog(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that counts."""

    scene: str
    title: str = ""
    seed: int
    start: datetime
    #: When it ended, the warm-up included.
    until: datetime
    #: What is detected before this does not count: engine and people are still getting to know each other.
    counts_from: datetime
    persons: list[Person]
    episodes: list[dict[str, object]] = []
    detections: list[Detected] = []
    alerts: list[Alert] = []
    incidents: list[Incident] = []
    traffic: Traffic = Traffic()
    paced: Paced
    #: Real time from a device's publish to the hand-over of the first message to its channel.
    publish_to_notification_ms: list[float] = []
    #: Faults and outages, one line each.
    disturbances: list[str] = []
    #: What simulated people did about their messages: `respond`, `acknowledge`, `asleep`, `ignores`.
    reactions: dict[str, int] = {}

    def truth(self) -> list[Episode]:
        """The episodes."""
        return [truth.from_row(row) for row in self.episodes]


def write(log: RunLog, file: Path) -> None:
    """Keep a record."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode(log), indent=1) + b"\n")


def read(file: Path) -> RunLog:
    """Read a record.

    Raises:
        OSError, msgspec.DecodeError: there is none, or it is something else.
    """
    return msgspec.json.decode(file.read_bytes(), type=RunLog)
