"""The engine's states of all persons, as last committed: thawed when first needed, replaced only after a commit."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from datetime import datetime

import structlog

from geofence import engine, snapshot
from geofence.engine import FRESH, PersonState
from geofence.person import Person

log = structlog.get_logger(__name__)


class StateBook:
    """States and deadlines by person."""

    def __init__(self, rows: Iterable[tuple[int, bytes, datetime | None]] = ()) -> None:
        self._states: dict[int, PersonState | bytes] = {}
        self._due: dict[int, datetime] = {}
        self._heap: list[tuple[datetime, int]] = []
        for person_id, data, due_at in rows:
            self._states[person_id] = data
            self._schedule(person_id, due_at)

    def __len__(self) -> int:
        """Persons with a state."""
        return len(self._states)

    def state(self, person_id: int) -> PersonState:
        """The state of one person; a stranger's is fresh.

        So is one that another version stored: an alarm of somebody who was forgotten beats none at all.
        """
        held = self._states.get(person_id, FRESH)
        if isinstance(held, bytes):
            try:
                held = snapshot.thaw(held)
            except snapshot.SnapshotError:
                log.exception("state_forgotten", person_id=person_id)
                held = FRESH
            self._states[person_id] = held
        return held

    def adopt(self, states: Mapping[int, PersonState], persons: Mapping[int, Person]) -> None:
        """Take over committed states."""
        for person_id, state in states.items():
            self._states[person_id] = state
            person = persons.get(person_id)
            self._schedule(person_id, engine.due(state, person) if person else None)

    def next_due(self) -> datetime | None:
        """The earliest deadline."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take_due(self, until: datetime) -> list[int]:
        """Persons with a deadline up to `until`, each once; they come again unless a new state is adopted."""
        return sorted(person_id for person_id, at in self._due.items() if at <= until) if self._is_due(until) else []

    def drop_deadline(self, person_id: int) -> None:
        """Forget the deadline of somebody who is no longer registered."""
        self._due.pop(person_id, None)

    def _is_due(self, until: datetime) -> bool:
        earliest = self.next_due()
        return earliest is not None and earliest <= until

    def _schedule(self, person_id: int, due_at: datetime | None) -> None:
        if due_at is None:
            self._due.pop(person_id, None)
            return
        if self._due.get(person_id) != due_at:
            self._due[person_id] = due_at
            heapq.heappush(self._heap, (due_at, person_id))
