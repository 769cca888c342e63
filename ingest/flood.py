"""A device that says more than anybody needs is slowed alone: so many readings a minute are judged, the rest is kept.

Minutes are of event time: a broker that was away for five minutes delivers five at once, and that is no flood. A device
cannot get around it by dating its readings ahead, because a clock that runs ahead is refused, nor back, because the
minutes before its newest have one allowance together. What is too much is still stored and acknowledged; only safety
events are never too much. Like the engine's memory, what was counted is kept with the commit or taken back.

Readings are counted one by one, or of many devices at once in columns. What is known of a device stands in one place
only: where its last reading was counted, and it moves when the next one comes the other way.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from geofence.fixes import BoolArray, grown
from geofence.instants import IntArray, instant, micros

#: Readings of one device that are judged, a minute of event time. The fastest that is asked for is one in five seconds.
#: Count; provisional.
MOST_PER_MIN = 120
#: Minutes before the newest one that share an allowance: as long as readings are live (`live_max_age`).
OLDER_MIN = 10
_MINUTE = timedelta(minutes=1)
_MINUTE_US = 60_000_000
#: In the column of instants: nothing is known, so that any minute is over; what is known stands outside the columns.
_NOTHING, _ALONE = -(2**62), -(2**62) - 1
#: Places in the columns at first. Count.
_ROOM = 1_024

#: When a device's newest minute began with a reading, what was said in it, and what of before it since then.
_Said = tuple[datetime, int, int]
#: What was counted one by one, as it was before, by device.
_Alone = dict[str, _Said | None]
Counts = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Together:
    """What was counted in columns, as it was before."""

    places: IntArray
    since_us: IntArray
    said: Counts
    older: Counts


class Flood:
    """Counts the readings of each device."""

    def __init__(self, most_per_min: int = MOST_PER_MIN) -> None:
        self._most = most_per_min
        #: Of devices whose last reading was counted alone; of the others that have a place, the columns.
        self._said: dict[str, _Said] = {}
        self._places: dict[str, int] = {}
        self._ids: list[str] = []
        self._since_us: IntArray = np.full(_ROOM, _NOTHING, np.int64)
        self._said_since: Counts = np.zeros(_ROOM, np.int32)
        self._older: Counts = np.zeros(_ROOM, np.int32)
        #: What changed since the last `keep` or `seal`, as it was: what was counted one by one since the last columns,
        #: and everything before that, oldest first; and of the batches before that are not kept yet.
        self._before: _Alone = {}
        self._earlier: list[_Alone | _Together] = []
        self._sealed: deque[list[_Alone | _Together]] = deque()

    def admits(self, device_id: str, at: datetime) -> bool:
        """Count one reading; whether it may still be judged."""
        known = self._said.get(device_id)
        if known is None:
            known = self._taken_out(device_id)
        self._before.setdefault(device_id, known)
        if known is None or at - known[0] >= _MINUTE:
            self._said[device_id] = (at, 1, 0)
            return self._most > 0
        since, said, older = known
        if at >= since:
            self._said[device_id] = (since, said + 1, older)
            return said < self._most
        self._said[device_id] = (since, said, older + 1)
        return older < self._most * OLDER_MIN

    def place(self, device_id: str) -> int:
        """A device's place in the columns, for good."""
        place = self._places.get(device_id)
        if place is None:
            place = self._places[device_id] = len(self._ids)
            self._ids.append(device_id)
            if place == len(self._since_us):
                self._since_us = np.concatenate((self._since_us, np.full(place, _NOTHING, np.int64)))
                self._said_since = grown(self._said_since)
                self._older = grown(self._older)
            if device_id in self._said:
                self._since_us[place] = _ALONE
        return place

    def admits_all(self, places: IntArray, at_us: IntArray) -> BoolArray:
        """Count one reading each of many devices, where nothing speaks against it.

        Args:
            places: of the devices, each at most once; shape (n,).
            at_us: of their readings, whole microseconds since 1970-01-01 UTC; shape (n,).

        Returns:
            Where a reading may be judged, shape (n,). The others, those from before their device's newest minute and
            those that are too many, are not counted yet: `admits` is to be asked about each.
        """
        self._take_in(places)
        since_us, said, older = self._since_us[places], self._said_since[places], self._older[places]
        ahead_us = at_us - since_us
        anew = ahead_us >= _MINUTE_US
        admitted: BoolArray = np.where(anew, self._most > 0, (ahead_us >= 0) & (said < self._most))
        counted = places[admitted]
        if self._before:
            self._earlier.append(self._before)
            self._before = {}
        self._earlier.append(
            _Together(places=counted, since_us=since_us[admitted], said=said[admitted], older=older[admitted])
        )
        self._since_us[counted] = np.where(anew, at_us, since_us)[admitted]
        self._said_since[counted] = np.where(anew, 1, said + 1)[admitted]
        self._older[counted] = np.where(anew, 0, older)[admitted]
        return admitted

    def seal(self) -> None:
        """End a batch."""
        self._sealed.append(self._ended())

    def keep(self) -> None:
        """What was counted in the oldest batch is stored."""
        if self._sealed:
            self._sealed.popleft()
        else:
            self._ended()

    def undo(self) -> None:
        """What was counted since the last `keep` or `seal` was never heard."""
        for changed in reversed(self._ended()):
            if isinstance(changed, _Together):
                self._put_back(changed)
            else:
                self._put_back_alone(changed)

    def undo_all(self) -> None:
        """Nothing that is not kept was ever heard."""
        self.undo()
        while self._sealed:
            self._earlier = self._sealed.pop()
            self.undo()

    def _ended(self) -> list[_Alone | _Together]:
        """What changed since the last `keep` or `seal`, as it was, oldest first; from here on it is another's."""
        changed = [*self._earlier, self._before]
        self._earlier, self._before = [], {}
        return changed

    def _put_back(self, changed: _Together) -> None:
        for place in changed.places[self._since_us[changed.places] == _ALONE].tolist():
            del self._said[self._ids[place]]
        self._since_us[changed.places] = changed.since_us
        self._said_since[changed.places] = changed.said
        self._older[changed.places] = changed.older

    def _put_back_alone(self, changed: _Alone) -> None:
        for device_id, said in changed.items():
            if said is None:
                self._said.pop(device_id, None)
            else:
                self._said[device_id] = said
            place = self._places.get(device_id)
            if place is not None:
                self._since_us[place] = _NOTHING if said is None else _ALONE

    def _taken_out(self, device_id: str) -> _Said | None:
        """What the columns know of a device whose next reading is counted alone."""
        place = self._places.get(device_id)
        if place is None:
            return None
        since_us = self._since_us.item(place)
        self._since_us[place] = _ALONE
        if since_us == _NOTHING:
            return None
        known = self._said[device_id] = instant(since_us), self._said_since.item(place), self._older.item(place)
        return known

    def _take_in(self, places: IntArray) -> None:
        """Move to the columns what stands outside them."""
        for place in places[self._since_us[places] == _ALONE].tolist():
            since, self._said_since[place], self._older[place] = self._said.pop(self._ids[place])
            self._since_us[place] = micros(since)
