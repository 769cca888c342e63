"""Reads `studentlife-gps`: one phone a file, a fix every 10 to 20 minutes, with an independent stillness flag."""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from geofence.reading import Fix, FixSource

#: Where the recordings were made.
TIME_ZONE = ZoneInfo("America/New_York")

_SOURCES = {("gps", ""): FixSource.GNSS, ("network", "wifi"): FixSource.WIFI, ("network", "cell"): FixSource.CELL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One fix of a phone."""

    at: datetime
    fix: Fix
    #: The accelerometer said that the phone lay still. None: it said nothing.
    still: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One phone's recording, in order of time."""

    name: str
    records: tuple[Record, ...]
    home_latitude: float
    home_longitude: float

    @property
    def days(self) -> int:
        """Local days with at least one fix."""
        return len({record.at.astimezone(TIME_ZONE).date() for record in self.records})


def read(folder: Path) -> list[Subject]:
    """Every subject of the folder that has a home: at least ten good fixes at night."""
    subjects = [_subject(file) for file in sorted(folder.glob("gps_*.csv*"))]
    return [subject for subject in subjects if subject is not None]


def _subject(file: Path) -> Subject | None:
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    rows = csv.DictReader(io.StringIO(data.decode("utf-8", "replace")))
    by_time = {record.at: record for row in rows if (record := _record(row)) is not None}
    records = tuple(by_time[at] for at in sorted(by_time))
    night = [r for r in records if 2 <= r.at.astimezone(TIME_ZONE).hour < 6 and r.fix.source is FixSource.WIFI]
    if len(night) < 10:
        return None
    return Subject(
        name=file.name.split(".")[0],
        records=records,
        home_latitude=median(r.fix.latitude for r in night),
        home_longitude=median(r.fix.longitude for r in night),
    )


def _record(row: dict[str, str]) -> Record | None:
    source = _SOURCES.get((row["provider"], (row["network_type"] or "").strip()))
    if source is None:
        return None
    try:
        fix = Fix(
            latitude=float(row["latitude"]),
            longitude=float(row["longitude"]),
            accuracy_m=max(1.0, float(row["accuracy"])),
            source=source,
            speed_mps=float(row["speed"] or 0.0),
        )
        at = datetime.fromtimestamp(float(row["time"]), UTC)
    except ValueError:
        return None
    state = (row["travelstate"] or "").strip()
    return Record(at=at, fix=fix, still=None if not state else state == "stationary")
