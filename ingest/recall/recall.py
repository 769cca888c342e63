"""`Recall`: before a batch is judged, everything is there that it is judged with, and nothing more was read.

So ingest starts as fast with a hundred thousand persons as with ten, and an SOS waits for its bearer's rows alone.
While nobody speaks, those who have not spoken yet are read ahead, a few at a time. What was read once stays: of a
person until the register says that it has changed, of a state and a device's numbers until the states are owned anew,
because nobody else writes them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

import psycopg

from ingest import store, wire
from ingest.ownership import store as ownership
from ingest.ownership.store import Ownership
from ingest.recall import queries
from ingest.registry import Device, Registry
from ingest.seats import Seats
from ingest.sequence import NumberBook
from ingest.sources import Envelope
from ingest.states import StateBook
from runtime import database

#: Longest wait for the database before whoever asks is told that it is away. Real seconds.
WAIT_S = 0.25
#: How often it is looked again at what is missing: somebody may have changed, or come, while others were read. Count.
LOOKS = 3
#: Devices that are read ahead at once: a safety event that comes meanwhile waits for so many. Count; provisional: 15 ms
#: with three zones of 60 corners each.
AHEAD = 40


async def owned(connection: database.Connection, most_per_min: int) -> tuple[Ownership, StateBook]:
    """The states as last committed, owned from here on; each is read when it is first needed.

    Raises:
        DatabaseAway: another ingest owns them.
    """
    owner = await ownership.take(connection)
    if owner is None:
        raise database.DatabaseAway("another ingest owns the states")
    await store.prepare(connection)
    book = StateBook(most_per_min)
    book.expect(await queries.deadlines(connection))
    return owner, book


class Recall:
    """Reads on a connection of its own: the one that commits may be busy."""

    def __init__(self, url: str, registry: Registry) -> None:
        self._url, self._registry = url, registry
        self._connection: database.Connection | None = None
        #: Devices of which everything is there: for this book, and as long as the register is what it was.
        self._at_hand: set[int] = set()
        #: Seats in columns, for the same book and register.
        self.seats: Seats | None = None
        self._of: tuple[StateBook | None, int] = (None, 0)
        #: Devices that nobody has looked at since then.
        self._rest: Iterator[Device] = iter(())

    async def bring(
        self, batch: Sequence[Envelope], due: Collection[int], book: StateBook, numbers: NumberBook
    ) -> None:
        """Read what is missing for these messages, and for these persons whose deadlines have passed.

        Who turns out not to be registered any more has no devices and no deadline afterwards.

        Raises:
            psycopg.OperationalError: the connection was lost; call again.
            DatabaseAway: the database does not answer.
        """
        for _ in range(LOOKS):
            if not await self._read_missing(batch, due, book, numbers):
                return

    async def ahead(self, book: StateBook, numbers: NumberBook) -> bool:
        """Read what a few more will be judged with who have not spoken yet. Whether there was anybody left.

        Raises:
            As `bring`.
        """
        self._see(book, numbers)
        left = (device for device in self._rest if device.device_key not in self._at_hand)
        few = {device.device_key: device for device in islice(left, AHEAD)}
        if few:
            await self._read(few, (), book, numbers)
            persons = self._registry.persons
            book.make(persons[device.person_id] for device in few.values() if device.person_id in persons)
        return bool(few)

    async def _read_missing(
        self, batch: Sequence[Envelope], due: Collection[int], book: StateBook, numbers: NumberBook
    ) -> bool:
        """Whether anything was missing."""
        self._see(book, numbers)
        strange = self._not_at_hand(batch)
        return bool(strange or due) and await self._read(strange, due, book, numbers)

    def _see(self, book: StateBook, numbers: NumberBook) -> None:
        """What is at hand is so for one book, and for the register as it is."""
        of = (book, self._registry.version)
        if of != self._of:
            self.seats = Seats(book, numbers)
            self._of, self._at_hand, self._rest = of, set(), iter(list(self._registry.devices.values()))

    async def _read(
        self, strange: Mapping[int, Device], due: Collection[int], book: StateBook, numbers: NumberBook
    ) -> bool:
        """Read what is missing of devices, by key, and of whoever is due. Whether anything was."""
        registry = self._registry
        persons = {device.person_id for device in strange.values()}.union(due)
        unknown = [person_id for person_id in persons if registry.lacks(person_id)]
        unread = [person_id for person_id in persons if book.lacks(person_id)]
        unnumbered = numbers.unknown(strange)
        if unknown or unread or unnumbered:
            try:
                connection = await self._connected()
                for person_id in await registry.bring(connection, unknown):
                    book.drop_deadline(person_id)
                await _read_states(connection, unread, book)
                await _read_numbers(connection, unnumbered, numbers)
            except (psycopg.OperationalError, psycopg.InterfaceError):
                await self.close()
                raise
        self._at_hand.update(strange)
        return bool(unknown or unread or unnumbered)

    async def close(self) -> None:
        """Close the connection; the next `bring` opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    def _not_at_hand(self, batch: Sequence[Envelope]) -> dict[int, Device]:
        """Devices of these messages, by key, of which something may be missing."""
        devices, at_hand, route = self._registry.devices, self._at_hand, wire.route
        # Whoever has a seat was looked at when they got it.
        known = self.seats.heard if self.seats is not None else set[str]()
        found: dict[int, Device] = {}
        for topic in {envelope.topic for envelope in batch if envelope.topic not in known}:
            device = devices.get(route(topic).device_id or "")
            if device is not None and device.device_key not in at_hand:
                found[device.device_key] = device
        return found

    async def _connected(self) -> database.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = await database.connect_when_up(self._url, autocommit=True, wait_s=WAIT_S)
        return self._connection


async def _read_states(connection: database.Connection, person_ids: Sequence[int], book: StateBook) -> None:
    if person_ids:
        rows = await queries.states(connection, person_ids)
        book.remember(person_ids, rows, await queries.hearsay(connection, person_ids))


async def _read_numbers(connection: database.Connection, keys: Sequence[int], numbers: NumberBook) -> None:
    if keys:
        numbers.remember(await queries.numbers(connection, keys))
