"""ASGI middleware: security and cache headers on every answer, and metrics of every request. Knows no route."""

from __future__ import annotations

import time

from prometheus_client import Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.telemetry import REGISTRY

REQUESTS = Counter(
    "tongxing_http_requests", "Answers, by route and status", ["method", "route", "status"], registry=REGISTRY
)
SECONDS = Histogram(
    "tongxing_http_request_seconds", "Real time to the first byte, by route", ["method", "route"], registry=REGISTRY
)


def content_security_policy(basemap_origin: str | None) -> str:
    """Everything from here alone; MapLibre's workers are blobs; a base map may be fetched where one is configured."""
    elsewhere = f" {basemap_origin}" if basemap_origin else ""
    return "; ".join(
        (
            "default-src 'self'",
            f"img-src 'self' data: blob:{elsewhere}",
            f"connect-src 'self'{elsewhere}",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class Headers:
    """Adds the headers."""

    def __init__(self, app: ASGIApp, *, basemap_origin: str | None) -> None:
        self._app = app
        self._always = {
            "content-security-policy": content_security_policy(basemap_origin),
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "x-frame-options": "DENY",
            "cross-origin-opener-policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun_s = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._decorate(MutableHeaders(scope=message), str(scope["path"]))
                _count(scope, message["status"], time.perf_counter() - begun_s)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _decorate(self, headers: MutableHeaders, path: str) -> None:
        for name, value in self._always.items():
            headers[name] = value
        if path.startswith("/api/"):
            # Whereabouts do not belong into a cache.
            headers["cache-control"] = "no-store"


def _count(scope: Scope, status: int, seconds: float) -> None:
    # The route's name (its operation id), not the path: one series a route, and no identifiers in metrics.
    route = getattr(scope.get("route"), "name", "none")
    method = str(scope["method"]) if scope["method"] in _METHODS else "other"
    REQUESTS.labels(method, route, str(status)).inc()
    SECONDS.labels(method, route).observe(seconds)


_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
