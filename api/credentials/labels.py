"""A sheet of labels to print: for each device its id and its login, and all that it needs in a code to scan."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.pages.code import code
from ingest.identity.credential import Issued

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def sheet(issued: Iterable[Issued], *, broker: str) -> str:
    """One HTML page, 24 labels a sheet of A4.

    Args:
        issued: what was issued just now; nobody can print it again later.
        broker: what devices connect to, `mqtts://host:8883`.
    """
    labels = [
        {"issued": one, "code": code(json.dumps({"url": broker, "login": one.login, "secret": one.secret}))}
        for one in issued
    ]
    return _TEMPLATES.get_template("labels.html").render(labels=labels, broker=broker)
