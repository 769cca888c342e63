"""Takes out of a text what a stranger must not read, whoever wrote it: the name, telephone numbers. Pure."""

from __future__ import annotations

import re

#: Seven digits or more, however they are grouped; years, heights and bus lines are shorter.
_TELEPHONE = re.compile(r"(?<!\d)\+?\d(?:[ ()-]{0,2}\d){6,}(?!\d)")
_HIDDEN = "…"
#: A shorter name would take single characters out of ordinary words.
_SHORTEST_NAME = 2


def discreet(text: str, *, name: str) -> str:
    """The text without the name and without telephone numbers."""
    shown = _TELEPHONE.sub(_HIDDEN, text)
    return shown.replace(name, _HIDDEN) if len(name.strip()) >= _SHORTEST_NAME else shown
