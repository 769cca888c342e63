"""Quiet fixes as what a transaction writes: columns, and rows where a device's numbers are not as they should be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np

from geofence.fixes import ANSWERS, SOURCES, BoolArray, CodeArray
from geofence.instants import FloatArray
from ingest.judged import Judged, Known, QuietFixes
from ingest.newest import NEWEST, Newest, device_rows, position_rows
from ingest.sequence import UNNUMBERED, Novelty
from ingest.staging.packed import Column
from ingest.staging.store import Row

_SOURCES = tuple(source.encode() for source in SOURCES)


def location_columns(quiet: QuietFixes) -> list[Column]:
    """For `store.COLUMNS["locations"]`."""
    fixes = quiet.fixes
    return [
        Column(values=quiet.device_key),
        Column(values=fixes.at_us),
        Column(values=quiet.person_id),
        Column(values=fixes.received_us),
        Column(values=fixes.latitude),
        Column(values=fixes.longitude),
        Column(values=fixes.accuracy_m),
        Column(values=fixes.source, texts=_SOURCES),
        _numbers(quiet.altitude_m),
        _numbers(fixes.speed_mps),
        _numbers(quiet.heading_deg),
        _numbers(fixes.battery_pct),
        _answers(fixes.charging),
        _answers(fixes.worn),
        _whole(fixes.steps),
        Column(values=quiet.seq, missing=quiet.seq == UNNUMBERED),
        _answers(fixes.at_home),
    ]


def newest(quiet: QuietFixes, known: Known) -> Newest:
    """What they say of persons and devices, one row each."""
    assert known.seats is not None
    fixes = quiet.fixes
    rows = np.empty(len(quiet), NEWEST)
    rows["person_id"], rows["device_key"] = quiet.person_id, quiet.device_key
    for name in ("at_us", "received_us", "latitude", "longitude", "accuracy_m", "speed_mps", "battery_pct"):
        rows[name] = getattr(fixes, name)
    for name in ("source", "charging", "worn"):
        rows[name] = getattr(fixes, name)
    rows["heading_deg"] = quiet.heading_deg
    rows["last_seq"] = known.numbers.last_of(known.seats.in_numbers(quiet.seats))
    rows["safety"] = known.book.memory.safeties(quiet.seats)
    return rows


def special(  # noqa: PLR0917 - what laying out has in hand
    known: Known,
    judged: Judged,
    quiet: QuietFixes,
    rows: Newest,
    which: BoolArray,
    restarted: list[tuple[int, datetime]],
) -> Iterator[tuple[Row, Row]]:
    """Position and device state of those of which a number is missing, or came otherwise than as the next."""
    places, few = np.flatnonzero(which).tolist(), rows[which]
    for place, position, device in zip(places, position_rows(few), device_rows(few), strict=True):
        key, missing, numbers = device[0], 0, known.numbers.get(device[0])
        if not quiet.followed[place]:
            numbers, missing, anew = judged.counted(known, key, quiet.seq.item(place), Novelty.NEW)
            if anew:
                restarted.append((key, device[1]))
        last, gaps = (None, None) if numbers is None else (numbers.last, numbers.gaps_stored())
        yield position, (*device[:8], last, gaps, missing, *device[11:])


def _numbers(values: FloatArray) -> Column:
    return Column(values=values, missing=np.isnan(values))


def _whole(values: FloatArray) -> Column:
    missing = np.isnan(values)
    return Column(values=np.where(missing, 0, values).astype(np.int64), missing=missing)


def _answers(codes: CodeArray) -> Column:
    return Column(values=codes == ANSWERS.index(True), missing=codes == ANSWERS.index(None))
