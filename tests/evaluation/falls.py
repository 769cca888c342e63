"""Recordings of falls and daily activities: weda-fall-wrist and sisfall-waist, as samples in g with the truth.

The truth is in the names of the published files: activities F.. are falls, D.. are not; subjects from U21 on and SE..
are the elders. Nothing else is read from a name.
"""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from geofence.motion import Floats

WRIST, WAIST = "weda-fall-wrist", "sisfall-waist"
STANDARD_GRAVITY_MPS2 = 9.80665
#: g for one count of the waist sensor, and its rate. Source: the set's own description.
WAIST_G, WAIST_HZ = 32 / 8192, 200.0
#: The wrist set numbers its elders from here.
FIRST_ELDER = 21


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recording:
    """One trial of one person."""

    subject: str
    activity: str
    trial: str
    elder: bool
    rate_hz: float
    #: (n, 3)
    samples_g: Floats

    @property
    def fall(self) -> bool:
        return self.activity.startswith("F")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """Everything recorded of one person."""

    name: str
    #: Of the recordings themselves, so that weights can say whom they know without a name.
    digest: str
    recordings: tuple[Recording, ...]


@cache
def read(folder: Path) -> tuple[Subject, ...]:
    """All subjects of one of the two sets; none when the folder is absent."""
    found = _wrist(folder) if folder.name == WRIST else _waist(folder)
    by_subject: dict[str, list[Recording]] = {}
    for recording in found:
        by_subject.setdefault(recording.subject, []).append(recording)
    return tuple(
        Subject(name=name, digest=_digest(trials), recordings=tuple(trials))
        for name, trials in sorted(by_subject.items())
    )


def _digest(recordings: list[Recording]) -> str:
    whole = hashlib.sha256()
    for recording in recordings:
        whole.update(recording.samples_g.tobytes())
    return whole.hexdigest()[:16]


def _wrist(folder: Path) -> Iterator[Recording]:
    for path in sorted(folder.glob("50Hz/*/*_accel.csv.gz")):
        subject, trial, _ = path.name.split("_")
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            table = np.loadtxt(lines, delimiter=",", skiprows=1)
        # Samples come in bursts, so only the mean rate is to be trusted: 40 Hz in the falls, 50 Hz in the rest.
        yield Recording(
            subject=subject,
            activity=path.parent.name,
            trial=trial,
            elder=int(subject[1:]) >= FIRST_ELDER,
            rate_hz=(len(table) - 1) / (table[-1, 0] - table[0, 0]),
            samples_g=table[:, 1:4] / STANDARD_GRAVITY_MPS2,
        )


def _waist(folder: Path) -> Iterator[Recording]:
    for path in sorted(folder.glob("*.tar.xz")):
        with tarfile.open(path) as archive:
            for member in sorted(archive.getmembers(), key=lambda each: each.name):
                content = archive.extractfile(member) if member.isfile() else None
                stem = Path(member.name).name.partition(".")[0].split("_")
                if content is None or len(stem) != 3:
                    continue
                text = content.read().decode("ascii").replace(";", "")
                columns = text.partition("\n")[0].count(",") + 1
                counts = np.array(text.replace(",", " ").split(), dtype=np.float64).reshape(-1, columns)[:, :3]
                yield Recording(
                    subject=stem[1],
                    activity=stem[0],
                    trial=stem[2],
                    elder=stem[1].startswith("SE"),
                    rate_hz=WAIST_HZ,
                    samples_g=counts * WAIST_G,
                )
