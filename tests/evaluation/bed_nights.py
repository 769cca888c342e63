"""Reads `bed-night-hr-resp`: nights of heart beats and of breathing at 20 Hz, and makes of them what a bed would send."""

from __future__ import annotations

import csv
import gzip
import io
import lzma
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from geofence.breathing import PERIOD_S, depths, relative_pct
from geofence.reading import BedReport, BedStatus, Reading, ReadingKind

FOLDER = "bed-night-hr-resp"
#: Where the recordings were made.
TIME_ZONE = ZoneInfo("Asia/Shanghai")
#: A beat further from the last one, or nearer, is a fault of the recording. Seconds.
PLAUSIBLE_S = (0.3, 3.0)
#: What a bed says of heart and quality where only breathing was recorded.
ASSUMED_HEART_BPM = 60.0

Samples = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beats:
    """One night of one person's heart."""

    subject: str
    #: Unix seconds, and seconds from the beat before; dropouts included.
    at_s: Samples
    apart_s: Samples

    @property
    def hours(self) -> float:
        """From the first to the last beat."""
        return float(self.at_s[-1] - self.at_s[0]) / 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaths:
    """One night of one person's breathing."""

    subject: str
    started_s: float
    waveform: Samples
    rate_hz: float

    @property
    def hours(self) -> float:
        """Length of the recording."""
        return len(self.waveform) / self.rate_hz / 3_600


def read_beats(data: Path) -> list[Beats]:
    """Every night of heart beats, by subject and date."""
    return [night for file in sorted((data / FOLDER / "RR").glob("*_RR.csv*")) if (night := _beats(file)) is not None]


def read_breaths(data: Path) -> list[Breaths]:
    """Every night of breathing, by subject and date."""
    files = sorted((data / FOLDER / "resp").glob("*_resp.csv*"))
    return [night for file in files if (night := _breaths(file)) is not None]


def heart_reports(night: Beats, every_s: float) -> list[tuple[float, float | None, float]]:
    """What a bed would send: (unix seconds, beats a minute or None, share of the period with plausible beats)."""
    edges = np.arange(night.at_s[0], night.at_s[-1], every_s)
    bounds = np.searchsorted(night.at_s, edges)
    reports = []
    for first, last, at_s in zip(bounds, bounds[1:], edges[1:], strict=False):
        apart = night.apart_s[first:last]
        apart = apart[(apart >= PLAUSIBLE_S[0]) & (apart <= PLAUSIBLE_S[1])]
        covered = min(1.0, float(apart.sum()) / every_s)
        rate = 60.0 / float(np.median(apart)) if len(apart) >= 3 else None
        reports.append((float(at_s), rate, covered))
    return reports


def heart_readings(reports: Sequence[tuple[float, float | None, float]], person_id: int) -> list[Reading]:
    """Reports as a bed's readings, with the quality that a bed would state."""
    return [
        _bed(person_id, at_s, BedReport(status=BedStatus.OCCUPIED, heart_rate_bpm=rate, quality_pct=100 * covered))
        for at_s, rate, covered in reports
    ]


def breath_readings(night: Breaths, waveform: Samples, person_id: int) -> list[Reading]:
    """A report of depth every five seconds, as `geofence.breathing` works it out; the heart beats all the time."""
    shares = relative_pct(depths(waveform, night.rate_hz))
    return [
        _bed(
            person_id,
            night.started_s + (number + 1) * PERIOD_S,
            BedReport(
                status=BedStatus.OCCUPIED,
                heart_rate_bpm=ASSUMED_HEART_BPM,
                breathing_amplitude_pct=None if np.isnan(share) else round(float(share), 1),
            ),
        )
        for number, share in enumerate(shares)
    ]


def _bed(person_id: int, at_s: float, bed: BedReport) -> Reading:
    at = datetime.fromtimestamp(at_s, UTC)
    return Reading(
        person_id=person_id,
        device_id="bed",
        kind=ReadingKind.BED,
        at=at,
        received_at=at + timedelta(seconds=1),
        bed=bed,
    )


def _text(file: Path) -> str:
    data = file.read_bytes()
    if file.suffix == ".gz":
        data = gzip.decompress(data)
    elif file.suffix == ".xz":
        data = lzma.decompress(data)
    return data.decode("utf-8", "replace")


def _beats(file: Path) -> Beats | None:
    at_s, apart_s = [], []
    for row in csv.DictReader(io.StringIO(_text(file))):
        try:
            at = datetime.strptime(row["Timestamp"], "%Y/%m/%d %H:%M:%S").replace(tzinfo=TIME_ZONE)
            apart = float(row["RR Interval in seconds"] or 0)
        except (KeyError, ValueError, TypeError):
            continue
        at_s.append(at.timestamp())
        apart_s.append(apart)
    if len(at_s) < 100:
        return None
    order = np.argsort(np.array(at_s), kind="stable")
    return Beats(subject=file.name.split("_")[0], at_s=np.array(at_s)[order], apart_s=np.array(apart_s)[order])


def _breaths(file: Path) -> Breaths | None:
    rows = _text(file).splitlines()[1:]
    first = rows[0].split(",") if rows else []
    if len(first) < 3:
        return None
    values = np.array([float(row.split(",", 1)[0] or "nan") for row in rows if row], dtype=np.float64)
    # A lost sample is the one before it.
    kept = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(len(values))))
    return Breaths(
        subject=file.name.split("_")[0],
        started_s=float(first[1]) / 1_000,
        waveform=values[kept],
        rate_hz=float(first[2]),
    )
