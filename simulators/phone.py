"""`tongxing simulate phone`: the family's telephone, a real webhook receiver.

It verifies each signature, shows one line a message, and answers `GET /received` with what came. A message that was
sent twice (same identifier) is shown once. Not for production: it keeps everything in memory and forgets it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from runtime.clock import wall_now
from simulators import signature
from simulators.errors import SimulatorError
from simulators.signature import Verdict

BODY_MOST_BYTES = 256 * 1024
#: Newest messages kept for `GET /received`.
KEPT = 1_000
#: Seconds a sender may take.
READ_WITHIN_S = 10.0

Show = Callable[[str], None]


@dataclass(slots=True)
class Inbox:
    """What was received."""

    secret: str
    show: Show
    valid: int = 0
    invalid: int = 0
    repeated: int = 0
    messages: list[dict[str, object]] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, header: str | None, body: bytes) -> Verdict:
        """Judge, count, keep and show one message."""
        now = wall_now()
        verdict = signature.verify(header, body, self.secret, now.timestamp())
        content = _object(body)
        with self._lock:
            if verdict is not Verdict.VALID or content is None:
                self.invalid += 1
                self.show(f"✗ a message was not believed: its signature is {verdict}")
                return verdict if verdict is not Verdict.VALID else Verdict.MALFORMED
            self.valid += 1
            identifier = str(content.get("notification_id", ""))
            if identifier and identifier in self._seen:
                self.repeated += 1
                return verdict
            self._seen.add(identifier)
            self.messages.append({"received_at": now.isoformat(), "message": content})
            del self.messages[:-KEPT]
            self.show(f"☎ {content.get('title', '(no title)')}")
        return verdict

    def as_dict(self) -> dict[str, object]:
        """For `GET /received`."""
        with self._lock:
            return {
                "valid": self.valid,
                "invalid": self.invalid,
                "repeated": self.repeated,
                "messages": list(self.messages),
            }


def server(port: int, inbox: Inbox) -> ThreadingHTTPServer:
    """A listening server on the loopback address; port 0 takes any. The caller serves and closes it.

    Raises:
        SimulatorError: the port is taken.
    """

    class Handler(_Handler):
        received = inbox

    try:
        return ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError as error:
        raise SimulatorError(f"port {port} is taken ({error.strerror}): give another with --port.") from error


class _Handler(BaseHTTPRequestHandler):
    received: Inbox
    timeout = READ_WITHIN_S
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """What was received, or a sign of life."""
        if self.path == "/received":
            self._answer(HTTPStatus.OK, self.received.as_dict())
        elif self.path == "/health/live":
            self._answer(HTTPStatus.OK, {"live": True})
        else:
            self._answer(HTTPStatus.NOT_FOUND, {"detail": "POST a message, or GET /received"})

    def do_POST(self) -> None:
        """One message."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_MOST_BYTES:
            self.close_connection = True
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"detail": f"at most {BODY_MOST_BYTES} bytes"})
            return
        verdict = self.received.take(self.headers.get(signature.HEADER), self.rfile.read(int(length)))
        believed = verdict is Verdict.VALID
        self._answer(HTTPStatus.OK if believed else HTTPStatus.UNAUTHORIZED, {"signature": verdict.value})

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class names it so
        """The phone shows messages, not requests."""

    def _answer(self, status: HTTPStatus, content: dict[str, object]) -> None:
        body = json.dumps(content, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _object(body: bytes) -> dict[str, object] | None:
    try:
        content = json.loads(body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None
