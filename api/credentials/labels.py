"""A sheet of labels to print: for each device its id and its login, and all that it needs in a code to scan."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ingest.identity.credential import Issued

#: Any of the eight is read as well; trying them all takes most of the time of a code.
_MASK = 4
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def sheet(issued: Iterable[Issued], *, broker: str) -> str:
    """One HTML page, 24 labels a sheet of A4.

    Args:
        issued: what was issued just now; nobody can print it again later.
        broker: what devices connect to, `mqtts://host:8883`.
    """
    labels = [{"issued": one, "code": _code(broker, one)} for one in issued]
    return _TEMPLATES.get_template("labels.html").render(labels=labels, broker=broker)


def _code(broker: str, one: Issued) -> Markup:
    """The broker's URL with the login in it, as a drawing: `mqtts://zb-000001:secret@host:8883`."""
    scheme, _, host = broker.rpartition("://")
    text = f"{scheme or 'mqtts'}://{quote(one.login, safe='~')}:{one.secret}@{host}"
    # Drawn by segno, which knows nothing but the text: safe to put into the page.
    return Markup(segno.make(text, error="m", micro=False, mask=_MASK).svg_inline(omitsize=True))  # noqa: S704
