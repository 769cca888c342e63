"""A QR code as the path of an SVG: nothing that a strict content policy would refuse. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import segno


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code's modules, one unit each, with the quiet zone around."""

    #: Side of the square. Modules.
    size: int
    #: Path data of all dark modules.
    path: str


#: Light modules around a code. Count; ISO/IEC 18004.
_QUIET = 4


def code(url: str) -> Code:
    """The code of an address; a quarter of it may be torn or dirty (error correction Q)."""
    rows = list(segno.make(url, error="q", micro=False).matrix)
    dark = (
        f"M{x + _QUIET} {y + _QUIET}h1v1h-1z" for y, row in enumerate(rows) for x, module in enumerate(row) if module
    )
    return Code(size=len(rows) + 2 * _QUIET, path="".join(dark))
