"""Runs the application under uvicorn until asked to stop; open streams are ended first, so that nothing hangs."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.settings import ApiSettings
from runtime.clock import Clock
from runtime.service import Stop


class ServerError(Exception):
    """The server could not start; the log above says why."""


class _Server(uvicorn.Server):
    """Leaves the signals to `runtime.service`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve(
    settings: ApiSettings,
    *,
    clock: Clock,
    stop: Stop,
    listener: socket.socket | None = None,
    app: FastAPI | None = None,
) -> None:
    """Serve until `stop` is requested. With a `listener`, on that socket instead of the settings' address.

    Raises:
        ServerError: it could not start.
    """
    app = app or create_app(settings, clock)
    server = _Server(
        uvicorn.Config(
            app,
            host=settings.api_host,
            port=settings.api_port,
            timeout_graceful_shutdown=settings.api_stop_within_s,
            proxy_headers=bool(settings.api_trusted_proxies),
            forwarded_allow_ips=settings.api_trusted_proxies or None,
            # Paths carry searched-for names; metrics count requests.
            access_log=False,
            log_config=None,
            server_header=False,
            lifespan="on",
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener] if listener else None))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not serving.done():
        # uvicorn waits for open answers before it ends the lifespan: the streams have to go first.
        if services := getattr(app.state, "services", None):
            services.hub.close()
        server.should_exit = True
    await serving
    if not server.started:
        raise ServerError(f"the server could not start on {settings.api_host}:{settings.api_port}")
