"""Newest words of devices that wait to be written, in columns: as `ingest.deferring.latest.Table`, by seat.

One row waits for both tables, a person's position and a device's state. Whoever has a row that waits here has none in
the tables of rows; where both would be, `Latest` lets the row that waits here be written.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from geofence.fixes import BoolArray, grown
from geofence.instants import FloatArray, IntArray
from ingest.newest import NEWEST, Newest, later

_FIRST = 1_024
NO_SEATS: IntArray = np.zeros(0, np.int64)
_NEVER_S = np.inf


class Waiting:
    """Rows that wait, by seat."""

    def __init__(self) -> None:
        self._rows: Newest = np.zeros(_FIRST, NEWEST)
        #: Since when each waits (monotonic), and the number of the batch that put it off last: it told all of the row.
        self._since_s: FloatArray = np.full(_FIRST, _NEVER_S)
        self._batch: IntArray = np.zeros(_FIRST, np.int64)
        #: Seats of what waits, by the keys of the two tables.
        self._by_person: dict[int, int] = {}
        self._by_device: dict[int, int] = {}
        self._oldest_s = _NEVER_S

    def __len__(self) -> int:
        """How many wait."""
        return len(self._by_device)

    def is_overdue(self, before_s: float) -> bool:
        """Whether something has waited since then or longer."""
        return self._oldest_s <= before_s

    def overdue(self, before_s: float, most: int) -> IntArray:
        """Seats of what has waited since then or longer, the longest first."""
        if not self.is_overdue(before_s):
            return NO_SEATS
        seats = np.flatnonzero(self._since_s <= before_s)
        return seats[np.argsort(self._since_s[seats], kind="stable")[:most]]

    def of(self, person_ids: Iterable[int], device_keys: Iterable[int]) -> IntArray:
        """Seats of what waits of these persons or devices."""
        seats = {self._by_person[key] for key in person_ids if key in self._by_person}
        seats |= {self._by_device[key] for key in device_keys if key in self._by_device}
        return np.array(sorted(seats), dtype=np.int64)

    def rows(self, seats: IntArray) -> Newest:
        """What waits there."""
        return self._rows[seats]

    def elsewhere(self, seats: IntArray, rows: Newest) -> BoolArray:
        """Of which of these something waits at another seat: of the same device with another wearer, or the reverse."""
        self._reach(seats)
        found = np.zeros(len(seats), dtype=np.bool_)
        for place in np.flatnonzero(self._since_s[seats] == _NEVER_S).tolist():
            person_id, device_key = rows["person_id"].item(place), rows["device_key"].item(place)
            found[place] = person_id in self._by_person or device_key in self._by_device
        return found

    def merged(self, seats: IntArray, rows: Newest) -> Newest:
        """Rows of these seats with what waits there."""
        self._reach(seats)
        waits = self._since_s[seats] != _NEVER_S
        merged = rows.copy()
        merged[waits] = later(self._rows[seats[waits]], rows[waits])
        return merged

    def oldest_batch(self, unless: IntArray) -> list[int]:
        """The first batch whose word is needed of what waits, but for these seats; empty: nothing waits."""
        if not len(self):
            return []
        waits = self._since_s != _NEVER_S
        waits[unless] = False
        return [int(self._batch[waits].min())] if waits.any() else []

    def put_off(self, seats: IntArray, rows: Newest, batch: int, now_s: float) -> None:
        """Let rows wait, merged with what waits there (`merged`)."""
        self._reach(seats)
        fresh = self._since_s[seats] == _NEVER_S
        self._rows[seats] = rows
        self._since_s[seats[fresh]], self._batch[seats] = now_s, batch
        for seat, person_id, device_key in zip(
            seats[fresh].tolist(), rows["person_id"][fresh].tolist(), rows["device_key"][fresh].tolist(), strict=True
        ):
            self._by_person[person_id] = self._by_device[device_key] = seat
        self._oldest_s = min(self._oldest_s, now_s) if len(seats) else self._oldest_s

    def written(self, seats: IntArray) -> None:
        """What waits there is in the database."""
        if not len(seats):
            return
        self._since_s[seats] = _NEVER_S
        rows = self._rows[seats]
        for person_id, device_key in zip(rows["person_id"].tolist(), rows["device_key"].tolist(), strict=True):
            del self._by_person[person_id], self._by_device[device_key]
        self._oldest_s = float(self._since_s.min())

    def _reach(self, seats: IntArray) -> None:
        while len(seats) and seats.max() >= len(self._rows):
            size = len(self._rows)
            self._rows = grown(self._rows)
            self._since_s = np.concatenate((self._since_s, np.full(size, _NEVER_S)))
            self._batch = grown(self._batch)
