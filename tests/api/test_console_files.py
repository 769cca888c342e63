"""How the console's files leave: compressed for those who take it, everything else untouched. No server, no database."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from api.app import create_app
from api.routes.console import takes_gzip
from api.settings import ApiSettings
from runtime.clock import ManualClock

SCRIPT = b"export const word = 'incident';\n" * 200
TAKES = {"accept-encoding": "gzip, deflate, br"}


@pytest_asyncio.fixture
async def client(tmp_path: Path, clock: ManualClock) -> AsyncIterator[httpx.AsyncClient]:
    assets = tmp_path / "assets"
    assets.mkdir()
    for file in (tmp_path / "index.html", assets / "main-4f2a.js"):
        file.write_bytes(SCRIPT)
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(SCRIPT))
    (assets / "small-1a2b.css").write_bytes(b"p{}")
    app = create_app(ApiSettings(database_url="postgresql://nobody@127.0.0.1/none"), clock, console_dist=tmp_path)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://console") as made:
        yield made


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/assets/main-4f2a.js", "javascript"), ("/", "text/html"), ("/incidents/7", "text/html")],
)
async def test_a_browser_that_unpacks_gets_less(client: httpx.AsyncClient, path: str, kind: str) -> None:
    packed = await client.get(path, headers=TAKES)
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(SCRIPT) / 4
    assert kind in packed.headers["content-type"]
    plain = await client.get(path, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content == SCRIPT
    # A cache between must not give one's answer to the other, nor one's validator.
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.headers["cache-control"] == plain.headers["cache-control"]


async def test_what_was_too_small_goes_as_it_is(client: httpx.AsyncClient) -> None:
    answer = await client.get("/assets/small-1a2b.css", headers=TAKES)
    assert "content-encoding" not in answer.headers
    assert answer.text == "p{}"


async def test_answers_of_the_api_are_not_compressed(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/openapi.json", headers=TAKES)
    assert len(answer.content) > 10_000
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("offered", "taken"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, br", False),
        ("x-gzip, br", False),
        ("*", False),
        ("", False),
    ],
)
def test_what_a_browser_takes(offered: str, taken: bool) -> None:
    assert takes_gzip(offered) is taken
