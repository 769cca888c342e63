"""Builds the application: parts, routes, errors, headers, OpenAPI. Starts nothing by itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api import errors
from api.attempts import Attempts
from api.headers import Headers
from api.live import Hub
from api.passwords import Passwords
from api.routes import api_v1, console, health, pages
from api.services import Services
from api.settings import ApiSettings
from runtime import database
from runtime.clock import Clock

log = structlog.get_logger(__name__)

_DESCRIPTION = """Tongxing: bracelets and beds in, incidents out, and the people who answer.

Sign in at `/api/v1/token` (OAuth2 password flow) and send the token as a bearer. Errors are problem documents
(RFC 9457). Instants are RFC 3339 in UTC on the server's clock, positions GeoJSON in WGS-84, longitude first.
"""


def create_app(settings: ApiSettings, clock: Clock, *, console_dist: Path = console.DIST) -> FastAPI:
    """The application; its parts open when it is started and close when it ends."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        pool = await database.open_pool(settings.database_url, max_size=settings.api_pool_size)
        hub = Hub(
            database_url=settings.database_url,
            pool=pool,
            clock=clock,
            clock_rate=settings.clock_rate if settings.clock_start else 1.0,
        )
        app.state.services = Services(
            settings=settings, clock=clock, pool=pool, hub=hub, passwords=Passwords(), attempts=Attempts()
        )
        running = asyncio.create_task(hub.run())
        running.add_done_callback(_report)
        try:
            yield
        finally:
            hub.close()
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await running
            await pool.close()

    app = FastAPI(
        title="Tongxing",
        version=version("tongxing"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        # Both pages load scripts from elsewhere, which the content security policy forbids.
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    app.state.console_dist = console_dist
    app.add_middleware(Headers, basemap_origin=settings.basemap_origin)
    errors.install(app)
    for router in (api_v1, health.router, pages.router, console.router):
        app.include_router(router)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign] # FastAPI's own way of extending the document
    return app


def _report(task: asyncio.Task[None]) -> None:
    """A hub that died is a bug: say so; `/health/ready` turns red because nothing is heard any more."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("live_hub_died", exc_info=error)


def _operation_id(route: APIRoute) -> str:
    """The function's name: stable, and unique by a test."""
    return route.name


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the problem documents that `errors.documented` refers to."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schemas = document["components"]["schemas"]
        problem = errors.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= problem.pop("$defs", {})
        schemas["Problem"] = problem
        app.openapi_schema = document
    return app.openapi_schema
