"""Somebody else's webhook receiver: a real HTTP server that trusts no code of ours, written after docs/alerts.md."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: As the document says: refuse what was signed longer ago.
TOO_OLD_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One request."""

    key: str | None
    body: bytes
    #: What is wrong with its signature; None: nothing.
    wrong: str | None
    answered: int

    @property
    def message(self) -> dict[str, Any]:
        return json.loads(self.body)


def fault_of(header: str | None, body: bytes, secret: str, now_s: float) -> str | None:
    """`t=<unix seconds>,v1=<hex>`: HMAC-SHA256, with the secret, of `<t>.<raw body>`."""
    try:
        stamp, digest = (header or "").split(",")
        signed_at = int(stamp.removeprefix("t="))
    except ValueError:
        return f"malformed: {header!r}"
    mine = hmac.digest(secret.encode(), stamp.removeprefix("t=").encode() + b"." + body, hashlib.sha256).hex()
    if not hmac.compare_digest(f"v1={mine}", digest):
        return "wrong digest"
    return "too old" if abs(now_s - signed_at) > TOO_OLD_S else None


@dataclass(slots=True)
class Receiver:
    """What has arrived. The first request is turned away once, as a receiver that is just restarting would."""

    secret: str
    deliveries: list[Delivery] = field(default_factory=list)
    port: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/alarm"

    def receive(self, key: str | None, signature: str | None, body: bytes) -> int:
        with self._lock:
            status = 204 if self.deliveries else 503
            wrong = fault_of(signature, body, self.secret, time.time())
            self.deliveries.append(Delivery(key=key, body=body, wrong=wrong, answered=status))
        return status

    def kinds(self) -> set[str]:
        """Kinds of incident somebody was alarmed about."""
        with self._lock:
            return {one.message["kind"] for one in self.deliveries if one.message["purpose"] == "alert"}


@contextmanager
def receiver(secret: str) -> Iterator[Receiver]:
    """One, on a free port of the loopback address."""
    kept = Receiver(secret)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(kept.receive(self.headers["Idempotency-Key"], self.headers["Tongxing-Signature"], body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name http.server calls
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
