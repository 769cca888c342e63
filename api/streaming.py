"""One client's end of the live stream: a bounded queue of chunks, and the response that empties it.

Nothing here knows what is in a chunk or who may see it: that is `live`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from enum import StrEnum

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

#: Chunks a client may be behind. At one in 250 ms this is eight seconds; then it is dropped and reconnects.
QUEUED = 32


class Goodbye(StrEnum):
    """Why a stream ended; the last event carries it."""

    #: The client did not read fast enough.
    TOO_SLOW = "too_slow"
    #: The token expired, or its user signed out or was disabled.
    SIGNED_OUT = "signed_out"
    #: The server is stopping.
    STOPPING = "stopping"


class Outlet:
    """Chunks on their way to one client."""

    def __init__(self, queued: int = QUEUED) -> None:
        self._queued = queued
        self._chunks: deque[bytes] = deque()
        self._news = asyncio.Event()
        self.goodbye: Goodbye | None = None

    def put(self, chunk: bytes) -> None:
        """Queue a chunk; a client too far behind is dropped, for its own good and everybody else's."""
        if self.goodbye is not None:
            return
        if len(self._chunks) >= self._queued:
            self._chunks.clear()
            self.end(Goodbye.TOO_SLOW)
            return
        self._chunks.append(chunk)
        self._news.set()

    def end(self, goodbye: Goodbye) -> None:
        """End the stream once what is queued has been sent."""
        if self.goodbye is None:
            self.goodbye = goodbye
        self._news.set()

    async def next(self) -> bytes | None:
        """The next chunk, waiting for it; None: the stream has ended."""
        while not self._chunks:
            if self.goodbye is not None:
                return None
            self._news.clear()
            await self._news.wait()
        return self._chunks.popleft()


class EventStream(Response):
    """Server-sent events from an outlet, until it ends or the client is gone."""

    media_type = "text/event-stream"

    def __init__(self, outlet: Outlet, *, last_words: Callable[[Goodbye], bytes], on_end: Callable[[], None]) -> None:
        super().__init__()
        self._outlet = outlet
        self._last_words = last_words
        self._on_end = on_end
        del self.headers["content-length"]
        # X-Accel-Buffering: nginx would hold events back.
        self.headers.update({"cache-control": "no-store", "x-accel-buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send chunks; notice at once when the client hangs up."""
        del scope
        pump = asyncio.create_task(self._pump(send))
        hung_up = asyncio.create_task(_until_disconnected(receive))
        try:
            await asyncio.wait({pump, hung_up}, return_when=asyncio.FIRST_COMPLETED)
            if pump.done():
                await pump
        finally:
            self._on_end()
            for task in (pump, hung_up):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(pump, hung_up, return_exceptions=True)

    async def _pump(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        while (chunk := await self._outlet.next()) is not None:
            await send(_body(chunk, more=True))
        assert self._outlet.goodbye is not None
        await send(_body(self._last_words(self._outlet.goodbye), more=False))


def _body(chunk: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": chunk, "more_body": more}


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
