"""A whole recording: the file's format found out, its fixes in order of time, its bad lines counted."""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from simulators import geodesy
from simulators.errors import SimulatorError
from simulators.recordings import geolife_plt, gpx, owntracks_lines, phone_csv
from simulators.recordings.recorded_fix import BadLine, RecordedFix, RecordingError

Reader = Callable[[Iterable[str]], Iterator[RecordedFix | BadLine]]
READERS: dict[str, Reader] = {
    ".csv": phone_csv.read,
    ".gpx": gpx.read,
    ".plt": geolife_plt.read,
    ".json": owntracks_lines.read,
    ".jsonl": owntracks_lines.read,
    ".ndjson": owntracks_lines.read,
    ".rec": owntracks_lines.read,
}
#: Side of the squares in which the most visited place is looked for, degrees of latitude (about 110 m).
CELL_DEG = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording, ready to be played."""

    #: In order of time, one an instant.
    fixes: tuple[RecordedFix, ...]
    bad: tuple[BadLine, ...]
    #: Fixes left out because an earlier one has the same instant.
    same_instant: int

    @property
    def start_s(self) -> float:
        """Unix seconds of the first fix."""
        return self.fixes[0].at_s

    @property
    def span_s(self) -> float:
        """Seconds from the first fix to the last."""
        return self.fixes[-1].at_s - self.fixes[0].at_s


def load(path: Path, *, limit: int | None = None) -> Recording:
    """Read a file, packed (.gz) or not; `limit` keeps the first fixes only.

    Raises:
        SimulatorError: it cannot be read, its format is unknown, or nothing in it is a position.
    """
    try:
        found = list(_reader(path)(_lines(path)))
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise SimulatorError(f"{path} cannot be read: {reason}.") from error
    except RecordingError as error:
        raise SimulatorError(f"{path}: {error}.") from error
    fixes = {item.at_s: item for item in reversed(found) if isinstance(item, RecordedFix)}
    if not fixes:
        raise SimulatorError(f"{path}: no usable position in it ({len(found)} bad lines).")
    ordered = sorted(fixes.values(), key=lambda item: item.at_s)
    bad = tuple(item for item in found if isinstance(item, BadLine))
    return Recording(fixes=tuple(ordered[:limit]), bad=bad, same_instant=len(found) - len(bad) - len(ordered))


def most_visited(fixes: Iterable[RecordedFix]) -> tuple[float, float]:
    """(latitude, longitude) of the place with most fixes: a home, in most recordings."""
    fixes = list(fixes)
    cells = Counter((round(item.latitude / CELL_DEG), round(item.longitude / CELL_DEG)) for item in fixes)
    cell = cells.most_common(1)[0][0]
    centre = (cell[0] * CELL_DEG, cell[1] * CELL_DEG)
    near = [item for item in fixes if geodesy.distance_m(centre, (item.latitude, item.longitude)) <= 150]  # noqa: PLR2004
    return median(item.latitude for item in near), median(item.longitude for item in near)


def _reader(path: Path) -> Reader:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    suffix = next((suffix for suffix in reversed(suffixes) if suffix != ".gz"), "")
    if suffix not in READERS:
        raise SimulatorError(f"{path}: unknown format. The name must end in {', '.join(READERS)}, or that and .gz.")
    return READERS[suffix]


def _lines(path: Path) -> Iterator[str]:
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as lines:
        yield from lines
