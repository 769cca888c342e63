"""Positions of an Android phone as StudentLife published them: a csv with provider and reported accuracy.

Columns: time (unix seconds), provider (`gps`, `network`, `fused`), network_type (`wifi`, `cell`), accuracy (m),
latitude, longitude, and if there altitude (m), bearing (degrees), speed (m/s). Rows may end with an extra comma.
Providers other than `gps` write 0 for what they do not know.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping

from simulators.radio.fixes import Source
from simulators.recordings.recorded_fix import BadLine, RecordedFix, RecordingError, fix, number

NEEDED = ("time", "latitude", "longitude")
_SOURCES = {("gps", ""): Source.GNSS, ("network", "cell"): Source.CELL}


def read(lines: Iterable[str]) -> Iterator[RecordedFix | BadLine]:
    """Fixes and bad lines, in the file's order.

    Raises:
        RecordingError: the header lacks a column.
    """
    rows = csv.reader(line.replace("\0", "") for line in lines)
    header = [name.strip().lower() for name in next(rows, [])]
    if missing := [name for name in NEEDED if name not in header]:
        raise RecordingError(f"line 1 must name the columns, and {', '.join(missing)} is not among them")
    while True:
        try:
            row = next(rows)
            if any(cell.strip() for cell in row):
                yield _fix(dict(zip(header, row, strict=False)))
        except StopIteration:
            return
        except (RecordingError, csv.Error) as error:
            yield BadLine(line=rows.line_num, reason=str(error))


def source(provider: str, network_type: str) -> Source:
    """Where a fix came from; `network` without a type and `fused` count as Wi-Fi."""
    return _SOURCES.get((provider.strip().lower(), network_type.strip().lower()), Source.WIFI)


def _fix(row: Mapping[str, str]) -> RecordedFix:
    for name in NEEDED:
        if not row.get(name, "").strip():
            raise RecordingError(f"{name} is missing")
    where = source(row.get("provider", "gps"), row.get("network_type", ""))
    satellites = where is Source.GNSS
    return fix(
        at_s=number(row["time"], "time"),
        latitude=number(row["latitude"], "latitude"),
        longitude=number(row["longitude"], "longitude"),
        accuracy_m=_optional(row, "accuracy"),
        source=where,
        altitude_m=_optional(row, "altitude") if satellites else None,
        speed_mps=_optional(row, "speed") if satellites else None,
        heading_deg=_optional(row, "bearing") if satellites else None,
    )


def _optional(row: Mapping[str, str], name: str) -> float | None:
    text = row.get(name, "").strip()
    return number(text, name) if text else None
