"""Messages as a source hands them over, and what a batch is judged with."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from geofence.person import Person
from ingest.judged import Judged, Known
from ingest.judging import Deadlines, judge
from ingest.registry import Device
from ingest.sequence import NumberBook
from ingest.sources import Envelope
from ingest.states import StateBook
from tests.geofence.scenes import circle, person, place

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BRACELET = Device(device_key=11, device_id="zb-1", kind="bracelet", person_id=1)
BED = Device(device_key=12, device_id="bed-1", kind="bed", person_id=1)
OTHER = Device(device_key=21, device_id="zb-2", kind="bracelet", person_id=2)


def envelope(topic: str, payload: bytes, received_at: datetime = NOW, *, skipped: bool = False) -> Envelope:
    return Envelope(topic, payload, received_at, received_at, lambda: None, skipped)


def message(
    level: str, *, device: Device = BRACELET, seconds: float = 0.0, delay_s: float = 0.0, **told: Any
) -> Envelope:
    """A message of a device; `at` is so many seconds from NOW unless told otherwise."""
    at = NOW + timedelta(seconds=seconds)
    body = {"at": at.timestamp()} | told
    payload = json.dumps({key: value for key, value in body.items() if value is not ...}).encode()
    return envelope(f"tongxing/v1/{device.device_id}/{level}", payload, at + timedelta(seconds=delay_s))


def location(seconds: float, east_m: float = 0.0, **told: Any) -> Envelope:
    latitude, longitude = place(east_m)
    place_ = {"latitude": latitude, "longitude": longitude, "accuracy_m": 10.0}
    return message("location", seconds=seconds, **place_ | told)


class Desk:
    """A pipeline without a broker and a database: judges batches and adopts what would have been committed."""

    def __init__(self, *persons: Person) -> None:
        everybody = persons or (person(circle()), person(circle(), person_id=2))
        self.persons = {each.person_id: each for each in everybody}
        self.devices = {device.device_id: device for device in (BRACELET, BED, OTHER)}
        self.book = StateBook()
        self.numbers = NumberBook()

    def known(self) -> Known:
        return Known(devices=self.devices, persons=self.persons, book=self.book, numbers=self.numbers)

    def judge(self, *envelopes: Envelope, due_at: datetime | None = None, adopt: bool = True) -> Judged:
        deadlines = Deadlines(person_ids=self.book.take_due(due_at), until=due_at) if due_at else None
        judged = judge(envelopes, self.known(), now=NOW, deadlines=deadlines)
        if adopt:
            self.book.seal(self.persons, judged.due)
            self.book.keep()
            self.numbers.seal(judged.numbers)
            self.numbers.keep()
        else:
            self.book.undo()
            self.numbers.undo()
        return judged

    def change(self, person_id: int, **changes: Any) -> None:
        """Another policy, other zones: as when the registry is read again."""
        known = self.persons[person_id]
        policy = {name: changes.pop(name) for name in list(changes) if hasattr(known.policy, name)}
        self.persons[person_id] = replace(known, policy=replace(known.policy, **policy), **changes)


def all_rows(judged: Judged) -> Iterable[tuple[Any, ...]]:
    commit = judged.commit
    for rows in (*commit.rows.values(), commit.positions, commit.safeties, commit.device_states, commit.quarantine):
        yield from rows
