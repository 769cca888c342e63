"""A telephone number as the channels that dial one want it: E.164, a plus, the country, the number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NUMBER = re.compile(r"\+[1-9]\d{7,14}")


def problem(entry: Mapping[str, Any]) -> str | None:
    """What is wrong with an entry's `phone`, or None."""
    number = entry.get("phone")
    if isinstance(number, str) and _NUMBER.fullmatch(number):
        return None
    return 'write "phone": "+86…", with the country\'s code and digits alone'
