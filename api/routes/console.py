"""Serves the web console's build: hashed assets for ever, the rest checked each time, other paths to the app.

What the build has compressed is sent so to whoever takes it: a phone on a village's network loads a quarter. Nothing is
compressed while answering, and nothing but these files.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from api.errors import NotFound

DIST = Path(__file__).parents[1] / "console" / "dist"
_MISSING = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Tongxing</title>
<h1>同行 Tongxing</h1>
<p>The server runs; its web console is not built yet. Run <code>make console</code> and load this page again.</p>
<p>服务已启动，但网页尚未构建。请运行 <code>make console</code> 后刷新本页。</p>
<p><a href="/api/v1/openapi.json">OpenAPI</a></p>
</html>
"""
#: Below these nothing belongs to the console: a mistyped address must not answer with a page.
_NOT_PAGES = ("api/", "assets/", "health/")
_FOR_EVER = "public, max-age=31536000, immutable"
_CHECK_EACH_TIME = "no-cache"

router = APIRouter(include_in_schema=False)


@router.api_route("/{path:path}", methods=["GET", "HEAD"])
async def read_console(path: str, request: Request) -> Response:
    """A file of the console, or its one page."""
    dist: Path = request.app.state.console_dist
    if (file := _file(dist, path)) is not None:
        cache = _FOR_EVER if path.startswith("assets/") else _CHECK_EACH_TIME
        return _answer(file, request, cache)
    if f"{path}/".startswith(_NOT_PAGES):
        raise NotFound("There is nothing at this address.")
    if (page := _file(dist, "index.html")) is None:
        return HTMLResponse(_MISSING, headers={"cache-control": _CHECK_EACH_TIME})
    return _answer(page, request, _CHECK_EACH_TIME)


def _answer(file: Path, request: Request, cache: str) -> FileResponse:
    """The file, or what the build made of it for a browser that unpacks."""
    headers = {"cache-control": cache, "vary": "Accept-Encoding"}
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    packed = file.with_name(f"{file.name}.gz")
    if packed.is_file() and takes_gzip(request.headers.get("accept-encoding", "")):
        return FileResponse(packed, media_type=media_type, headers=headers | {"content-encoding": "gzip"})
    return FileResponse(file, media_type=media_type, headers=headers)


def takes_gzip(accept_encoding: str) -> bool:
    """Whether a browser says so (RFC 9110 section 12.5.3); `*` and other names of it are not worth a thought."""
    for offer in accept_encoding.lower().split(","):
        name, _, weight = offer.replace(" ", "").partition(";q=")
        if name == "gzip":
            return weight.strip("0.") != "" if weight else True
    return False


def _file(dist: Path, path: str) -> Path | None:
    """The file of that path inside the build; None: none, or outside."""
    if not path or "\x00" in path:
        return None
    file = (dist / path).resolve()
    return file if file.is_relative_to(dist.resolve()) and file.is_file() else None
