"""Logins of devices, from the file that `tongxing device credentials export` wrote."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from simulators.errors import SimulatorError

_NEEDED = {"device_id", "login", "secret"}


def read(file: Path) -> Mapping[str, tuple[str, str]]:
    """(login, secret) by device id; of a device that stands there twice, the later one.

    Raises:
        SimulatorError: the file cannot be read, or is no such list.
    """
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SimulatorError(
            f"{file} cannot be read ({error}): name a file of `tongxing device credentials`."
        ) from None
    if not rows or not rows[0].keys() >= _NEEDED:
        raise SimulatorError(
            f"{file} has no device_id, login and secret: name a file of `tongxing device credentials`."
        )
    return {row["device_id"]: (row["login"], row["secret"]) for row in rows}
