"""Fixes of many persons in columns: what hundreds of location readings say, and no object of any one of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from geofence.instants import FloatArray, IntArray
from geofence.reading import FixSource

BoolArray = npt.NDArray[np.bool_]
CodeArray = npt.NDArray[np.uint8]
Array = np.ndarray[Any, np.dtype[Any]]

#: What the codes of a column stand for, by position.
SOURCES = tuple(FixSource)
#: ... of a yes or no that may be missing.
ANSWERS: tuple[bool | None, ...] = (None, False, True)
_CODES = {source: code for code, source in enumerate(SOURCES)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixes:
    """Location readings in columns of one length n; `geofence.reading` says what each field means.

    Instants are whole microseconds since 1970 in UTC, int64. A number that was not said is NaN; steps are whole all the
    same. `source` are codes of `SOURCES`; charging, worn and at_home of `ANSWERS`.
    """

    at_us: IntArray
    received_us: IntArray
    latitude: FloatArray
    longitude: FloatArray
    accuracy_m: FloatArray
    source: CodeArray
    speed_mps: FloatArray
    battery_pct: FloatArray
    steps: FloatArray
    charging: CodeArray
    worn: CodeArray
    at_home: CodeArray

    def __len__(self) -> int:
        """How many."""
        return len(self.at_us)

    def only(self, which: BoolArray) -> Fixes:
        """Those of a mask."""
        return Fixes(**{name: getattr(self, name)[which] for name in _NAMES})


_NAMES = tuple(each.name for each in fields(Fixes))


def source_code(source: FixSource) -> int:
    """Where a source stands in `SOURCES`."""
    return _CODES[source]


def answer_codes(answers: FloatArray) -> CodeArray:
    """Codes of `ANSWERS` for 0, 1 and NaN."""
    return np.where(np.isnan(answers), 0, answers + 1).astype(np.uint8)


def grown(column: Array) -> Array:
    """A column of twice the length, with zeros at the end; those take no memory until they are written."""
    longer = np.zeros(2 * len(column), column.dtype)
    longer[: len(column)] = column
    return longer
