"""The options `--boundaries FILE --datum D` of everything that makes a city."""

from __future__ import annotations

import argparse
from pathlib import Path

from geofence.datum import Datum
from simulators.errors import SimulatorError
from simulators.ground.boundaries import Boundaries, load


def add(command: argparse.ArgumentParser) -> None:
    """Add them."""
    command.add_argument(
        "--boundaries", type=Path, metavar="FILE", help="a GeoJSON of the districts: towns then lie within theirs"
    )
    command.add_argument(
        "--datum", choices=[datum.value for datum in Datum], help="what the coordinates of --boundaries refer to"
    )


def chosen(parsed: argparse.Namespace) -> Boundaries | None:
    """The boundaries asked for.

    Raises:
        SimulatorError: one of the two is missing, or the file holds none.
    """
    if parsed.boundaries is None:
        if parsed.datum is not None:
            raise SimulatorError("--datum belongs to --boundaries FILE: give both or neither.")
        return None
    if parsed.datum is None:
        raise SimulatorError(
            "Say what the coordinates refer to: --datum gcj02 for maps made in China (AMap, DataV), --datum wgs84 for "
            "OpenStreetMap, --datum bd09 for Baidu."
        )
    return load(parsed.boundaries, Datum(parsed.datum))
