"""Takes positions out of raw messages before an operator sees them. Pure."""

from __future__ import annotations

import re

_NAMED = re.compile(
    r"""(?P<name>["']?(?:lat|lon|lng|long|latitude|longitude)\w*["']?\s*[:=]\s*["']?)-?[\d.]+""", re.IGNORECASE
)
#: Whole degrees place someone within a hundred kilometres; it is the fraction that finds them.
_FRACTION = re.compile(r"(?<=\d)\.\d+")


def without_positions(text: str) -> str:
    """The text with every named coordinate and every decimal fraction blotted out."""
    return _FRACTION.sub(".*", _NAMED.sub(lambda found: found["name"] + "*", text))
