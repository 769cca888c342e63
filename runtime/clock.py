"""The one clock. Pure code is given instants; shells ask a `Clock`.

`SystemClock` is real time, `ScaledClock` lets a simulated day pass in minutes with all processes agreeing (start,
rate and anchor are settings), `PacedClock` is one that may be slowed down on the way, `ManualClock` is for tests.
Latencies are always measured in real time, with `time.monotonic` or `wall_now`, never with these.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta
from typing import Protocol

from runtime import pace
from runtime.pace import Pace
from runtime.settings import Settings, SettingsError

#: Longest sleep on a clock whose pace may change, in real seconds.
SLICE_S = 0.2


class Clock(Protocol):
    """Where shells get the time from."""

    def now(self) -> datetime:
        """The current instant, aware, UTC."""
        ...

    def at_wall(self, wall: datetime) -> datetime:
        """What this clock shows, or showed, when the real one shows `wall`."""
        ...

    async def sleep_until(self, at: datetime) -> None:
        """Return once `now() >= at`."""
        ...


def wall_now() -> datetime:
    """Real time, for latencies and certificates only."""
    return datetime.now(UTC)


class SystemClock:
    """Real time."""

    def now(self) -> datetime:
        """The current instant, aware, UTC."""
        return datetime.now(UTC)

    def at_wall(self, wall: datetime) -> datetime:
        """The same instant."""
        return wall.astimezone(UTC)

    async def sleep_until(self, at: datetime) -> None:
        """Sleep in slices, so that a step of the system clock delays nobody for long."""
        while (left := (at - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 - time is no event
            await asyncio.sleep(min(left, 1.0))


class ScaledClock:
    """Time that starts at `start` when the real clock shows `anchor` and runs `rate` times as fast.

    Example: start 02:00, rate 60, anchor 10:00:00; at 10:00:05 it shows 02:05.
    """

    def __init__(self, *, start: datetime, rate: float, anchor: datetime) -> None:
        self._start = start.astimezone(UTC)
        self._rate = rate
        self._anchor = anchor

    def now(self) -> datetime:
        """The current simulated instant, aware, UTC."""
        return self.at_wall(wall_now())

    def at_wall(self, wall: datetime) -> datetime:
        """The simulated instant that belongs to a real one."""
        return self._start + (wall - self._anchor) * self._rate

    async def sleep_until(self, at: datetime) -> None:
        """Sleep the real time that the simulated time takes."""
        while (left := (at - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 - time is no event
            await asyncio.sleep(min(left / self._rate, 1.0))


class PacedClock:
    """A scaled clock that the leader of the run slows down where the run cannot keep up (`runtime.pace`)."""

    def __init__(self, read: Pace) -> None:
        self._pace = read

    def now(self) -> datetime:
        """The current simulated instant, aware, UTC."""
        return self.at_wall(wall_now())

    def at_wall(self, wall: datetime) -> datetime:
        """The simulated instant that belongs to a real one, whatever the pace has been since."""
        wall_s = wall.timestamp()
        return pace.instant(self._pace.at(wall_s).shown(wall_s))

    async def sleep_until(self, at: datetime) -> None:
        """Sleep the real time that the simulated time takes, in slices: the pace may change meanwhile."""
        while (left_s := (at - self.now()).total_seconds()) > 0:
            rate = self._pace.at(wall_now().timestamp()).rate
            await asyncio.sleep(min(left_s / rate, SLICE_S) if rate else SLICE_S)


class ManualClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._order = itertools.count()
        self._waiting: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The instant last set."""
        return self._at

    def at_wall(self, wall: datetime) -> datetime:
        """Standing still, it shows the instant last set whatever the real clock shows."""
        del wall
        return self._at

    async def sleep_until(self, at: datetime) -> None:
        """Wait until a test has moved the clock to `at`."""
        if at <= self._at:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (at, next(self._order), future))
        await future

    def advance(self, by: timedelta) -> None:
        """Move on and wake everyone whose instant has come."""
        self._at += by
        while self._waiting and self._waiting[0][0] <= self._at:
            _, _, future = heapq.heappop(self._waiting)
            if not future.done():
                future.set_result(None)


def from_settings(settings: Settings) -> Clock:
    """The clock that the settings describe.

    Raises:
        SettingsError: a start without an anchor, which would let processes disagree, or a pace file that is not there.
    """
    if settings.clock_pace is not None:
        try:
            return PacedClock(Pace(settings.clock_pace))
        except OSError as error:
            raise SettingsError(
                f"TONGXING_CLOCK_PACE names {settings.clock_pace}, which cannot be read ({error.strerror}). "
                "Only a simulated run sets it: unset it."
            ) from None
    if settings.clock_start is None:
        return SystemClock()
    if settings.clock_anchor is None:
        raise SettingsError(
            "TONGXING_CLOCK_START is set but TONGXING_CLOCK_ANCHOR is not. Write the real instant at which the "
            "simulated clock starts, the same for every process, e.g. 2026-11-21T10:00:00Z."
        )
    return ScaledClock(start=settings.clock_start, rate=settings.clock_rate, anchor=settings.clock_anchor)
