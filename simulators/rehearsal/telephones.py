"""Everybody's telephone: one webhook receiver, an address each, that checks signatures and hands on what it is told."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from runtime.clock import wall_now
from simulators import signature
from simulators.signature import Verdict

BODY_MOST_BYTES = 256 * 1024
#: Seconds a sender may take.
READ_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A message that was believed, and not heard before."""

    #: `family/zibo-000012/1`, `desk/coordinator/370303101/1`.
    receiver: str
    message: dict[str, Any]


@dataclass(slots=True)
class Telephones:
    """All of them. Requests come in threads of their own, calls go to the event loop that made this."""

    secret: str
    calls: asyncio.Queue[Call] = field(default_factory=asyncio.Queue)
    #: Real seconds before an answer; a fault raises it.
    slow_s: float = 0.0
    believed: int = 0
    refused: int = 0
    _seen: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Serve on a free port of the loopback; yields the address that receivers' names are appended to."""

        class Handler(_Handler):
            telephones = self

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def take(self, receiver: str, header: str | None, body: bytes) -> bool:
        """Judge one message; whether it is believed."""
        believed = signature.verify(header, body, self.secret, wall_now().timestamp()) is Verdict.VALID
        message = _object(body) if believed else None
        with self._lock:
            if message is None:
                self.refused += 1
                return False
            self.believed += 1
            identifier = str(message.get("notification_id", ""))
            if identifier in self._seen:
                return True
            self._seen.add(identifier)
        self._loop.call_soon_threadsafe(self.calls.put_nowait, Call(receiver=receiver, message=message))
        return True


class _Handler(BaseHTTPRequestHandler):
    telephones: Telephones
    timeout = READ_WITHIN_S
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """One message."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_MOST_BYTES:
            self.close_connection = True
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        body = self.rfile.read(int(length))
        if self.telephones.slow_s:
            time.sleep(self.telephones.slow_s)
        believed = self.telephones.take(self.path.strip("/"), self.headers.get(signature.HEADER), body)
        self._answer(HTTPStatus.OK if believed else HTTPStatus.UNAUTHORIZED)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class names it so
        """Requests are not shown."""

    def _answer(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def addressed(roster: dict[str, Any], *, url: str, secret: str) -> dict[str, Any]:
    """A roster in which everybody who can be called has a telephone of their own; the given one is changed."""
    for person in roster["persons"]:
        for receiver in person["receivers"]:
            receiver["channels"] = _line(f"{url}/family/{person['external_id']}/{receiver['priority']}", secret)
    for number, desk in enumerate(roster["receivers"]):
        desk["channels"] = _line(f"{url}/desk/{desk['relation']}/{desk['division']}/{number}", secret)
    return roster


def _line(url: str, secret: str) -> list[dict[str, str]]:
    return [{"kind": "webhook", "url": url, "secret": secret}]


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None
