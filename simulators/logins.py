"""Logins of devices, from the file that `tongxing device credentials export` wrote."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
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


def of_all(file: Path, device_ids: Collection[str]) -> Mapping[str, tuple[str, str]]:
    """The same, where every one of these devices has a login.

    Raises:
        SimulatorError: one has none, or as `read`.
    """
    found = read(file)
    missing = [device_id for device_id in device_ids if device_id not in found]
    if missing:
        others = f" and {len(missing) - 1} others" if len(missing) > 1 else ""
        raise SimulatorError(
            f"{file} has no login of {missing[0]}{others}: register the city's devices and run "
            "`tongxing device credentials export`, or let fewer live (--bracelets, --beds)."
        )
    return found
