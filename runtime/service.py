"""A long-running process: tasks that live together, end in order, and answer health and metrics over HTTP.

`run` starts everything under one event loop (uvloop where there is one). SIGTERM or SIGINT sets `stopping`; each part
then finishes the batch in hand and returns. A part that fails ends the process, so that its supervisor restarts it.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable

import structlog

from runtime import telemetry

log = structlog.get_logger(__name__)

#: Seconds a stopping service may take to finish the batch in hand.
STOP_WITHIN_S = 20.0


class Stop:
    """Says when a service should end."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    @property
    def requested(self) -> bool:
        """Whether the service should end."""
        return self._event.is_set()

    def request(self) -> None:
        """Ask the service to end."""
        self._event.set()

    async def wait(self) -> None:
        """Return when the service should end."""
        await self._event.wait()

    def on_signals(self) -> None:
        """End on SIGTERM and SIGINT."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.request)


def run(main: Callable[[Stop], Awaitable[None]]) -> None:
    """Run `main` until it returns; it is handed a `Stop` bound to the signals."""

    async def start() -> None:
        stop = Stop()
        stop.on_signals()
        await main(stop)

    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(start())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - not published for every platform
    except ImportError:
        return None
    return uvloop.new_event_loop


async def together(stop: Stop, *parts: Awaitable[None]) -> None:
    """Run parts until all have returned. If one fails, the others are asked to stop and the failure is raised."""

    async def guarded(part: Awaitable[None]) -> None:
        try:
            await part
        finally:
            stop.request()

    tasks = [asyncio.ensure_future(guarded(part)) for part in parts]
    await stop.wait()
    _, late = await asyncio.wait(tasks, timeout=STOP_WITHIN_S)
    for task in late:
        log.error("part_did_not_stop", part=repr(task))
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def serve_health(stop: Stop, *, host: str, port: int, ready: Callable[[], dict[str, str]]) -> None:
    """Answer `/health/live`, `/health/ready` and `/metrics` until asked to stop.

    `ready` returns what is wrong, by part; an empty dictionary means ready. Port 0 switches the listener off.
    """
    if port == 0:
        await stop.wait()
        return

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            request = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), timeout=5)
            status, kind, body = _respond(request.split(b" ", 2)[1].decode("ascii", "replace"), ready)
            head = (
                f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, host, port)
    async with server:
        await stop.wait()


def _respond(path: str, ready: Callable[[], dict[str, str]]) -> tuple[str, str, bytes]:
    text = "text/plain; charset=utf-8"
    if path == "/metrics":
        return "200 OK", telemetry.METRICS_CONTENT_TYPE, telemetry.metrics_text()
    if path == "/health/live":
        return "200 OK", text, b"ok\n"
    if path == "/health/ready":
        wrong = ready()
        lines = "".join(f"{part}: {reason}\n" for part, reason in wrong.items()) or "ok\n"
        return ("503 Service Unavailable" if wrong else "200 OK"), text, lines.encode()
    return "404 Not Found", text, b"not found\n"
