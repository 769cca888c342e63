"""Reads `geolife-pedestrian`: dense positions of people in Beijing, with labels of how they moved.

One subject is a folder `<name>/` or an archive `<name>.tar.xz` with `Trajectory/*.plt` and `labels.txt`. There is no
reported accuracy; `ACCURACY_M` stands for it. `every` thins to the cadence of a bracelet.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from geofence.geometry import Frame

TIME_ZONE = ZoneInfo("Asia/Shanghai")
#: What a bracelet in the open claims. Metres.
ACCURACY_M = 10.0
#: A longer pause between fixes ends a walk. Seconds.
PAUSE_S = 120.0
#: Lines before the first fix of a file.
_HEADER = 6

Track = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """How somebody moved, by their own account."""

    since_s: float
    until_s: float
    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One person's recording."""

    name: str
    #: Rows of unix seconds, latitude, longitude, in order of time, shape (n, 3).
    fixes: Track
    labels: tuple[Label, ...]

    @property
    def frame(self) -> Frame:
        """Metres around the middle of the recording."""
        return Frame.at(float(np.median(self.fixes[:, 1])), float(np.median(self.fixes[:, 2])))

    def days(self) -> list[int]:
        """Local days with fixes, as numbers."""
        return sorted({int(day) for day in local_day(self.fixes[:, 0])})


def local_day(seconds: Track) -> npt.NDArray[np.int64]:
    """Days by the clock of Beijing, which is eight hours ahead all year."""
    return ((seconds + 8 * 3600) // 86_400).astype(np.int64)


def read(folder: Path) -> list[Subject]:
    """Every subject of the folder, by name."""
    names = sorted({path.name.split(".")[0] for path in folder.iterdir()} if folder.is_dir() else set())
    found = [_subject(folder, name) for name in names]
    return [subject for subject in found if subject is not None]


def _subject(folder: Path, name: str) -> Subject | None:
    rows: list[tuple[float, float, float]] = []
    labels: list[Label] = []
    for path, text in _files(folder, name):
        if path.endswith(".plt"):
            rows += _fixes(text)
        elif path.endswith("labels.txt"):
            labels += _labels(text)
    if not rows:
        return None
    fixes = np.array(sorted(rows), dtype=np.float64)
    _, first = np.unique(fixes[:, 0], return_index=True)
    return Subject(name=name, fixes=fixes[first], labels=tuple(sorted(labels, key=lambda label: label.since_s)))


def _files(folder: Path, name: str) -> Iterator[tuple[str, str]]:
    if (folder / name).is_dir():
        for path in sorted((folder / name).rglob("*")):
            if path.suffix in {".plt", ".txt"}:
                yield path.name, path.read_text("utf-8", "replace")
    for archive in sorted(folder.glob(f"{name}.tar*")):
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.isfile() and (file := tar.extractfile(member)) is not None:
                    yield Path(member.name).name, file.read().decode("utf-8", "replace")


def _fixes(text: str) -> Iterator[tuple[float, float, float]]:
    for line in text.splitlines()[_HEADER:]:
        cells = line.split(",")
        try:
            latitude, longitude = float(cells[0]), float(cells[1])
            at_s = datetime.fromisoformat(f"{cells[5]}T{cells[6]}+00:00").timestamp()
        except (ValueError, IndexError):
            continue
        if abs(latitude) <= 90 and abs(longitude) <= 180:
            yield at_s, latitude, longitude


def _labels(text: str) -> Iterator[Label]:
    for line in io.StringIO(text):
        cells = line.strip().split("\t")
        try:
            since, until = (datetime.strptime(cell, "%Y/%m/%d %H:%M:%S").replace(tzinfo=UTC) for cell in cells[:2])
        except ValueError:
            continue
        yield Label(since_s=since.timestamp(), until_s=until.timestamp(), mode=cells[2].lower() if cells[2:] else "")


def every(fixes: Track, cadence_s: float) -> Track:
    """One fix for each period that has any: what a bracelet of that cadence would have sent."""
    if not len(fixes):
        return fixes
    _, first = np.unique(fixes[:, 0] // cadence_s, return_index=True)
    return fixes[first]


def walks(subject: Subject, *, least_s: float = 300.0) -> list[Track]:
    """The labelled walks, cut where fixes are missing, that last at least so long."""
    found: list[Track] = []
    for label in subject.labels:
        if label.mode == "walk":
            low, high = np.searchsorted(subject.fixes[:, 0], [label.since_s, label.until_s + 1])
            found += _whole(subject.fixes[low:high], least_s)
    return found


def _whole(fixes: Track, least_s: float) -> Iterator[Track]:
    if not len(fixes):
        return
    for part in np.split(fixes, np.flatnonzero(np.diff(fixes[:, 0]) > PAUSE_S) + 1):
        if part[-1, 0] - part[0, 0] >= least_s:
            yield part


def hours(walks_: Sequence[Track]) -> float:
    """Hours walked."""
    return float(sum(walk[-1, 0] - walk[0, 0] for walk in walks_)) / 3600
