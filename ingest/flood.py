"""A device that says more than anybody needs is slowed alone: so many readings a minute are judged, the rest is kept.

Minutes are of event time: a broker that was away for five minutes delivers five at once, and that is no flood. A device
cannot get around it by dating its readings ahead, because a clock that runs ahead is refused, nor back, because the
minutes before its newest have one allowance together. What is too much is still stored and acknowledged; only safety
events are never too much. Like the engine's memory, what was counted is kept with the commit or taken back.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

#: Readings of one device that are judged, a minute of event time. The fastest that is asked for is one in five seconds.
#: Count; provisional.
MOST_PER_MIN = 120
#: Minutes before the newest one that share an allowance: as long as readings are live (`live_max_age`).
OLDER_MIN = 10
_MINUTE = timedelta(minutes=1)

#: When a device's newest minute began with a reading, what was said in it, and what of before it since then.
_Said = tuple[datetime, int, int]


class Flood:
    """Counts the readings of each device."""

    def __init__(self, most_per_min: int = MOST_PER_MIN) -> None:
        self._most = most_per_min
        self._said: dict[str, _Said] = {}
        #: What changed since the last `keep` or `seal`, as it was; and of the batches before that are not kept yet.
        self._before: dict[str, _Said | None] = {}
        self._sealed: deque[dict[str, _Said | None]] = deque()

    def admits(self, device_id: str, at: datetime) -> bool:
        """Count one reading; whether it may still be judged."""
        known = self._said.get(device_id)
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
            if said is None:
                del self._said[device_id]
            else:
                self._said[device_id] = said
        self._before = {}

    def undo_all(self) -> None:
        """Nothing that is not kept was ever heard."""
        self.undo()
        while self._sealed:
            self._before = self._sealed.pop()
            self.undo()
