"""GPX, read with gpxpy: the points of all tracks, in order; routes and waypoints have no time and are not walks.

gpxpy keeps no line numbers, so a bad point is told by its number in the file.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any

import gpxpy
import gpxpy.gpx

from simulators.recordings.recorded_fix import BadLine, RecordedFix, RecordingError, fix

#: Metres of horizontal error per unit of dilution, a usual rule of thumb for small receivers.
METRES_PER_HDOP = 5.0


def read(lines: Iterable[str]) -> Iterator[RecordedFix | BadLine]:
    """Fixes and bad points, in the file's order.

    Raises:
        RecordingError: it is not GPX at all.
    """
    try:
        document = gpxpy.parse("".join(lines))
    except (gpxpy.gpx.GPXException, ValueError) as error:
        raise RecordingError(f"not GPX: {error}") from error
    points = itertools.chain.from_iterable(segment.points for track in document.tracks for segment in track.segments)
    for count, point in enumerate(points, start=1):
        try:
            yield _fix(point)
        except RecordingError as error:
            yield BadLine(line=count, reason=f"track point {count}: {error}")


def _fix(point: Any) -> RecordedFix:
    if point.time is None:
        raise RecordingError("it has no time")
    at = point.time if point.time.tzinfo else point.time.replace(tzinfo=UTC)
    dilution = point.horizontal_dilution
    return fix(
        at_s=at.timestamp(),
        latitude=float(point.latitude),
        longitude=float(point.longitude),
        accuracy_m=float(dilution) * METRES_PER_HDOP if dilution else None,
        altitude_m=None if point.elevation is None else float(point.elevation),
        speed_mps=None if point.speed is None else float(point.speed),
        heading_deg=None if point.course is None else float(point.course) % 360,
    )
