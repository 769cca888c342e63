"""How often a socket is read under load: after each read it is left alone for a few milliseconds, so that more comes.

Waking up costs ten times what a message costs. Below `PACED_FROM_PER_S` nothing waits.
"""

from __future__ import annotations

import asyncio
import time

#: Messages a second from which a pause costs less than the wake-ups it saves. Count.
PACED_FROM_PER_S = 3_000
#: Seconds over which they are counted.
COUNTED_OVER_S = 0.02


class Pacing:
    """Pauses the reading of one connection."""

    def __init__(self, pause_s: float) -> None:
        self._pause_s = pause_s
        self.transport: asyncio.ReadTransport | None = None
        self.paused = self.held = False
        self._timer: asyncio.TimerHandle | None = None
        self._loaded = False
        self._counted, self._since_s = 0, time.monotonic()

    def heard(self, messages: int) -> None:
        """So many messages came with one read."""
        self._counted += messages
        now_s = time.monotonic()
        if (passed_s := now_s - self._since_s) >= COUNTED_OVER_S:
            self._loaded = self._counted >= PACED_FROM_PER_S * passed_s
            self._counted, self._since_s = 0, now_s
        if self._loaded and self._pause_s and self.transport is not None and not self.paused and not self.held:
            self.paused = True
            self.transport.pause_reading()
            self._timer = asyncio.get_running_loop().call_later(self._pause_s, self._go_on)

    def hold(self) -> None:
        """Leave the socket alone until told otherwise."""
        if not self.held and self.transport is not None:
            self.held = True
            if not self.paused:
                self.transport.pause_reading()

    def let_go(self) -> None:
        """It may be read again."""
        self.held = False
        if self.transport is not None and not self.paused:
            self.transport.resume_reading()

    def end(self) -> None:
        """The connection is gone."""
        self.transport = None
        if self._timer is not None:
            self._timer.cancel()

    def _go_on(self) -> None:
        self.paused = False
        if self.transport is not None and not self.held:
            self.transport.resume_reading()
