"""Reads recordings of people in and out of bed, and makes of them what a bed of ours would have reported.

`uci-elderly-bedexit`: a worn sensor with hand-made labels (1 sitting on the bed, 2 on a chair, 3 lying, 4 walking); a
label holds until the next sample. `ordonez-bed-pressure`: intervals of a pressure mat, one home a file.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from geofence.reading import BedReport, BedStatus, Reading, ReadingKind

UCI, ORDONEZ = "uci-elderly-bedexit", "ordonez-bed-pressure"
#: Where the homes of `ordonez-bed-pressure` are. Its times are local.
MADRID = ZoneInfo("Europe/Madrid")
#: The recordings of `uci-elderly-bedexit` last minutes of a day; they are played at this hour of a night.
PLAYED_FROM = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
#: Who lies in bed when a recording begins has lain there before, and the bed goes on reporting when it ends.
BEFORE, AFTERWARDS = timedelta(minutes=5), timedelta(minutes=1)
#: The mat's contact chatters; shorter gaps and stays are none. Seconds.
CHATTER = timedelta(seconds=10)
_LABELS = {1: BedStatus.EDGE, 2: BedStatus.EMPTY, 3: BedStatus.OCCUPIED, 4: BedStatus.EMPTY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """So long the bed said one thing."""

    since: datetime
    until: datetime
    status: BedStatus

    @property
    def lying(self) -> bool:
        """Whether somebody was in it."""
        return self.status is not BedStatus.EMPTY


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One recording: spans without a gap between them, in order."""

    name: str
    spans: tuple[Span, ...]
    time_zone: ZoneInfo

    @property
    def exits(self) -> list[datetime]:
        """When somebody left the bed, as the recording has it."""
        return [after.since for before, after in pairwise(self.spans) if before.lying and not after.lying]


def read_uci(folder: Path) -> list[Subject]:
    """Every labelled recording below the folder."""
    files = sorted(file for file in folder.rglob("d*p*") if re.fullmatch(r"d\dp\d+[MF](\.\w+)*", file.name))
    subjects = [_uci(file) for file in files]
    return [subject for subject in subjects if subject.spans]


def read_ordonez(folder: Path) -> list[Subject]:
    """Every home of the folder that has a bed mat."""
    subjects = [_ordonez(file) for file in sorted(folder.glob("Ordonez*_Sensors.txt"))]
    return [subject for subject in subjects if subject.spans]


def _uci(file: Path) -> Subject:
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    samples = [(float(row[0]), int(row[-1])) for row in csv.reader(io.StringIO(data.decode())) if row]
    changes: list[tuple[datetime, BedStatus]] = []
    for seconds, label in samples:
        at, status = PLAYED_FROM + timedelta(seconds=seconds), _LABELS[label]
        if not changes or changes[-1][1] is not status:
            changes.append((at - (BEFORE if not changes else timedelta()), status))
    end = PLAYED_FROM + timedelta(seconds=samples[-1][0]) + AFTERWARDS if samples else PLAYED_FROM
    return Subject(name=file.name.split(".")[0], spans=tuple(_spans(changes, end)), time_zone=ZoneInfo("UTC"))


def _ordonez(file: Path) -> Subject:
    rows = (re.split(r"\t+", line.strip()) for line in file.read_text(encoding="utf-8", errors="replace").splitlines())
    stays = sorted((_madrid(row[0]), _madrid(row[1])) for row in rows if len(row) > 2 and row[2] == "Bed")
    merged: list[tuple[datetime, datetime]] = []
    for since, until in stays:
        if merged and since - merged[-1][1] < CHATTER:
            merged[-1] = (merged[-1][0], max(until, merged[-1][1]))
        else:
            merged.append((since, until))
    changes = [
        change
        for since, until in merged
        if until - since >= CHATTER
        for change in ((since, BedStatus.OCCUPIED), (until, BedStatus.EMPTY))
    ]
    end = changes[-1][0] + timedelta(hours=2) if changes else PLAYED_FROM
    return Subject(name=file.name.split("_")[0], spans=tuple(_spans(changes, end)), time_zone=MADRID)


def _madrid(text: str) -> datetime:
    return datetime.fromisoformat(text.strip()).replace(tzinfo=MADRID).astimezone(UTC)


def _spans(changes: Sequence[tuple[datetime, BedStatus]], end: datetime) -> Iterator[Span]:
    for (since, status), (until, _) in pairwise([*changes, (end, BedStatus.EMPTY)]):
        yield Span(since=since, until=until, status=status)


def reports(subject: Subject, person_id: int, every: timedelta) -> list[Reading]:
    """What a bed reports: on every change, and between two changes every so often."""
    readings: list[Reading] = []
    for span in subject.spans:
        at = span.since
        while at < span.until:
            readings.append(report(person_id, at, span.status))
            at += every
    return readings


def report(person_id: int, at: datetime, status: BedStatus) -> Reading:
    """One report that says nothing but this."""
    bed = BedReport(status=status)
    return Reading(person_id=person_id, device_id="bed", kind=ReadingKind.BED, at=at, received_at=at, bed=bed)
