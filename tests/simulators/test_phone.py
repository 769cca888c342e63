from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time

import httpx
import pytest

from simulators.errors import SimulatorError
from simulators.phone import BODY_MOST_BYTES, Inbox, server

SECRET = "k"


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def inbox(lines):
    return Inbox(secret=SECRET, show=lines.append)


@pytest.fixture
def url(inbox):
    with server(0, inbox) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    at = int(time.time())
    return {
        "Tongxing-Signature": f"t={at},v1={hmac.new(secret.encode(), f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"
    }


def test_a_signed_message_rings_once(url, lines):
    body = json.dumps({"notification_id": "n1", "title": "高春建 离开家"}).encode()
    with httpx.Client(base_url=url, trust_env=False) as client:
        assert client.post("/", content=body, headers=signed(body)).status_code == 200
        assert client.post("/", content=body, headers=signed(body)).status_code == 200
        received = client.get("/received").json()
    assert lines == ["☎ 高春建 离开家"]
    assert (received["valid"], received["invalid"], received["repeated"]) == (2, 0, 1)
    assert [row["message"]["notification_id"] for row in received["messages"]] == ["n1"]


def test_an_unsigned_message_does_not_ring(url, lines):
    body = b'{"title": "x"}'
    with httpx.Client(base_url=url, trust_env=False) as client:
        assert client.post("/", content=body).status_code == 401
        assert client.post("/", content=body, headers=signed(body, "other")).status_code == 401
        assert client.post("/", content=b"no json", headers=signed(b"no json")).status_code == 401
        assert client.post("/", content=b"x" * (BODY_MOST_BYTES + 1)).status_code == 413
        assert client.get("/received").json()["invalid"] == 3
        assert client.get("/elsewhere").status_code == 404
        assert client.get("/health/live").status_code == 200
    assert all(line.startswith("✗") for line in lines)


def test_a_taken_port_is_explained(url, inbox):
    with pytest.raises(SimulatorError, match="--port"):
        server(int(url.rsplit(":", 1)[1]), inbox)
