"""Fills the templates. Everything is escaped; a field that a template names and nobody gives is a mistake of ours."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"
_TEMPLATES = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
#: A page with a token in its address belongs into no cache and no search engine.
_HEADERS = {"cache-control": "no-store", "x-robots-tag": "noindex, nofollow"}


def page(template: str, status: HTTPStatus = HTTPStatus.OK, /, **values: Any) -> HTMLResponse:
    """One page."""
    text = _TEMPLATES.get_template(template).render(**values)
    return HTMLResponse(text, status_code=int(status), headers=_HEADERS)
