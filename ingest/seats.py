"""Where devices sit whose quiet fixes are judged in columns: by topic, with what a batch has to know of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from geofence.fixes import grown
from geofence.instants import IntArray
from ingest import wire
from ingest.registry import Device
from ingest.sequence import NumberBook
from ingest.states import StateBook

#: Of whom no fix comes here. No seat.
NOBODY = -1
_FIRST = 1_024
_ROW = np.dtype([("device_key", "i8"), ("person_id", "i8"), ("flood", "i8"), ("numbers", "i8")])


class Seats:
    """Seats of one book's memory, by topic, and where the same devices stand in the columns of floods and numbers."""

    def __init__(self, book: StateBook, numbers: NumberBook) -> None:
        self._memory, self._flood, self._numbers = book.memory, book.flood, numbers
        #: Who wears what when the seats were given, and the seats of topics that were heard since.
        self._devices: Mapping[str, Device] = {}
        self._by_topic: dict[str, int] = {}
        self._rows = np.zeros(_FIRST, _ROW)

    def of(self, topics: Sequence[str], devices: Mapping[str, Device]) -> IntArray:
        """The seat of each topic, `NOBODY` where no fix comes that could be heard in columns."""
        if devices is not self._devices:
            self._devices, self._by_topic = devices, {}
        known = self._by_topic
        seats = [known.get(topic) for topic in topics]
        return np.array(
            [self._seat(topic) if seat is None else seat for topic, seat in zip(topics, seats, strict=True)], np.int64
        )

    @property
    def heard(self) -> AbstractSet[str]:
        """Topics of registered devices that were asked for since then."""
        return self._by_topic.keys()

    def device_keys(self, seats: IntArray) -> IntArray:
        """Of the devices there."""
        return self._rows["device_key"][seats]

    def person_ids(self, seats: IntArray) -> IntArray:
        """Of who wears them."""
        return self._rows["person_id"][seats]

    def in_flood(self, seats: IntArray) -> IntArray:
        """Their places in `Flood`."""
        return self._rows["flood"][seats]

    def in_numbers(self, seats: IntArray) -> IntArray:
        """Their places in `NumberBook`."""
        return self._rows["numbers"][seats]

    def _seat(self, topic: str) -> int:
        """A topic that is heard for the first time, or since somebody came or left."""
        route = wire.route(topic)
        device = self._devices.get(route.device_id or "")
        # A stranger's is not remembered: there is no end of those.
        if device is None:
            return NOBODY
        seat = self._sit(device) if route.is_location else NOBODY
        self._by_topic[topic] = seat
        return seat

    def _sit(self, device: Device) -> int:
        seat = self._memory.seat(device.device_id, device.person_id)
        while seat >= len(self._rows):
            self._rows = grown(self._rows)
        flood, numbers = self._flood.place(device.device_id), self._numbers.place(device.device_key)
        self._rows[seat] = device.device_key, device.person_id, flood, numbers
        return seat
