"""The engine's states of all persons: read when first needed, judged in a `Memory`, their deadlines in order.

A state is stored when it changed materially. What changed since by hearsay alone is told again when the process starts:
when each device was heard and where each person was stand in tables that every reading changes, at once or within a
second (`ingest.deferring`).
"""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import structlog

from geofence import engine, snapshot
from geofence.detection import Place
from geofence.engine import FRESH, PersonState
from geofence.memory import Memory
from geofence.person import Person
from geofence.reading import ReadingKind
from ingest.flood import MOST_PER_MIN, Flood
from ingest.recall.queries import Hearsay, Row

log = structlog.get_logger(__name__)

#: Kinds of readings in the order of the columns of `Hearsay.heard`.
_KINDS = (ReadingKind.LOCATION, ReadingKind.HEARTBEAT, ReadingKind.BED)
#: Persons whose deadlines are judged together: an SOS waits for no more of them. Count.
DUE_AT_ONCE = 500
NO_HEARSAY = Hearsay(heard=(), places=())


class StateBook:
    """States and deadlines by person.

    What was judged in `memory` is a batch once it is sealed; batches are taken over by `keep`, one by one, or taken
    back by `undo_all`: one may be judged while another is being committed.
    """

    def __init__(self, most_per_min: int = MOST_PER_MIN) -> None:
        self.memory = Memory(self._thawed)
        #: How much each device has said.
        self.flood = Flood(most_per_min)
        #: Whose state is stored and was not read yet; and states that were read, until what follows them is stored.
        self._unread: set[int] = set()
        self._frozen: dict[int, bytes] = {}
        self._heard: dict[int, list[tuple[str, ReadingKind, datetime]]] = defaultdict(list)
        self._places: dict[int, Row] = {}
        self._due: dict[int, datetime] = {}
        self._heap: list[tuple[datetime, int]] = []
        #: Of each batch that is not kept yet, oldest first: the deadlines that it changed, as they were.
        self._sealed: deque[dict[int, datetime | None]] = deque()

    def __len__(self) -> int:
        """Persons with a state."""
        return len(self._unread) + len(self._frozen) + len(self.memory)

    def expect(self, deadlines: Iterable[tuple[int, datetime | None]]) -> None:
        """Of these persons a state is stored, which is read when it is first needed; and their deadlines."""
        for person_id, due_at in deadlines:
            self._unread.add(person_id)
            if due_at is not None:
                self._due[person_id] = due_at
        self._heap = [(due_at, person_id) for person_id, due_at in self._due.items()]
        heapq.heapify(self._heap)

    def lacks(self, person_id: int) -> bool:
        """Whether a state has to be read before this person is judged."""
        return person_id in self._unread

    def remember(
        self, person_ids: Iterable[int], rows: Iterable[tuple[int, bytes]], hearsay: Hearsay = NO_HEARSAY
    ) -> None:
        """What was read of persons whose states were lacking; whoever has no row is fresh."""
        self._frozen.update(rows)
        for person_id, device_id, *instants in hearsay.heard:
            self._heard[person_id] += [
                (device_id, kind, at) for kind, at in zip(_KINDS, instants, strict=True) if at is not None
            ]
        self._places.update((row[0], row[1:]) for row in hearsay.places)
        self._unread.difference_update(person_ids)

    def make(self, persons: Iterable[Person]) -> None:
        """Make the states that were read of these persons now, and not when they are first judged."""
        for person in persons:
            # Of somebody who was judged already, what was read is needed until that is kept: it may be taken back.
            if person.person_id in self._frozen and self.memory.hold(person):
                for read in (self._frozen, self._heard, self._places):
                    read.pop(person.person_id, None)

    def state(self, person_id: int) -> PersonState:
        """The state of one person; a stranger's is fresh."""
        return self.memory.state(person_id)

    def seal(self, persons: Mapping[int, Person], due: Iterable[int] = ()) -> None:
        """End a batch: the persons it changed, and those who were `due`, get their next deadline."""
        before: dict[int, datetime | None] = {}
        for person_id in {*self.memory.material, *due}:
            before[person_id] = self._due.get(person_id)
            person = persons.get(person_id)
            self._schedule(person_id, self.memory.due(person) if person else None)
        self._sealed.append(before)
        self.memory.seal()
        self.flood.seal()

    def keep(self) -> None:
        """The oldest batch that was sealed is committed."""
        self._sealed.popleft()
        touched, unmade = self.memory.keep(), (self._frozen, self._heard, self._places)
        if any(unmade):
            for person_id in touched:
                for read in unmade:
                    read.pop(person_id, None)
        self.flood.keep()

    def undo(self) -> None:
        """What was judged since the last batch was sealed is taken back."""
        self.memory.undo()
        self.flood.undo()

    def undo_all(self) -> None:
        """No batch that is not kept could be committed."""
        self.memory.undo_all()
        self.flood.undo_all()
        while self._sealed:
            for person_id, due_at in self._sealed.pop().items():
                self._schedule(person_id, due_at)

    def next_due(self) -> datetime | None:
        """The earliest deadline."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take_due(self, until: datetime, unless: Callable[[int], bool] = lambda _: False) -> list[int]:
        """Persons with a deadline up to `until`, each once; they come again unless a new state is kept.

        Those who have waited longest, `DUE_AT_ONCE` at most, but for those of whom `unless` says that they must wait.
        """
        passed: set[tuple[datetime, int]] = set()
        due: list[int] = []
        while len(due) < DUE_AT_ONCE and self._is_due(until):
            entry = heapq.heappop(self._heap)
            if entry not in passed and not unless(entry[1]):
                due.append(entry[1])
            passed.add(entry)
        for entry in passed:
            heapq.heappush(self._heap, entry)
        return sorted(due)

    def drop_deadline(self, person_id: int) -> None:
        """Forget the deadline of somebody who is no longer registered."""
        self._due.pop(person_id, None)

    def _thawed(self, person_id: int) -> PersonState:
        """A state as it was when the process ended.

        What another version stored and this one cannot read is forgotten: an alarm of somebody who was forgotten beats
        none at all.

        Raises:
            LookupError: it was not read; nobody may be judged as if nothing were known.
        """
        if person_id in self._unread:
            raise LookupError(f"the state of person {person_id} was not read before it was asked for")
        data = self._frozen.get(person_id)
        if data is None:
            return FRESH
        try:
            state, forgotten = snapshot.thaw_parts(data)
        except snapshot.SnapshotError as error:
            # Without the traceback, which shows the snapshot and its places.
            log.error("state_forgotten", person_id=person_id, error=str(error))  # noqa: TRY400
            return FRESH
        if forgotten:
            log.error("state_partly_forgotten", person_id=person_id, parts=sorted(forgotten))
        found = self._places.get(person_id)
        place = Place(latitude=found[0], longitude=found[1], accuracy_m=found[2], at=found[3]) if found else None
        return engine.with_hearsay(state, self._heard.get(person_id, ()), place)

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
