"""Quiet fixes as what a transaction writes: columns, and rows where a device's numbers are not as they should be."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime

import numpy as np

from geofence.columns import SAFETIES
from geofence.fixes import ANSWERS, BoolArray, Fixes, source_code
from geofence.instants import FloatArray, IntArray, instant, micros
from ingest.judged import Heard, Judged, Known, QuietFixes
from ingest.newest import NEWEST, SOURCE_TEXTS, Newest, answer_column, device_rows, number_column, position_rows
from ingest.seats import NOBODY, Seats
from ingest.sequence import UNNUMBERED, Novelty, Numbers
from ingest.staging.packed import Column
from ingest.staging.store import Row

#: Places in a row of device_states.
_LAST, _LOCATION_AT = 8, 11
#: Columns of `NEWEST` that a fix has by the same name.
_OF_FIXES = tuple(each.name for each in fields(Fixes) if each.name in (NEWEST.names or ()))


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
        Column(values=fixes.source, texts=SOURCE_TEXTS),
        number_column(quiet.altitude_m),
        number_column(fixes.speed_mps),
        number_column(quiet.heading_deg),
        number_column(fixes.battery_pct),
        answer_column(fixes.charging),
        answer_column(fixes.worn),
        _whole(fixes.steps),
        Column(values=quiet.seq, missing=quiet.seq == UNNUMBERED),
        answer_column(fixes.at_home),
    ]


def newest(quiet: QuietFixes, known: Known) -> Newest:
    """What they say of persons and devices, one row each."""
    assert known.seats is not None
    fixes = quiet.fixes
    rows = np.empty(len(quiet), NEWEST)
    rows["person_id"], rows["device_key"] = quiet.person_id, quiet.device_key
    for name in _OF_FIXES:
        rows[name] = getattr(fixes, name)
    rows["heading_deg"] = quiet.heading_deg
    rows["last_seq"] = known.numbers.last_of(known.seats.in_numbers(quiet.seats))
    rows["safety"] = known.book.memory.safeties(quiet.seats)
    return rows


def history_rows(old: QuietFixes, known: Known) -> Iterator[Row]:
    """What fixes that were old on arrival say of their devices, as rows of device_states: when they spoke."""
    assert known.seats is not None
    last = known.numbers.last_of(known.seats.in_numbers(old.seats))
    for key, at_us, number in zip(old.device_key.tolist(), old.fixes.at_us.tolist(), last.tolist(), strict=True):
        yield key, instant(at_us), True, *[None] * 5, number, None, 0, *[None] * 4


def special(  # noqa: PLR0917 - what laying out has in hand
    known: Known,
    judged: Judged,
    quiet: QuietFixes,
    rows: Newest,
    which: BoolArray,
    restarted: list[tuple[int, datetime]],
) -> Iterator[tuple[Row, Row]]:
    """Position and device state of those whose number came otherwise than as the next."""
    places, few = np.flatnonzero(which).tolist(), rows[which]
    for place, position, device in zip(places, position_rows(few), device_rows(few), strict=True):
        numbers, missing, anew = judged.counted(known, device[0], quiet.seq.item(place), Novelty.NEW)
        assert numbers is not None
        if anew:
            restarted.append((device[0], device[1]))
        yield position, (*device[:8], numbers.last, numbers.gaps_stored(), missing, *device[11:])


def loud_ones(
    known: Known, judged: Judged, seats: Seats, places: dict[int, Heard], states: dict[int, Row]
) -> tuple[IntArray, Newest]:
    """Newest words of those judged one by one who said nothing but one live fix: their seats, and one row each.

    They are taken out of `places` and `states`, what goes to the database as rows: in columns that is one COPY for all.
    """
    spoke = Counter(heard.reading.person_id for heard in judged.heard)
    spoke.update(said.device.person_id for said in judged.said)
    found: list[Heard] = []
    for person_id, heard in places.items():
        state = states[heard.device.device_key]
        if spoke[person_id] == 1 and state[_LOCATION_AT] is not None and _goes_on(known.numbers.get(state[0]), state):
            found.append(heard)
    where = seats.of([heard.envelope.topic for heard in found], known.devices)
    rows = np.array([_word(heard, known) for heard in found], dtype=NEWEST)
    seated = where != NOBODY
    for heard, is_seated in zip(found, seated.tolist(), strict=True):
        if is_seated:
            del places[heard.reading.person_id], states[heard.device.device_key]
    return where[seated], rows[seated]


def _goes_on(before: Numbers | None, state: Row) -> bool:
    """Whether a device's number is the next one, or its first, so that its gaps are as they are known."""
    return before is None or state[_LAST] == before.last + 1


def _word(heard: Heard, known: Known) -> Row:
    """A row of `NEWEST`."""
    reading, fix, seq = heard.reading, heard.reading.fix, heard.report.seq
    assert fix is not None
    return (
        reading.person_id, heard.device.device_key, micros(reading.at), micros(reading.received_at), fix.latitude,
        fix.longitude, fix.accuracy_m, _or_nan(fix.speed_mps), _or_nan(fix.heading_deg), _or_nan(reading.battery_pct),
        UNNUMBERED if seq is None else seq, source_code(fix.source),
        ANSWERS.index(reading.charging), ANSWERS.index(reading.worn),
        SAFETIES.index(known.book.memory.safety(reading.person_id)),
    )  # fmt: skip


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _whole(values: FloatArray) -> Column:
    missing = np.isnan(values)
    return Column(values=np.where(missing, 0, values).astype(np.int64), missing=missing)
