"""The newest word of devices whose quiet fixes were judged in columns: one row each, of which two tables are told.

A row stands for one of `latest_positions` and one of `device_states`. It goes to the database as columns, or, where it
has to be merged with what else is known of the person or the device, as rows of those tables (`ingest.rows`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from geofence.columns import SAFETIES
from geofence.fixes import ANSWERS, SOURCES, CodeArray
from geofence.instants import FloatArray, instant
from ingest.sequence import UNNUMBERED
from ingest.staging.packed import Column
from ingest.staging.store import Row

SOURCE_TEXTS = tuple(source.encode() for source in SOURCES)
_SAFETIES = tuple(safety.encode() for safety in SAFETIES)

#: Packed, because what a batch puts off is kept like this in its transaction (`ingest.deferring`): whoever changes it
#: has to read what was kept before.
NEWEST = np.dtype(
    [
        ("person_id", "<i8"), ("device_key", "<i8"), ("at_us", "<i8"), ("received_us", "<i8"), ("latitude", "<f8"),
        ("longitude", "<f8"), ("accuracy_m", "<f8"), ("speed_mps", "<f8"), ("heading_deg", "<f8"),
        ("battery_pct", "<f8"), ("last_seq", "<i8"), ("source", "u1"), ("charging", "u1"), ("worn", "u1"),
        ("safety", "u1"),
    ]
)  # fmt: skip
Newest = np.ndarray[Any, np.dtype[np.void]]


def later(known: Newest, rows: Newest) -> Newest:
    """The later words of the same devices, with what only the earlier ones said; as `ingest.rows.later_state`."""
    merged = rows.copy()
    merged["battery_pct"] = np.where(np.isnan(rows["battery_pct"]), known["battery_pct"], rows["battery_pct"])
    for name in ("charging", "worn"):
        merged[name] = np.where(rows[name] == 0, known[name], rows[name])
    merged["last_seq"] = np.where(rows["last_seq"] == UNNUMBERED, known["last_seq"], rows["last_seq"])
    return merged


def columns(rows: Newest) -> list[Column]:
    """For `store.NEWEST_WORDS`."""
    return [
        *(Column(values=rows[name]) for name in ("person_id", "device_key", "at_us", "received_us")),
        *(Column(values=rows[name]) for name in ("latitude", "longitude", "accuracy_m")),
        Column(values=rows["source"], texts=SOURCE_TEXTS),
        *(number_column(rows[name]) for name in ("speed_mps", "heading_deg", "battery_pct")),
        Column(values=rows["safety"], texts=_SAFETIES),
        answer_column(rows["charging"]),
        answer_column(rows["worn"]),
        Column(values=rows["last_seq"], missing=rows["last_seq"] == UNNUMBERED),
    ]


def position_rows(rows: Newest) -> Iterator[Row]:
    """As rows of latest_positions."""
    for each in rows.tolist():
        (
            person_id, device_key, at_us, received_us, latitude, longitude, accuracy_m, speed_mps, heading_deg,
            battery_pct, _, source, _, _, safety,
        ) = each  # fmt: skip
        yield (
            person_id, device_key, instant(at_us), instant(received_us), latitude, longitude, accuracy_m,
            SOURCES[source], _said(speed_mps), _said(heading_deg), _said(battery_pct), SAFETIES[safety],
        )  # fmt: skip


def device_rows(rows: Newest) -> Iterator[Row]:
    """As rows of device_states, with gaps left as they are known."""
    for each in rows.tolist():
        _, device_key, at_us, *_, battery_pct, last_seq, _, charging, worn, _ = each
        at, numbered = instant(at_us), last_seq != UNNUMBERED
        yield (
            device_key, at, True, _said(battery_pct), ANSWERS[charging], ANSWERS[worn], None, None,
            last_seq if numbered else None, None, 0, at, None, None, None,
        )  # fmt: skip


def _said(value: float) -> float | None:
    return None if np.isnan(value) else value


def number_column(values: FloatArray) -> Column:
    """A column of numbers, NULL where one is NaN."""
    return Column(values=values, missing=np.isnan(values))


def answer_column(codes: CodeArray) -> Column:
    """A column of codes of `fixes.ANSWERS`."""
    return Column(values=codes == ANSWERS.index(True), missing=codes == ANSWERS.index(None))
