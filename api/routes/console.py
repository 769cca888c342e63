"""Serves the web console's build: hashed assets for ever, the rest checked each time, other paths to the app."""

from __future__ import annotations

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
        return FileResponse(file, headers={"cache-control": cache})
    if f"{path}/".startswith(_NOT_PAGES):
        raise NotFound("There is nothing at this address.")
    if (page := _file(dist, "index.html")) is None:
        return HTMLResponse(_MISSING, headers={"cache-control": _CHECK_EACH_TIME})
    return FileResponse(page, headers={"cache-control": _CHECK_EACH_TIME})


def _file(dist: Path, path: str) -> Path | None:
    """The file of that path inside the build; None: none, or outside."""
    if not path or "\x00" in path:
        return None
    file = (dist / path).resolve()
    return file if file.is_relative_to(dist.resolve()) and file.is_file() else None
