"""A long-running process: tasks that live together, end in order, and answer health and metrics over HTTP.

`run` starts everything under one event loop (uvloop where there is one). SIGTERM or SIGINT sets `stopping`; each part
then finishes the batch in hand and returns. A part that fails ends the process, so that its supervisor restarts it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Collection, Iterator
from http import HTTPStatus
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from runtime import telemetry
from runtime.cli import CommandError

log = structlog.get_logger(__name__)

#: Seconds a stopping service may take to finish the batch in hand.
STOP_WITHIN_S = 20.0
#: Seconds after which a task that was cancelled and goes on is cancelled again.
CANCEL_AGAIN_AFTER_S = 3.0


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


@contextlib.contextmanager
def collector_held() -> Iterator[None]:
    """Collect nothing meanwhile: of what a service reads when it starts nothing is garbage, and all of it is new."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def spare_the_collector() -> None:
    """Keep Python from walking over everything that lives as long as the process, again and again.

    What a service holds (libraries, states that are trees without cycles) is freed by counting references; a full
    collection walks all of it nevertheless, a tenth of a second and more, while an SOS waits. Measured by
    `python -m tests.benchmarks.publish_to_channel`: p99 from 2.4 s to 0.3 s. Called once, when the service is ready.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 10_000)


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
    """Run parts until all have returned. When one ends, the others are asked to stop; its failure is raised.

    A part that has not returned `STOP_WITHIN_S` after that is cancelled.
    """

    async def guarded(part: Awaitable[None]) -> None:
        try:
            await part
        except Exception:
            # Said at once: the others may take a while to finish.
            log.exception("part_failed")
            raise
        finally:
            stop.request()

    tasks = [asyncio.ensure_future(guarded(part)) for part in parts]
    try:
        await stop.wait()
        _, late = await asyncio.wait(tasks, timeout=STOP_WITHIN_S)
        for task in late:
            log.error("part_did_not_stop", part=repr(task.get_coro()), waited_s=STOP_WITHIN_S)
    finally:
        results = await ended(tasks)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def ended(tasks: Collection[asyncio.Future[Any]]) -> list[Any]:
    """Cancel tasks until they have ended; what each returned or raised.

    Once may not be enough: `asyncio.wait_for` of Python 3.11 forgets a cancellation that comes at the moment at which
    what it waits for is there, and a loop around it would then wait for ever.
    """
    while going := [task for task in tasks if not task.done()]:
        for task in going:
            task.cancel()
        await asyncio.wait(going, timeout=CANCEL_AGAIN_AFTER_S)
    return await asyncio.gather(*tasks, return_exceptions=True)


async def serve_app(stop: Stop, app: ASGIApp, *, host: str, port: int, finish_within_s: int = 3) -> None:
    """Answer HTTP with an ASGI application until asked to stop.

    Args:
        stop: ends it.
        app: the application; its lifespan is not run.
        host: address to listen on.
        port: port to listen on; 0 is any free one.
        finish_within_s: seconds that answers under way get when stopping; streams would else never end.

    Raises:
        CannotListen: the address is in use or not ours.
    """
    listening = _listen(host, port)
    server = _Server(
        uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=finish_within_s,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    asking = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, asking}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    finally:
        asking.cancel()
        listening.close()


class _Server(uvicorn.Server):
    """Signals are heard by `Stop` alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them be."""
        yield


class CannotListen(CommandError):  # noqa: N818 - said as people say it
    """A server's address is in use or not ours; uvicorn would end the process without a word."""


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.socket(family, kind)
    except OSError as error:
        raise CannotListen(f"{host} is no address to listen on ({error}).") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        listening.close()
        raise CannotListen(
            f"cannot listen on {host} port {port} ({error.strerror}): stop what listens there, or set another port."
        ) from error
    return listening


def _nothing() -> dict[str, str]:
    return {}


async def serve_health(
    stop: Stop,
    *,
    host: str,
    port: int,
    ready: Callable[[], dict[str, str]],
    notes: Callable[[], dict[str, str]] = _nothing,
) -> None:
    """Answer `/health/live`, `/health/ready` and `/metrics` until asked to stop.

    `ready` returns what is wrong, by part; an empty dictionary means ready. `notes` are said beside it and change
    nothing: what somebody has to mend elsewhere, which no restart of this process does. Port 0 switches it off.
    """
    if port == 0:
        await stop.wait()
        return
    await serve_app(stop, health_app(ready, notes), host=host, port=port)


def health_app(ready: Callable[[], dict[str, str]], notes: Callable[[], dict[str, str]] = _nothing) -> Starlette:
    """What `serve_health` serves."""

    async def live(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readiness(_: Request) -> Response:
        wrong = ready()
        lines = [f"{part}: {reason}\n" for part, reason in wrong.items()] or ["ok\n"]
        lines += [f"note: {part}: {what}\n" for part, what in notes().items()]
        return PlainTextResponse("".join(lines), status_code=HTTPStatus.SERVICE_UNAVAILABLE if wrong else HTTPStatus.OK)

    async def metrics(_: Request) -> Response:
        return Response(telemetry.metrics_text(), media_type=telemetry.METRICS_CONTENT_TYPE)

    return Starlette(
        routes=[Route("/health/live", live), Route("/health/ready", readiness), Route("/metrics", metrics)]
    )
