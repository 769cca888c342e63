"""A device that says more than anybody needs is slowed alone: so many readings a minute are judged, the rest is kept.

Minutes are of event time: a broker that was away for five minutes delivers five at once, and that is no flood. A device
cannot get around it by dating its readings ahead, because a clock that runs ahead is refused, nor back, because the
minutes before its newest have one allowance together. What is too much is still stored and acknowledged; only safety
events are never too much. Like the engine's memory, what was counted is kept with the commit or taken back.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime

#: Readings of one device that are judged, a minute of event time. The fastest that is asked for is one in five seconds.
#: Count; provisional.
MOST_PER_MIN = 120
#: Minutes before the newest one that share an allowance: as long as readings are live (`live_max_age`).
OLDER_MIN = 10
_MINUTE_S = 60


class Flood:
    """Counts the readings of each device."""

    def __init__(self, most_per_min: int = MOST_PER_MIN) -> None:
        self._most = most_per_min
        #: By device: its newest minute, what it said in it, and of the minutes before since that one began.
        self._said: dict[str, list[int]] = {}
        #: What changed since the last `keep` or `seal`, as it was; and of the batches before that are not kept yet.
        self._before: dict[str, tuple[int, ...]] = {}
        self._sealed: deque[dict[str, tuple[int, ...]]] = deque()

    def admits(self, device_id: str, at: datetime) -> bool:
        """Count one reading; whether it may still be judged."""
        minute = int(at.timestamp()) // _MINUTE_S
        said = self._said.get(device_id)
        if said is None:
            said = self._said[device_id] = [minute, 0, 0]
        if device_id not in self._before:
            self._before[device_id] = tuple(said)
        if minute < said[0]:
            said[2] += 1
            return said[2] <= self._most * OLDER_MIN
        if minute > said[0]:
            said[:] = minute, 0, 0
        said[1] += 1
        return said[1] <= self._most

    def seal(self) -> None:
        """End a batch."""
        self._sealed.append(self._before)
        self._before = {}

    def keep(self) -> None:
        """What was counted in the oldest batch is stored."""
        if self._sealed:
            self._sealed.popleft()
        else:
            self._before = {}

    def undo(self) -> None:
        """What was counted since the last `keep` or `seal` was never heard."""
        for device_id, said in self._before.items():
            self._said[device_id] = list(said)
        self._before = {}

    def undo_all(self) -> None:
        """Nothing that is not kept was ever heard."""
        self.undo()
        while self._sealed:
            self._before = self._sealed.pop()
            self.undo()
